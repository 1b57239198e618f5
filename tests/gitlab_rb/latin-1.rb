external_url 'http://mygitlab.example.com' # für alle
# letsencrypt['enable'] = nil
