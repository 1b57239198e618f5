# setup git.corp.example:8080
external_url 'http://git.corp.example:8080/gitlab'
