external_url 'http://mygitlab.example.com'
from_file '/etc/gitlab/site.rb'
