host = ENV.fetch('GITLAB_HOST', 'git.example.org')
if ENV['STAGING']
  external_url "http://staging.#{host}"
else
  external_url "http://#{host}"
end
registry_external_url "http://#{host}:5050" unless ENV['NO_REGISTRY']
case host
when /example/ then letsencrypt['enable'] = true
end
nginx['redirect_http_to_https'] = !ENV['PLAIN']
# letsencrypt['enable'] = nil
