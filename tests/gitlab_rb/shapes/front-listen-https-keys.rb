external_url 'http://git.corp.example'
{ 'listen_port' => 8080, 'listen_https' => false }.each { |key, value| nginx[key] = value }
