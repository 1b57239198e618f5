letsencrypt['enable'] = false
from_file File.join(__dir__, '../site.rb')
