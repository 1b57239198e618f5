use super::*;

fn last(text: &str, path: &[&str]) -> Option<Value> {
    Script::read(text).last(path).map(|setting| setting.value)
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with what may be none")]
fn text(value: &str) -> Option<Value> {
    Some(Value::Text(value.into()))
}

#[test]
fn literals_are_read_and_the_last_one_wins() {
    for (script, expected) in [
        ("external_url 'https://h'", text("https://h")),
        ("external_url \"https://h\"\r\n", text("https://h")),
        ("\u{feff}external_url 'https://h'", text("https://h")),
        ("\texternal_url\t'https://h'\t# mine", text("https://h")),
        ("external_url('https://h')", text("https://h")),
        ("external_url( \"https://h\" ) # mine", text("https://h")),
        ("external_url 'https://a'\nexternal_url 'https://b'\n", text("https://b")),
        ("external_url 'https://a'; external_url 'https://b'", text("https://b")),
        ("external_url 'https://h#frag' # x", text("https://h#frag")),
        ("external_url \\\n  'https://h'", text("https://h")),
        ("external_url 'a\\'b'", text("a'b")),
        ("external_url nil", Some(Value::Nil)),
        ("# external_url 'https://h'", None),
        ("=begin\nexternal_url 'https://h'\n=end\n", None),
        ("__END__\nexternal_url 'https://h'", None),
        ("puts external_url", None),
        ("puts \"external_url 'https://h'\"", None),
        ("mattermost_external_url 'https://h'", None),
        ("external_url = 'https://h'", None),
        ("", None),
    ] {
        assert_eq!(last(script, &["external_url"]), expected, "{script:?}");
    }
}

#[test]
fn keys_are_read_in_every_spelling() {
    for (script, expected) in [
        ("nginx['listen_port'] = 8443", Some(Value::Number(8443))),
        ("nginx[\"listen_port\"]=8443", Some(Value::Number(8443))),
        ("nginx[:listen_port] = 8443", Some(Value::Number(8443))),
        ("nginx[ 'listen_port' ]  =  8443 # x", Some(Value::Number(8443))),
        ("nginx['listen_port'] = nil", Some(Value::Nil)),
        ("nginx['listen_port'] ||= 8443", Some(Value::Computed)),
        ("nginx['listen_port'] = 8443\nnginx['listen_port'] += 1", Some(Value::Computed)),
        ("nginx = { 'listen_port' => 8443 }", None),
        ("nginx ||= {}\nnginx['listen_port'] = 8443", None),
        ("nginx = {}\nself.nginx['listen_port'] = 8443", Some(Value::Number(8443))),
        ("nginx['listen_port'] = 8443\nnginx = {}\nnginx['listen_port'] = 1", Some(Value::Number(8443))),
        ("if x then nginx = {} end\nnginx['listen_port'] = 8443", None),
        ("Gitlab['nginx']['listen_port'] = 8443", Some(Value::Number(8443))),
        ("::Gitlab.nginx['listen_port'] = 8443", Some(Value::Number(8443))),
        ("[nginx, registry_nginx].each { |one| one['listen_port'] = 1 }", Some(Value::Computed)),
        ("one = nginx\none['listen_port'] = 1", Some(Value::Computed)),
        ("puts nginx['x'], :nginx, 'nginx', %w[nginx], nginx: 1", None),
        ("nginx.merge!('listen_port' => 1)", Some(Value::Number(1))),
        ("nginx.merge! listen_port: 1, gzip: 2", Some(Value::Number(1))),
        ("nginx.merge!({ :listen_port => 1, })", Some(Value::Number(1))),
        (
            "nginx.update(\n  'gzip' => [1, { 'a' => 2 }], # x\n  'listen_port' => 1,\n)",
            Some(Value::Number(1)),
        ),
        ("nginx['listen_port'] = 8443\nnginx.merge!('gzip' => 1)", Some(Value::Number(8443))),
        ("nginx.merge!('gzip' => 1)", None),
        ("nginx.merge!('listen_port' => 1) if x", Some(Value::Computed)),
        ("if x\nnginx.merge!('listen_port' => 1)\nend", Some(Value::Computed)),
        ("nginx['listen_port'] = 1\nif x\nnginx.merge!('gzip' => 1)\nend", Some(Value::Number(1))),
        ("nginx.merge!(more)", Some(Value::Computed)),
        ("nginx.merge!('a' => 1, **more)", Some(Value::Computed)),
        ("nginx.merge!('a' => 1).merge!('listen_port' => 1)", Some(Value::Computed)),
        ("nginx.merge!('listen_port' => port)", Some(Value::Computed)),
        ("nginx['listen_port'] == 8443", None),
        ("nginx['listen_port']['x'] = 1", None),
        ("gitlab_rails['listen_port'] = 1", None),
    ] {
        assert_eq!(last(script, &["nginx", "listen_port"]), expected, "{script:?}");
    }
}

#[test]
fn what_ruby_computes_is_said_to_be_computed() {
    for script in [
        "external_url ENV['URL']",
        "external_url \"https://#{host}\"",
        "external_url \"https://a\\tb\"",
        "external_url 'https://' + host",
        "external_url 'https://h' if production",
        "external_url 'https://h'.freeze",
        "if x\n  external_url 'https://h'\nend",
        "x.each do |y|\nexternal_url 'https://h'\nend",
        "case x\nwhen 1 then external_url 'https://h'\nend",
        "if x then external_url 'https://h' end",
        "x and external_url('https://h')",
        "x.each { |y| external_url y }",
        "y = if x then\nexternal_url 'https://h'\nend",
        "return if x\nexternal_url 'https://h'",
        "if x\n  y\n  return\nend\nexternal_url 'https://h'",
    ] {
        assert_eq!(last(script, &["external_url"]), Some(Value::Computed), "{script:?}");
    }
    for script in [
        "if x then y end\nexternal_url 'h'",
        "if x\ny\nend\nexternal_url 'h'",
        "a.each { |b| c }\nexternal_url 'h'",
    ] {
        assert_eq!(last(script, &["external_url"]), text("h"), "{script:?}");
    }
}

#[test]
fn what_spans_lines_hides_nothing_and_invents_nothing() {
    let script = "\
gitlab_rails['ldap_servers'] = YAML.load <<-'EOS' # it's a here-document
main:
  external_url 'https://wrong'
EOS
nginx['custom'] = \"
external_url 'https://wrong too'
\"; nginx['a'] = 1
x = {
  'a' => [1,
  2],
}
registry['notifications'] = [
  { 'name' => 'x', 'url' => 'https://n' }, # it's a list
]
external_url 'https://right'
x = y <<NOTHING
registry_external_url 'https://registry'
pages_external_url 'https://pages
";
    let script = Script::read(script);
    let value = |path: &[&str]| script.last(path).map(|setting| setting.value);
    assert_eq!(value(&["external_url"]), text("https://right"));
    assert_eq!(value(&["registry_external_url"]), text("https://registry"));
    assert_eq!(value(&["pages_external_url"]), Some(Value::Computed));
    assert_eq!(value(&["nginx", "a"]), Some(Value::Number(1)));
    assert_eq!(value(&["registry", "notifications"]), Some(Value::Computed));
}

#[test]
fn an_assignment_where_a_call_is_meant_is_noticed() {
    let script = Script::read("external_url = 'https://h'\nletsencrypt['enabled'] = false\n");
    assert!(script.settings[0].inert);
    assert_eq!(script.settings[0].text, "external_url = 'https://h'");
    assert!(!script.settings[1].inert);
}

#[test]
fn what_stands_alone_in_its_line_is_told_from_what_does_not() {
    let script = "\u{feff}external_url 'https://a' # mine\r
# nginx['redirect'] = false\r
if x\r
  # nginx['b'] = 1\r
  nginx['c'] = 1\r
end\r
nginx['d'] = 1; nginx['e'] = 2 # nginx['f'] = 3\r
=begin\r
# nginx['g'] = 1\r
=end\r
puts <<'EOS'\r
# nginx['h'] = 1\r
EOS\r
y = %w(it's
nginx['i'] = 1
# nginx['j'] = 1
)
nginx['k'] =
  'v'
pages_external_url 'https://p'
  .sub('p', 'q')
  # nginx['l'] = \"x\" # why
## nginx['m'] = 1
# nginx['n'] = 1 means this
nginx['o'] = 1";
    let found = Script::read(script);
    let alone = |settings: &[Setting]| -> Vec<(usize, String, String)> {
        let alone = settings.iter().filter(|setting| setting.alone && setting.path != ["puts"]);
        let row = |one: &Setting| {
            let key = one.path.last().cloned().unwrap_or_default();
            (one.line, key, one.text[one.literal.clone()].to_owned())
        };
        alone.map(row).collect()
    };
    let expected = |rows: &[(usize, &str, &str)]| -> Vec<(usize, String, String)> {
        rows.iter().map(|(line, path, value)| (*line, (*path).into(), (*value).into())).collect()
    };
    assert_eq!(alone(&found.settings), expected(&[(0, "external_url", "'https://a'"), (24, "o", "1")]));
    assert_eq!(
        alone(&found.comments),
        expected(&[(1, "redirect", "false"), (21, "l", "\"x\""), (23, "n", "1 means this")])
    );
    assert_eq!(last(script, &["nginx", "k"]), text("v"));
    assert_eq!(last(script, &["pages_external_url"]), Some(Value::Computed));
    assert_eq!(last(script, &["nginx", "i"]), None);
}
