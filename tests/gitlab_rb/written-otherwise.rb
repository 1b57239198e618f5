roles ['application_role']
external_url( "HTTP://MyGitLab.Example.com:80/gitlab/" ) # was "HTTP://MyGitLab.Example.com:80/gitlab/"
registry_external_url %q(http://mygitlab.example.com:4567)
letsencrypt[:enable] = true # 'true' here
nginx[:redirect_http_to_https]=true
gitlab_rails['smtp_password'] = "p#ss'word"
