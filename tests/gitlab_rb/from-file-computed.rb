external_url 'http://mygitlab.example.com'
from_file ENV.fetch('SITE', '/dev/null')
