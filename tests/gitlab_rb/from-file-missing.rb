external_url 'http://mygitlab.example.com'
from_file '/etc/gitlab/nothing.rb' rescue nil
