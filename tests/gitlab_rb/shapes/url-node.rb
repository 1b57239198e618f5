# setup git.corp.example
external_url "http://#{node['fqdn']}.corp.example"
