## GitLab configuration settings
##! This file is generated during initial installation and **is not** modified
##! during upgrades.

external_url 'https://mygitlab.example.com'

# gitlab_rails['time_zone'] = 'UTC'

registry_external_url 'https://mygitlab.example.com:4567'
# letsencrypt['enable'] = nil
