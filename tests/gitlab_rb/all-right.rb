external_url("https://MyGitLab.example.com/") # ours
registry_external_url "https://mygitlab.example.com:4567"
letsencrypt["enable"]=false
gitlab_rails["nginx"]["redirect_http_to_https"] = true
