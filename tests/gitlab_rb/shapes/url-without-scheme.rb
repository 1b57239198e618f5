external_url 'git.corp.example'
