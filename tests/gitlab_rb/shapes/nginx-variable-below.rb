external_url 'http://git.corp.example'
nginx = {}
nginx['listen_https'] = false
