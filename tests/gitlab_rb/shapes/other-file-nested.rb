from_file '/etc/gitlab/nested.rb'
