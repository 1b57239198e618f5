external_url 'https://git.corp.example'
gitlab_rails['nginx'] = { 'ssl_certificate' => '/etc/gitlab/ssl/corp.crt', 'ssl_certificate_key' => '/etc/gitlab/ssl/corp.key' }
