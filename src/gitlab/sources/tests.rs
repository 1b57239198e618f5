use super::*;

/// Files by their paths inside GitLab.
const FILES: [(&str, &str); 7] = [
    ("/etc/gitlab/site.rb", "external_url 'https://site'\nnginx['x'] = 1"),
    ("/etc/gitlab/d/10.rb", "external_url 'https://ten'"),
    ("/etc/gitlab/d/20.rb", "from_file \"#{__dir__}/30.inc\"\nregistry_external_url 'https://twenty'"),
    ("/etc/gitlab/d/30.inc", "external_url 'https://thirty'"),
    ("/etc/gitlab/round.rb", "from_file '/etc/gitlab/round.rb'"),
    ("/omnibus_config.rb", "external_url 'https://omnibus'\nregistry_external_url 'https://omnibus:5050'"),
    ("/etc/gitlab/far.rb", "from_file ENV['MORE']"),
];

fn fetch(target: &Target) -> Fetched {
    let file = |(path, text): &(&str, &str)| SourceFile {
        inside: (*path).into(),
        shown: Path::new("/srv").join(path.trim_start_matches('/')).into(),
        text: (*text).into(),
    };
    match target {
        Target::Files { paths, is_optional } => {
            let found: Vec<_> = (paths.iter())
                .filter_map(|path| FILES.iter().find(|(known, _)| known == path).map(file))
                .collect();
            let is_whole = found.len() == paths.len() || *is_optional;
            if is_whole { Fetched::Files(found) } else { Fetched::Not("it does not exist".into()) }
        }
        Target::Glob(pattern) if pattern == "/etc/gitlab/d/*.rb" => {
            Fetched::Files(FILES[1..3].iter().map(file).collect())
        }
        _ => Fetched::Not("unknown".into()),
    }
}

/// The value and the place of `path`, or why a file is not read.
fn found(environment: &str, gitlab_rb: &str, path: &[&str]) -> String {
    let (sources, script) = Sources::gather(environment, gitlab_rb, &fetch);
    assert_eq!(script, sources.settings(gitlab_rb), "what was read is kept");
    if let Some(include) = script.includes.first() {
        return format!("not read: {}", include.why.as_deref().unwrap_or_default());
    }
    let Some(setting) = script.last(path) else { return "unset".into() };
    let place = match setting.origin {
        Origin::File => "gitlab.rb".into(),
        Origin::Environment => "environment".into(),
        Origin::Other(path) => path.display().to_string(),
    };
    let value = match setting.value {
        crate::gitlab::ruby::Value::Text(text) => text,
        other => format!("{other:?}"),
    };
    format!("{value} {place}:{}", setting.line + 1)
}

#[test]
fn other_files_are_read_where_they_are_named() {
    let site = "https://site /srv/etc/gitlab/site.rb:1";
    let thirty = "https://thirty /srv/etc/gitlab/d/30.inc:1";
    for (script, expected) in [
        ("from_file '/etc/gitlab/site.rb'", site),
        ("from_file('/etc/gitlab/site.rb')", site),
        ("self.from_file \"/etc/gitlab/site.rb\"", site),
        ("external_url 'https://a'\nfrom_file '/etc/gitlab/site.rb'", site),
        ("from_file '/etc/gitlab/site.rb'\n\nexternal_url 'https://a'", "https://a gitlab.rb:3"),
        ("folder = '/etc/gitlab'\nfrom_file \"#{folder}/site.rb\"", site),
        ("from_file File.join(__dir__, 'site.rb')", site),
        ("from_file File.expand_path('site.rb', File.dirname(__FILE__))", site),
        ("from_file('/etc/gitlab/' + 'site.rb')", site),
        ("from_file '/etc/gitlab/site.rb' if File.exist?('/etc/gitlab/site.rb')", site),
        ("if File.exist?('/etc/gitlab/site.rb')\n  from_file '/etc/gitlab/site.rb'\nend", site),
        ("from_file '/etc/gitlab/none.rb' if File.exist?('/etc/gitlab/none.rb')", "unset"),
        ("from_file '/etc/gitlab/none.rb' rescue nil", "unset"),
        ("from_file '/etc/gitlab/none.rb'", "not read: it does not exist"),
        ("eval File.read('/etc/gitlab/site.rb')", site),
        ("instance_eval(::File.read('/etc/gitlab/site.rb'), '/etc/gitlab/site.rb')", site),
        ("from_file ENV['SITE']", "not read: only Ruby can tell which file"),
        (
            "folder = '/etc/gitlab' if x\nfrom_file \"#{folder}/site.rb\"",
            "not read: only Ruby can tell which file",
        ),
        ("from_file '/etc/gitlab/far.rb'", "not read: only Ruby can tell which file"),
        ("from_file '/etc/gitlab/round.rb'", "not read: /etc/gitlab/round.rb reads itself"),
        ("Dir['/etc/gitlab/d/*.rb'].each { |file| from_file file }", thirty),
        ("Dir.glob('/etc/gitlab/d/*.rb').sort.each do |file|\n  from_file(file)\nend", thirty),
        ("Dir.glob(\"/etc/gitlab/d/*.rb\").each(&method(:from_file))", thirty),
        ("Dir['/etc/gitlab/d/*.rb'].sort.each do |f| from_file f end", thirty),
        (
            "%w[site d/10].each { |name| from_file \"/etc/gitlab/#{name}.rb\" }",
            "https://ten /srv/etc/gitlab/d/10.rb:1",
        ),
        ("['/etc/gitlab/site.rb'].each do |f|\n  from_file f\nend", site),
        (
            "Dir['/etc/gitlab/d/*.rb'].reverse.each { |file| from_file file }",
            "not read: only Ruby can tell which file",
        ),
        ("from_file '/etc/gitlab/site.rb' if ENV['SITE']", "Computed /srv/etc/gitlab/site.rb:1"),
        ("if x\n  from_file '/etc/gitlab/site.rb'\nelse\n  y\nend", "Computed /srv/etc/gitlab/site.rb:1"),
        (
            "%w[/etc/gitlab/site.rb].each do |f|\n  next if f == x\n  from_file f\nend",
            "Computed /srv/etc/gitlab/site.rb:1",
        ),
        (
            "%w[/etc/gitlab/site.rb].each do |f|\n  from_file f\n  if x\n    break\n  end\nend",
            "Computed /srv/etc/gitlab/site.rb:1",
        ),
        ("return if x\nfrom_file '/etc/gitlab/site.rb'", "Computed /srv/etc/gitlab/site.rb:1"),
        ("from_file '/etc/gitlab/site.rb'\nreturn", site),
        ("def x\n  return 1 if y\nend\nfrom_file '/etc/gitlab/site.rb'", site),
        ("x.each do |y|\n  next if y\nend\nfrom_file '/etc/gitlab/site.rb'", site),
        ("a = b.next\nc = { return: 1 }\nfrom_file '/etc/gitlab/site.rb'", site),
    ] {
        assert_eq!(found("", script, &["external_url"]), expected, "{script}");
    }
}

#[test]
fn gitlab_rb_overrides_what_the_environment_reads() {
    let environment = "from_file('/omnibus_config.rb')";
    let registry = "https://omnibus:5050 /srv/omnibus_config.rb:2";
    assert_eq!(found(environment, "external_url 'https://a'", &["registry_external_url"]), registry);
    assert_eq!(found(environment, "external_url 'https://a'", &["external_url"]), "https://a gitlab.rb:1");
    let evaluated = "external_url 'https://a'\neval ENV[\"GITLAB_OMNIBUS_CONFIG\"].to_s";
    assert_eq!(
        found("external_url 'https://b'", evaluated, &["external_url"]),
        "https://b GITLAB_OMNIBUS_CONFIG:1"
    );
}

#[test]
fn a_hostile_file_name_is_not_followed() {
    let brackets = |count: usize| format!("from_file {}'x'{}", "(".repeat(count), ")".repeat(count));
    for script in [brackets(100_000), "from_file [1].each { |a| ".repeat(5_000)] {
        assert_eq!(found("", &script, &["external_url"]), "not read: only Ruby can tell which file");
    }
}
