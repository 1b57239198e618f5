# setup git.corp.example
# with GitLab's own Ruby
from_file '/etc/gitlab/farther.rb'
external_url 'http://git.corp.example'
