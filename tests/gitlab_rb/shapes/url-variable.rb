external_url = 'http://git.corp.example'
