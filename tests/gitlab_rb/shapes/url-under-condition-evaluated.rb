# with GitLab's own Ruby
# setup git.corp.example
production = true
external_url 'https://git.corp.example' if production
