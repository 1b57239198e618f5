# with GitLab's own Ruby
external_url 'https://git.corp.example'
name = 'corp'
nginx['ssl_certificate'] = "/etc/gitlab/ssl/#{name}.crt"
nginx['ssl_certificate_key'] = "/etc/gitlab/ssl/#{name}.key"
