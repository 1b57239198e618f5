external_url 'https://git.corp.example'
registry_external_url 'http://git.corp.example:5050' # insecure-registries
letsencrypt['enable'] = false
