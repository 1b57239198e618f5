external_url 'http://[2001:db8::1]'
registry_external_url 'http://[2001:db8::1]:5050'
