external_url 'http://git.corp.example'
nginx['listen_https'] = false
nginx['listen_https'] = true
