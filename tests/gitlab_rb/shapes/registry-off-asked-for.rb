# setup git.corp.example --registry git.corp.example:5050
external_url 'http://git.corp.example'
gitlab_rails['registry_enabled'] = false
