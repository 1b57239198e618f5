gitlab_rails['time_zone'] = 'UTC'
from_file [__dir__, 'corp.rb'].join('/')
