external_url 'http://git.corp.example'
eval IO.read('/etc/gitlab/corp.rb')
letsencrypt['enable'] = false
