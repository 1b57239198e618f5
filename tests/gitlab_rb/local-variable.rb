external_url 'http://mygitlab.example.com'
letsencrypt = { 'enable' => true }
nginx = { 'redirect_http_to_https' => true }
