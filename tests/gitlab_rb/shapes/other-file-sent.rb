# with GitLab's own Ruby
external_url 'http://git.corp.example'
%w[nginx registry_nginx].each { |name| send(name)['listen_https'] = nil }
