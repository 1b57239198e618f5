external_url 'http://git.corp.example'
nginx['listen_port'] = ENV.fetch('GITLAB_PORT_OF_NGINX', '8080').to_i
