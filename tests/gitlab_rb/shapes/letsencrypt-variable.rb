external_url 'https://git.corp.example'
letsencrypt = { 'enable' => true, 'auto_renew' => true }
