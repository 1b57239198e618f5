# with GitLab's own Ruby
# setup git.corp.example
domain = 'gitlab.corp.example'
external_url "https://#{domain}"
