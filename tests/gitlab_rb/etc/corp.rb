registry_external_url 'http://git.corp.example:5050'
gitlab_rails['time_zone'] = 'UTC'
