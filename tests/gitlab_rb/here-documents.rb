external_url 'http://mygitlab.example.com'
gitlab_rails['ldap_servers'] = YAML.load <<-'EOS'
  main:
    label: 'it''s LDAP'
# letsencrypt['enable'] = nil
# registry_external_url 'https://registry.example.com'
  EOS
gitlab_rails['env'] = { 'X' => <<~A, 'Y' => <<~B }
  # nginx['redirect_http_to_https'] = false
A
  external_url 'http://wrong.example.com'
B
