# with GitLab's own Ruby
external_url 'https://git.corp.example'
internal = false
letsencrypt['enable'] = !internal
