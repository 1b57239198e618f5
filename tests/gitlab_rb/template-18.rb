## GitLab configuration settings
##! This file is generated during initial installation and **is not** modified
##! during upgrades.

## GitLab URL
##! URL on which GitLab will be reachable.
##! For more details on configuring external_url see:
##! https://docs.gitlab.com/omnibus/settings/configuration.html
external_url 'http://gitlab.example.com'

## Roles for multi-instance GitLab
# roles ['redis_sentinel_role', 'redis_master_role']

################################################################################
## gitlab.yml configuration
################################################################################
### LDAP Settings
###! **remember to close this block with 'EOS' below**
# gitlab_rails['ldap_servers'] = YAML.load <<-'EOS'
#   main: # 'main' is the GitLab 'provider ID' of this LDAP server
#     label: 'LDAP'
#     host: '_your_ldap_server'
# EOS

# gitlab_rails['gitlab_shell_ssh_port'] = 22
# gitlab_rails['gitlab_shell_git_timeout'] = 800

################################################################################
## Container Registry settings
##! Docs: https://docs.gitlab.com/administration/packages/container_registry/
################################################################################
# registry_external_url 'https://registry.example.com'

### Settings used by GitLab application
# gitlab_rails['registry_enabled'] = true

################################################################################
## GitLab NGINX
################################################################################
# nginx['enable'] = true
# nginx['redirect_http_to_https'] = false
# nginx['redirect_http_to_https_port'] = 80
# nginx['ssl_certificate'] = "/etc/gitlab/ssl/#{node['fqdn']}.crt"
# nginx['listen_https'] = nil

# registry_nginx['enable'] = true

################################################################################
# Let's Encrypt integration
################################################################################
# letsencrypt['enable'] = nil
# letsencrypt['contact_emails'] = [] # This should be an array of email addresses to add as contacts
