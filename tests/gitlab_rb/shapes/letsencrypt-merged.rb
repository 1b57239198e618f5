external_url 'https://git.corp.example'
letsencrypt.merge!(enable: true)
