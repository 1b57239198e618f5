external_url 'http://git.corp.example'
nginx['listen_https'] = false if ENV['PROXY_OF_NGINX']
