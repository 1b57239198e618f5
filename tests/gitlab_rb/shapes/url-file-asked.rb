# with GitLab's own Ruby
# setup git.corp.example
external_url File.read('/etc/gitlab/host').strip
