external_url 'http://git.corp.example'
nginx['listen_port'] = 80
nginx['listen_https'] = false
