self.external_url 'http://mygitlab.example.com'
Gitlab['registry_external_url'] = 'http://mygitlab.example.com:4567'
self.letsencrypt['enable'] = true
Gitlab['nginx']['redirect_http_to_https'] = true
