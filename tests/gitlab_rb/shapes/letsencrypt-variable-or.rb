external_url 'https://git.corp.example'
letsencrypt ||= {}
letsencrypt['enable'] = true
