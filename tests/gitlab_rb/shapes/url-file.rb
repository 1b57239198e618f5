external_url File.read('/etc/gitlab/host').strip
