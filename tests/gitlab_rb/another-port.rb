external_url 'http://mygitlab.example.com:8080'
registry_external_url 'https://mygitlab.example.com:5050'
letsencrypt['enable'] = false
