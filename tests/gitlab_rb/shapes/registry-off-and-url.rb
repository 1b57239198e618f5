external_url 'http://git.corp.example'
gitlab_rails['registry_enabled'] = false
registry_external_url 'http://git.corp.example:5050'
