external_url 'http://mygitlab.example.com'
letsencrypt.merge!('enable' => false, 'group' => 'x')
gitlab_rails['nginx'] = { 'redirect_http_to_https' => true, 'gzip' => { 'on' => 1 } }
nginx.merge!(
  'gzip' => true, # and no more
)
