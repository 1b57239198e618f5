external_url 'http://git.corp.example'
from_file "#{__dir__}/corp.rb"
