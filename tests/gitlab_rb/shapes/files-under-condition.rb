external_url 'https://git.corp.example'
if ENV['CORP_OF_NGINX']
  nginx['ssl_certificate'] = '/etc/gitlab/ssl/corp.crt'
  nginx['ssl_certificate_key'] = '/etc/gitlab/ssl/corp.key'
end
