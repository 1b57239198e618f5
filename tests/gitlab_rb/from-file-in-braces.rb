Dir["/etc/gitlab/conf.d/*.rb"].each { |file| from_file file }
