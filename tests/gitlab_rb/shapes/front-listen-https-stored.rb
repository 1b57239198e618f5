external_url 'http://git.corp.example'
nginx.store('listen_https', false)
