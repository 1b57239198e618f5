external_url 'https://git.corp.example'
registry_external_url 'https://git.corp.example:5050'
nginx['listen_port'] = 8443
letsencrypt['enable'] = false
