external_url 'https://mygitlab.example.com'
letsencrypt['enable'] = nil