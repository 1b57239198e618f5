# with GitLab's own Ruby
external_url 'http://git.corp.example'
[nginx, registry_nginx].each do |server|
  server['listen_https'] = false
end
