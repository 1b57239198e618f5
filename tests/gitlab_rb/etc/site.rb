# What the whole company sets.
registry_external_url 'http://mygitlab.example.com:4567'
gitlab_rails['time_zone'] = 'UTC'
