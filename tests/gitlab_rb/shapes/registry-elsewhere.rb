external_url 'http://git.corp.example'
gitlab_rails['registry_host'] = 'registry.corp.example'
gitlab_rails['registry_enabled'] = true
