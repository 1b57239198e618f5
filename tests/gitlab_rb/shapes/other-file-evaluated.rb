# with GitLab's own Ruby
external_url 'http://git.corp.example'
from_file '/etc/gitlab/%s.rb' % 'corp'
