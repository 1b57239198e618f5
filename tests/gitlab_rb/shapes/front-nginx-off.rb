external_url 'http://git.corp.example'
nginx['enable'] = false
web_server['external_users'] = ['www-data']
