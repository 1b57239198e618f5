external_url 'http://mygitlab.example.com'
nginx['redirect_http_to_https'] = true
external_url 'http://mygitlab.example.com'
# letsencrypt['enable'] = nil
registry_external_url 'http://mygitlab.example.com:5050'
# letsencrypt['enable'] = nil
registry_external_url 'http://mygitlab.example.com:4567'
nginx['redirect_http_to_https'] = nil
