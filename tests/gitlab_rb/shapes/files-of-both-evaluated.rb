# with GitLab's own Ruby
external_url 'https://git.corp.example'
[nginx, registry_nginx].each do |server|
  server['ssl_certificate'] = '/etc/gitlab/ssl/corp.crt'
  server['ssl_certificate_key'] = '/etc/gitlab/ssl/corp.key'
end
