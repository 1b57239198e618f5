external_url 'https://git.corp.example'
letsencrypt['enable'] = true
letsencrypt['contact_emails'] = ['root@corp.example']
