eval(File.read('/etc/gitlab/conf.d/10-urls.rb'))
instance_eval File.read("/etc/gitlab/site.rb"), '/etc/gitlab/site.rb'
