external_url = 'https://git.example.org'
registry_external_url 'https://mygitlab.example.com:4567'
