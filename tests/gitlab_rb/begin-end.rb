=begin
external_url 'https://wrong.example.com'
# letsencrypt['enable'] = nil
=end
# registry_external_url 'https://registry.example.com'
external_url 'http://mygitlab.example.com'
