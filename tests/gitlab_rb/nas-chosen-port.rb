external_url 'https://mygitlab.example.com'
registry_external_url 'https://mygitlab.example.com:4567'
gitlab_rails['gitlab_shell_ssh_port'] = 22022 # by the router
letsencrypt[:enable] = false
