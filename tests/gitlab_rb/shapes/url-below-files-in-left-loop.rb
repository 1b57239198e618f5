# setup git.corp.example
# with GitLab's own Ruby
external_url 'http://git.corp.example'
%w[/etc/gitlab/corp.rb /etc/gitlab/site.rb].each do |file|
  next unless file.end_with?('site.rb')
  from_file file
end
