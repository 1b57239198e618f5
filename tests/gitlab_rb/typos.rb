external_url = 'https://mygitlab.example.com'
letsencrypt['enabled'] = false
