external_url 'http://mygitlab.example.com'
gitlab_rails['ldap_servers'] = YAML.load <<-eos # to be closed with eos below
  main:
    label: "it is LDAP"
# letsencrypt['enable'] = nil
# nginx['redirect_http_to_https'] = false
  eos
counts = [1] <<2 <<
  3
registry_external_url 'https://mygitlab.example.com:4567'
