external_url 'http://git.corp.example'
registry_external_url 'http://registry.corp.example'
registry_nginx['listen_port'] = 5000
