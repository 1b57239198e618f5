external_url 'http://git.corp.example'
from_file 'corp.rb' if File.exist?('corp.rb')
