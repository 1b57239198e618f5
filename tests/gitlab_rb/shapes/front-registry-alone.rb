external_url 'https://git.corp.example'
registry_external_url 'https://registry.corp.example'
registry_nginx['listen_https'] = false
registry_nginx['listen_port'] = 5000
letsencrypt['enable'] = false
