roles %w[application_role]
gitlab_rails['trusted_proxies'] = %w(192.0.2.0/24 it's)
gitlab_rails['monitoring_whitelist'] = [
  '127.0.0.0/8',
  # letsencrypt['enable'] = nil
]
registry['notifications'] = [
  { 'name' => 'x', 'url' => "https://n/#{1 + 1}" }, # it's a list
]
nginx['custom_nginx_config'] = "
# registry_external_url 'https://registry.example.com'
external_url 'https://wrong.example.com';
"
external_url 'http://mygitlab.example.com'
