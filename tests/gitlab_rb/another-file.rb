external_url 'http://mygitlab.example.com'
# nginx['redirect_http_to_https'] = false
from_file '/dev/null'
letsencrypt['enable'] = nil
