## GitLab configuration settings
##! This file is generated during initial installation and **is not** modified
##! during upgrades.

## GitLab URL
# external_url 'GENERATED_EXTERNAL_URL'

# gitlab_rails['gitlab_shell_ssh_port'] = 22
# registry_external_url 'https://registry.example.com'
# puma['ssl_certificate'] = nil

# gitlab_rails['nginx']['redirect_http_to_https'] = false
# gitlab_rails['nginx']['redirect_http_to_https_port'] = 80
# gitlab_rails['nginx']['listen_https'] = nil
# pages_external_url "http://pages.example.com/"

# letsencrypt['enable'] = nil
# letsencrypt['key_type'] = 'rsa'
