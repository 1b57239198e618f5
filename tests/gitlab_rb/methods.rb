external_url 'http://mygitlab.example.org'
  .sub('org', 'com')
registry_external_url \
  'http://mygitlab.example.com:4567'
letsencrypt['enable'] =
  true
