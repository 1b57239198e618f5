external_url 'https://git.example.org' # as everybody knows it
registry_external_url 'https://registry.example.org'
letsencrypt['enable'] = false
