# Evaluates gitlab.rb as Omnibus does and prints, as JSON, what its cookbooks then find. Stands in for its
# settings' objects: names that it knows, hashes that make themselves, calls that set or ask.
require 'json'
require 'uri'
autoload :YAML, 'yaml'

# Hashes in hashes, made when they are asked for; keys are names, however they are written.
class Mash < Hash
  def [](key)
    key?(key.to_s) ? super(key.to_s) : (self[key] = Mash.new)
  end

  def []=(key, value)
    super(key.to_s, value)
  end
end

# What the words at the beginning of a line of gitlab.rb are sent to.
class Settings
  HASHES = %w[gitlab_rails nginx registry registry_nginx letsencrypt git_data_dirs user puma sidekiq postgresql redis
              prometheus gitaly gitlab_pages pages_nginx mattermost mattermost_nginx gitlab_kas gitlab_kas_nginx logging alertmanager
              gitlab_workhorse package node_exporter web_server].freeze
  VALUES = %w[external_url registry_external_url pages_external_url mattermost_external_url gitlab_kas_external_url
              roles git_data_dirs].freeze

  attr_reader :values

  def initialize
    @values = Mash.new
  end

  # Another file as if it stood here (mixlib-config, `from_file`).
  def from_file(path)
    instance_eval(File.read(path, encoding: 'UTF-8'), path, 1)
  end

  # `Gitlab['nginx']` and `Gitlab['external_url'] = …` (mixlib-config).
  def [](name)
    public_send(name)
  end

  def []=(name, value)
    @values[name] = value
  end

  # What Chef knows of the machine.
  def node
    { 'fqdn' => 'git', 'hostname' => 'git' }
  end

  # What Omnibus does not know is set all the same, and nothing looks at it.
  def method_missing(name, *value)
    value.empty? ? super : @values[name.to_s.chomp('=')] = value.first
  end

  def respond_to_missing?(*)
    true
  end

  (HASHES + VALUES).uniq.each do |name|
    define_method(name) do |*value|
      next @values[name] = value.first unless value.empty?

      HASHES.include?(name) || @values.key?(name) ? @values[name] : nil
    end
  end
end

# What these files say, each of which overrides those before it, and all of them a container's environment.
def evaluated(*paths)
  settings = Settings.new
  Object.const_set(:Gitlab, settings)
  settings.instance_eval(ENV.fetch('GITLAB_OMNIBUS_CONFIG', ''))
  paths.each { |path| settings.instance_eval(File.read(path, encoding: 'UTF-8'), path, 1) }
  settings.values
end

puts JSON.generate(evaluated(*ARGV)) if $PROGRAM_NAME == __FILE__
