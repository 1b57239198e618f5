# with GitLab's own Ruby
domain = 'git.corp.example'
external_url "https://#{domain}"
registry_external_url "https://#{domain}:5050"
