external_url 'http://192.0.2.10'
registry_external_url 'http://192.0.2.10:5050'
