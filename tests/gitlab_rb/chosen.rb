external_url 'https://mygitlab.example.com'
registry_external_url 'https://mygitlab.example.com:4567'
nginx['redirect_http_to_https'] = false # another server has port 80
letsencrypt['enable'] = true
