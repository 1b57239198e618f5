external_url 'http://git.corp.example'
registry['enable'] = false
