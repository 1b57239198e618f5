external_url 'http://mygitlab.example.com'
letsencrypt = {
  'enable' => false,
}
letsencrypt['enable'] = nil
