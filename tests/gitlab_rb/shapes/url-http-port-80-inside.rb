external_url 'http://git.corp.example:8080'
nginx['listen_port'] = 80
nginx['listen_https'] = nil
