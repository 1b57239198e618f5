# Stands in for what `gitlab-ctl reconfigure` does to nginx and the registry: evaluates gitlab.rb, writes their
# configuration as Omnibus would, and starts again what has another one now.
require_relative 'omnibus'

NGINX = '/var/opt/gitlab/nginx/conf/nginx.conf'.freeze
REGISTRY = '/var/opt/gitlab/registry/config.yml'.freeze

# A server of nginx's for the service behind `port`.
def server(url, settings, port, more = '')
  uri = URI(url)
  listen = settings['listen_port'] || uri.port
  tls = uri.scheme == 'https' && settings['listen_https'] != false
  files = %w[certificate certificate_key].zip(%w[crt key]).map do |name, ending|
    "        ssl_#{name} #{settings["ssl_#{name}"] || "/etc/gitlab/ssl/#{uri.host}.#{ending}"};\n"
  end
  <<~CONF.gsub(/^(?=.)/, '    ')
    server {
        listen *:#{listen}#{' ssl' if tls};
        server_name #{uri.host};
    #{files.join.gsub(/^    /, '') if tls}#{more}    location / {
            proxy_pass http://127.0.0.1:#{port};
        }
    }
  CONF
end

def redirect(url)
  uri = URI(url)
  port = ":#{uri.port}" if uri.port != 443
  <<~CONF.gsub(/^(?=.)/, '    ')
    server {
        listen *:80;
        server_name #{uri.host};
        return 301 https://#{uri.host}#{port}$request_uri;
    }
  CONF
end

def write(path, text, service)
  return if File.read(path) == text

  File.write(path, text)
  file = "/opt/gitlab/service/#{service}.pid"
  before = File.read(file)
  Process.kill(:TERM, before.to_i)
rescue Errno::ESRCH, Errno::ENOENT
  nil
else
  # A server that cannot start is started again and again.
  40.times { File.read(file) == before ? sleep(0.05) : break }
end

settings = evaluated('/etc/gitlab/gitlab.rb')
# With a nil for what is not set, at whatever depth.
find = ->(*path) { path.reduce(settings) { |found, key| found.is_a?(Hash) && found.key?(key) ? found.fetch(key) : nil } }
raise "Acme::Client: cannot reach Let's Encrypt" if find.call('letsencrypt', 'enable')

LETS_ENCRYPT = '/var/opt/gitlab/crond/letsencrypt-renew'.freeze
File.delete(LETS_ENCRYPT) if File.exist?(LETS_ENCRYPT) && find.call('letsencrypt', 'enable') == false

url = find.call('external_url') || 'http://gitlab.example.com'
# What a service's nginx is told, in the older spelling and in the newer.
settings_of = ->(old, *new) { {}.merge(find.call(*old) || {}, find.call(*new) || {}) }
nginx = settings_of.call(%w[nginx], 'gitlab_rails', 'nginx')
services = [server(url, nginx, 8080)]
services << redirect(url) if nginx['redirect_http_to_https'] && url.start_with?('https:')
[
  ['registry_external_url', %w[registry], %w[registry_nginx], 5000, "    client_max_body_size 0;\n"],
  ['pages_external_url', %w[gitlab_pages], %w[pages_nginx], 8090, ''],
  ['mattermost_external_url', %w[mattermost], %w[mattermost_nginx], 8065, '']
].each do |name, service, old, port, more|
  address = find.call(name)
  own = settings_of.call(old, *service, 'nginx')
  next if address.nil? || find.call(*service, 'enable') == false || own['enable'] == false

  services << server(address, own, port, more)
end
kas = find.call('gitlab_kas_external_url')
if kas && URI(kas).host != URI(url).host
  own = settings_of.call(%w[gitlab_kas_nginx], 'gitlab_kas', 'nginx')
  own = own.merge('listen_port' => own['port'] || 443)
  services << server(kas.sub(/^(ws|grpc)/, 'http'), own, 8150)
end
head = File.read(NGINX)[/\A.*?(?=    server \{)/m]
write(NGINX, "#{head}#{services.join}}\n", 'nginx')
if File.exist?(REGISTRY)
  config = File.read(REGISTRY)
  write(REGISTRY, config.sub(/realm: .*/, "realm: #{url.chomp('/')}/jwt/auth"), 'registry')
end
puts 'gitlab Reconfigured!'
