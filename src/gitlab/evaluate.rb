# Evaluates gitlab.rb as GitLab does, without applying it, and prints as JSON the settings whose paths are asked for: each
# with its value, and the file and the line that set it.
require 'json'
require 'rbconfig'

# A hash of settings: it makes hashes in itself when they are asked for, and remembers which line set what.
class Sheet < Hash
  PLACES = {}.compare_by_identity

  def self.place
    found = caller_locations.find { |one| one.path != '-e' && !one.path.start_with?('<internal') }
    found && [found.path, found.lineno]
  end

  def [](key)
    super(key.to_s) || store_at(key, Sheet.new, nil)
  end

  def []=(key, value)
    value = Sheet.new.merge!(value) if value.is_a?(Hash) && !value.is_a?(Sheet)
    store_at(key, value, Sheet.place)
  end
  alias store []=

  def merge!(*others)
    others.each { |other| other.each { |key, value| self[key] = value } }
    self
  end
  alias update merge!

  def place(key)
    (PLACES[self] || {})[key]
  end

  private

  def store_at(key, value, place)
    (PLACES[self] ||= {})[key.to_s] = place
    method(:regular_store).call(key.to_s, value)
  end

  def regular_store(key, value)
    Hash.instance_method(:store).bind(self).call(key, value)
  end
end

# What the words at the beginning of a line are sent to.
class Settings
  attr_reader :sheet

  def initialize
    @sheet = Sheet.new
  end

  def [](name)
    public_send(name)
  end

  def []=(name, value)
    @sheet[name] = value
  end

  def from_file(path)
    instance_eval(File.read(path, encoding: 'UTF-8'), path, 1)
  end

  def node
    host = `hostname`.strip
    { 'hostname' => host, 'fqdn' => `hostname -f`.strip }.tap { |known| known.default_proc = ->(known, key) { raise KeyError.new(key, receiver: known, key: key) } }
  end

  def method_missing(name, *values)
    name = name.to_s.chomp('=')
    return @sheet[name] = values.first unless values.empty?

    name.end_with?('_url') && !@sheet.key?(name) ? nil : @sheet[name]
  end

  def respond_to_missing?(*)
    true
  end
end

def found(sheet, path)
  *way, last = path
  inner = way.reduce(sheet) { |one, key| one.is_a?(Hash) && one.key?(key) ? one.fetch(key) : {} }
  return {} unless inner.is_a?(Hash) && inner.key?(last)

  value = inner.fetch(last)
  return {} if value.is_a?(Sheet)

  file, line = inner.is_a?(Sheet) ? inner.place(last) : nil
  { value: value, file: file, line: line, text: text(file, line) }
end

def text(file, line)
  source = file == 'GITLAB_OMNIBUS_CONFIG' ? ENV.fetch(file, '') : File.read(file)
  source.b.force_encoding('UTF-8').scrub.lines.fetch(line - 1).strip
rescue StandardError
  nil
end

# The paths of code that is not gitlab.rb's.
OURS = ['-e', '<internal', RbConfig::CONFIG.fetch('libdir')].freeze

# Why gitlab.rb cannot be evaluated: the place and the kind of the error. Its message may quote a secret.
def reason(error)
  detail =
    case error
    when LoadError then error.path
    when NameError then error.name
    when KeyError then error.key rescue nil
    end
  places = (error.backtrace_locations || []).map { |one| [one.path, one.lineno] }
  file, line = places.find { |path, _| !path.start_with?(*OURS) }
  # A syntax error has its place only in its message.
  file, line = error.message.match(/\A(\S+?):(\d+):/)&.captures if error.is_a?(SyntaxError)
  kind = error.is_a?(Stopped) ? error.message : [error.class, detail].compact.join(': ')
  [file && "#{file}:#{line}", kind].compact.join(': ')
end

# gitlab.rb reads what labtrust does not know.
class Stopped < Exception # rubocop:disable Lint/InheritException
end

# A shell's environment is not the one in which GitLab evaluates the file, but a container's is.
if ARGV.include?('--without-environment')
  writers = %i[[]= store update merge! freeze]
  (ENV.singleton_methods - writers).each do |name|
    original = ENV.method(name)
    ENV.define_singleton_method(name) do |*arguments, &block|
      raise Stopped, 'it reads the environment' unless caller_locations(1, 1).first.path.start_with?(*OURS)

      original.call(*arguments, &block)
    end
  end
end

# What gitlab.rb and its commands print goes to the other output.
output = $stdout.dup
$stdout.reopen($stderr)
settings = Settings.new
Gitlab = settings
begin
  settings.instance_eval(ENV.fetch('GITLAB_OMNIBUS_CONFIG', ''), 'GITLAB_OMNIBUS_CONFIG', 1)
  gitlab_rb = '/etc/gitlab/gitlab.rb'
  settings.from_file(gitlab_rb) if File.exist?(gitlab_rb)
  said = JSON.parse(ARGV.fetch(0)).map { |path| { path: path, value: nil }.merge(found(settings.sheet, path)) }
rescue Exception => e # rubocop:disable Lint/RescueException
  said = { error: reason(e) }
end
output.puts(JSON.generate(said))
