external_url 'http://git.corp.example'
nginx['listen_https'] = ENV['TLS_OF_NGINX'] == 'true'
