external_url 'http://git.corp.example'
from_file '/etc/gitlab/nothing.rb'
