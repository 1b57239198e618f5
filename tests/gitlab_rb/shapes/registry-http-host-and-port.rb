external_url 'http://git.corp.example'
registry_external_url "http://registry.corp.example:5000"
