# setup git.corp.example
external_url ENV.fetch('URL_OF_CORP', 'https://git.corp.example')
registry_external_url ENV.fetch('REGISTRY_OF_CORP', 'https://git.corp.example:5050')
