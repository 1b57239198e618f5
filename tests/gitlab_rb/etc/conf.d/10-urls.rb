external_url 'http://mygitlab.example.com'
