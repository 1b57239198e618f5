	external_url		'http://mygitlab.example.com'	# see the wiki
	#	registry_external_url	'https://registry.example.com'
  # letsencrypt['enable']	=	nil
