external_url 'http://git.corp.example'
nginx = {
  'listen_port' => 80,
  'listen_https' => false,
}
