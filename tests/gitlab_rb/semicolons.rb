external_url 'http://mygitlab.example.com'; letsencrypt['enable'] = nil
