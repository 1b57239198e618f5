external_url 'http://mygitlab.example.com'
registry_external_url "http://mygitlab.example.com:4567" # insecure-registries
