external_url 'http://mygitlab.example.com'
# registry_external_url 'https://registry.example.com'
# letsencrypt['enable'] = nil
# nginx['redirect_http_to_https'] = false
__END__
what I noted
