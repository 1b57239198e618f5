# setup git.corp.example
external_url ENV['URL_OF_CORP'] || 'http://git.corp.example'
