# with GitLab's own Ruby
# setup git.corp.example
domain = 'git.corp.example'
external_url "http://#{domain}:8929"
registry_external_url "http://#{domain}:5050"
