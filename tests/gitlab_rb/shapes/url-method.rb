def url(name)
  "https://#{name}.corp.example"
end
external_url url('git')
