begin
  external_url File.read('/etc/gitlab/url').strip
rescue Errno::ENOENT
  external_url 'http://mygitlab.example.com'
ensure
  letsencrypt['enable'] = false
end
registry_external_url ENV.fetch("REGISTRY_URL") { "https://mygitlab.example.com:4567" }
{ 'redirect_http_to_https' => true }.each { |key, value| nginx[key] = value }
