Dir.glob('/etc/gitlab/conf.d/*.rb').sort.each do |file|
  from_file(file)
end
nginx['redirect_http_to_https'] = true
