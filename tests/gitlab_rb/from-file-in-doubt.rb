external_url 'http://mygitlab.example.com'
from_file '/etc/gitlab/site.rb' if ENV['SITE']
from_file '/etc/gitlab/conf.d/20-tls.rb' unless ENV['PLAIN']
