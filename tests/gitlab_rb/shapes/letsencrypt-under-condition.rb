external_url 'https://git.corp.example'
letsencrypt['enable'] = true if ENV['ACME_OF_CORP']
