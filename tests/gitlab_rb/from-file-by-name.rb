folder = '/etc/gitlab/conf.d'
%w[10-urls 20-tls].each { |name| from_file "#{folder}/#{name}.rb" }
external_url 'http://mygitlab.example.com' # here after all
