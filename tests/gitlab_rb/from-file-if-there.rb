external_url 'http://mygitlab.example.com'
from_file('/etc/gitlab/nothing.rb') if File.exist?('/etc/gitlab/nothing.rb')
if File.exist?('/etc/gitlab/site.rb')
  from_file('/etc/gitlab/site.rb')
end
