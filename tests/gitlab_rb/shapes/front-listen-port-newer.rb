external_url 'http://git.corp.example'
gitlab_rails['nginx']['listen_port'] = 8080
