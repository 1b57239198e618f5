external_url "http://mygitlab.example.com"
gitlab_rails['time_zone'] = 'Europe/Berlin'
puma['worker_processes'] = 0
