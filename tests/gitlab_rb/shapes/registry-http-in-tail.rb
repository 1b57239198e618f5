external_url 'http://git.corp.example'
if false
  puts 'never'
end
registry_external_url 'http://git.corp.example:5050'; registry['debug'] = nil
