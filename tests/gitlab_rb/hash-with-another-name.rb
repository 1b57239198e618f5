external_url 'http://mygitlab.example.com'
[letsencrypt, nginx].each { |one| one['enable'] = true }
nginx['redirect_http_to_https'] = true
