external_url 'http://root:hunter2@git.corp.example'
