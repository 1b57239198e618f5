external_url 'http://git.corp.example'
registry_external_url 'http://git.corp.example:5050'
registry_nginx['listen_port'] = 5050
