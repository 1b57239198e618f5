external_url 'http://git.corp.example'
registry_external_url 'HTTP://Registry.Corp.Example:5050'
