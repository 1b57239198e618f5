external_url 'http://git.corp.example'
nginx['listen_port'] = '8080'
