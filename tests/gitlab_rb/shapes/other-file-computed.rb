external_url 'http://git.corp.example'
from_file ENV.fetch('MORE_OF_CORP', '/etc/gitlab/corp.rb')
