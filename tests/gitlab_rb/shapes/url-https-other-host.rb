# setup git.corp.example
external_url 'https://gitlab.corp.example'
registry_external_url 'https://gitlab.corp.example:5050'
