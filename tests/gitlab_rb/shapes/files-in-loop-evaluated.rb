# with GitLab's own Ruby
external_url 'https://git.corp.example'
{ 'certificate' => 'crt', 'certificate_key' => 'key' }.each do |name, ending|
  nginx["ssl_#{name}"] = "/etc/gitlab/ssl/corp.#{ending}"
end
