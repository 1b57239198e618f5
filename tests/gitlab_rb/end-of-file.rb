external_url 'http://mygitlab.example.com'
__END__
letsencrypt['enable'] = false
