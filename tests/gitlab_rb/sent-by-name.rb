external_url 'http://mygitlab.example.com'
%w[nginx registry_nginx].each { |name| send(name)['gzip'] = false }
