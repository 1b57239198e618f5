from_file "/etc/gitlab/site.rb"
external_url 'http://mygitlab.example.com'
# registry_external_url 'https://registry.example.com'
letsencrypt['enable'] = false
