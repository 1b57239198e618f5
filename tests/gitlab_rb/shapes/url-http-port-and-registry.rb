external_url 'http://git.corp.example:8929'
registry_external_url 'http://git.corp.example:5050'
