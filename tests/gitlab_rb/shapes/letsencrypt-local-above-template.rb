# setup git.corp.example
letsencrypt = { 'contact_emails' => [] }
external_url 'http://git.corp.example'
# letsencrypt['enable'] = nil
