# with GitLab's own Ruby
external_url 'https://git.corp.example'
internal = true
letsencrypt['enable'] = !internal
