# setup git.corp.example:8929
external_url 'http://git.corp.example:8929'
gitlab_rails['gitlab_shell_ssh_port'] = 2224
