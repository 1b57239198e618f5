from_file '/etc/gitlab/corp.rb'
external_url 'http://git.corp.example'
registry_external_url 'http://git.corp.example:4567'
