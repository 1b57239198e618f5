# with GitLab's own Ruby
# setup git.corp.example
external_url 'https://' + %w[git corp example].join('.')
