external_url 'http://git.corp.example'
unless ENV['DIRECT_TO_NGINX']
  nginx['listen_port'] = 8080
  nginx['listen_https'] = false
end
