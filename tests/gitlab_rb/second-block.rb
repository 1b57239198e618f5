external_url ENV['URL'] || 'http://x'
# labtrust settings begin
external_url 'https://old.example.com'
letsencrypt['enable'] = false
# labtrust settings end
# mine
