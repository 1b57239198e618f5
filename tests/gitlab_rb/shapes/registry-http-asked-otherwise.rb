# setup git.corp.example --registry git.corp.example:4567
external_url 'http://git.corp.example'
registry_external_url 'http://git.corp.example:5050'
