external_url 'https://git.corp.example'
registry_nginx['enable'] = false
