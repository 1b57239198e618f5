## a comment
external_url 'https://git.example.com' # why
registry_external_url "https://#{host}:4567"
gitlab_rails['gitlab_shell_ssh_port'] = 2222
nginx['listen_https'] = false; letsencrypt['enable'] = false
registry['nginx']['ssl_certificate'] = "/etc/gitlab/ssl/r.crt"
x['list'] = %w[a b]; y['h'] = { 'a' => [1, 2] }
if ENV['X'] then external_url nil end
=begin
old
=end
text = <<~'END'
  nginx['listen_port'] = 1
END
__END__
