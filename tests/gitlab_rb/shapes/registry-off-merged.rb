external_url 'http://git.corp.example'
registry.merge!('enable' => false, 'log_level' => 'info')
