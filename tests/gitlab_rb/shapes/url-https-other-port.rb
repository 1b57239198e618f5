# setup git.corp.example
external_url 'https://git.corp.example:8443'
