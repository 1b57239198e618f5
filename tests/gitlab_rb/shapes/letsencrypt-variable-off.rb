external_url 'https://git.corp.example'
letsencrypt = { 'enable' => false }
