//! Programs that are not ours judge the renderings. Each is seen to refuse a broken file too: a judge that accepts everything
//! is none.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output as Ran},
};

use crate::judges::{is_here, program, said, tools};

/// The server for which everything is rendered.
const SERVER: &str = "mygitlab.example.com";

/// A folder with an old and a new CA, and the renderings of both.
struct Rendered(tempfile::TempDir);

impl Rendered {
    /// Renders `kind` for both CAs.
    fn new(kind: &str) -> Self {
        let rendered = Self(tempfile::tempdir().unwrap());
        for name in ["old", "new"] {
            let line = format!(
                "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 300 -subj '/CN={name} CA' \
                 -addext basicConstraints=critical,CA:true,pathlen:1 -addext keyUsage=critical,keyCertSign \
                 -addext 'nameConstraints=critical,permitted;DNS:{SERVER}' -keyout {name}.key -out {name}.crt 2>/dev/null"
            );
            let made = rendered.run("sh", &["-c", &line]);
            assert!(made.status.success(), "{}", said(&made));
        }
        let (old, new) = (rendered.fingerprint("old"), rendered.fingerprint("new"));
        let options = ["--fingerprint", &old, "--also", "./new.crt", "--also-fingerprint", &new];
        let endpoints = ["--for", "mygitlab.example.com:443", "--for", "mygitlab.example.com:4567"];
        let fixed = ["--state", "state", "render", "./old.crt", "--as", kind, "-o", "out"];
        let ran = rendered.run(env!("CARGO_BIN_EXE_labtrust"), &[&fixed[..], &options, &endpoints].concat());
        assert!(ran.status.success(), "{}", said(&ran));
        rendered
    }

    fn fingerprint(&self, name: &str) -> String {
        let line = format!("openssl x509 -in {name}.crt -noout -fingerprint -sha256");
        let said = self.run("sh", &["-c", &line]).stdout;
        String::from_utf8(said).unwrap().trim().rsplit('=').next().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("out").join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs `judge` in the folder of both CAs.
    fn run(&self, judge: &str, arguments: &[&str]) -> Ran {
        let mut command = Command::new(program(judge));
        command.args(arguments).current_dir(self.0.path());
        command.output().unwrap_or_else(|error| panic!("{judge}: {error}"))
    }

    /// `judge` accepts the file `name`, and refuses it once `from` is `to` there.
    #[track_caller]
    fn judged(&self, name: &str, (from, to): (&str, &str), judge: impl Fn(&Path) -> Ran) {
        let path = self.path(name);
        let ran = judge(&path);
        assert!(ran.status.success(), "{}", said(&ran));
        let text = self.read(name);
        assert!(text.contains(from), "{name} has no {from:?}:\n{text}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let ran = judge(&path);
        fs::write(&path, text).unwrap();
        assert!(!ran.status.success(), "{name} is accepted with {to:?}: {}", said(&ran));
    }
}

#[test]
fn cloud_init_accepts_the_user_data() {
    if !is_here("python", &["--version"]) || !tools().join("cloud-init").exists() {
        assert!(std::env::var_os("CI").is_none(), "cloud-init is missing: run scripts/install-judges");
        return;
    }
    let rendered = Rendered::new("cloud-init");
    let modules = tools().join("cloud-init/usr/lib/python3/dist-packages");
    let judge = |path: &Path| {
        let mut command = Command::new(program("python"));
        command.args(["-m", "cloudinit.cmd.main", "schema", "--config-file"]).arg(path);
        command.env("PYTHONPATH", &modules).output().unwrap()
    };
    rendered.judged("user-data.yaml", ("  trusted:", "  trustet:"), judge);
    rendered.judged("user-data.yaml", ("permissions: '0644'", "permissions: 0644"), judge);
    let read = "import sys, yaml
text = yaml.safe_load(open(sys.argv[1]))
certificates = [open(name).read() for name in ('old.crt', 'new.crt')]
assert text['ca_certs']['trusted'] == certificates
assert len(text['write_files']) == 8
assert all(one['content'] in certificates and one['permissions'] == '0644' for one in text['write_files'])";
    let judge = |path: &Path| rendered.run("python", &["-c", read, path.to_str().unwrap()]);
    rendered.judged("user-data.yaml", ("'0644'", "'0600'"), judge);
}

#[test]
fn kubernetes_accepts_the_manifests() {
    if !is_here("kubernetes-validate", &["--help"]) {
        return;
    }
    let rendered = Rendered::new("kubernetes");
    let judge = |path: &Path| rendered.run("kubernetes-validate", &["--strict", path.to_str().unwrap()]);
    rendered.judged("labtrust.yaml", ("hostPath:", "hostPaht:"), judge);
    rendered.judged("labtrust.yaml", ("tolerations:", "toleration:"), judge);
    rendered.judged("pods.yaml", ("data:", "dat:"), judge);
}

/// A chart that reads the values that GitLab's and the runner's charts read (their `values.yaml`), and fails without them.
const CHART: [(&str, &str); 2] = [
    ("Chart.yaml", "apiVersion: v2\nname: reader\nversion: 1.0.0\n"),
    (
        "templates/read.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: read\ndata:\n  \
         {{- range (required \"CAs\" ((.Values.global).certificates).customCAs) }}\n  \
         {{ required \"the Secret\" .secret }}: read\n  {{- end }}\n  \
         bundled: {{ required \"the Secret\" (index .Values \"gitlab-runner\").certsSecretName }}\n  \
         runner: {{ required \"the Secret\" .Values.certsSecretName }}\n",
    ),
];

#[test]
fn helm_and_kubectl_accept_the_values_and_the_objects() {
    let (helm, kubectl) = (tools().join("kubectl/helm"), tools().join("kubectl/kubectl"));
    if !is_here(helm.to_str().unwrap(), &["version"]) || !is_here("kubernetes-validate", &["--help"]) {
        return;
    }
    let rendered = Rendered::new("helm");
    for (name, text) in CHART {
        let path = rendered.0.path().join("chart").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let chart = |verb: &'static [&str]| {
        let (rendered, helm) = (&rendered, &helm);
        move |_: &Path| {
            let files = ["-f", "out/gitlab-values.yaml", "-f", "out/gitlab-runner-values.yaml"];
            rendered.run(helm.to_str().unwrap(), &[verb, &files].concat())
        }
    };
    let (template, lint) = (chart(&["template", "chart"]), chart(&["lint", "chart"]));
    rendered.judged("gitlab-values.yaml", ("customCAs", "customCas"), template);
    rendered.judged("gitlab-runner-values.yaml", ("certsSecretName", "certsSecret"), template);
    // What a template misses is a remark for lint; what is no YAML is not.
    rendered.judged("gitlab-values.yaml", ("customCAs:", "customCAs: ["), lint);
    rendered.judged("gitlab-runner-values.yaml", ("certsSecretName:", "certsSecretName: ["), lint);
    let judge = |path: &Path| rendered.run("kubernetes-validate", &["--strict", path.to_str().unwrap()]);
    rendered.judged("labtrust-ca.yaml", ("stringData:", "stringdata:"), judge);
    rendered.judged("runner-certificates.yaml", ("stringData:", "stringdata:"), judge);
    // The command of the README for the server's own certificate and key.
    let readme = rendered.read("README.md");
    let command = readme.lines().find(|line| line.starts_with("kubectl create secret tls")).unwrap();
    let command = command.replace("HOST.crt", "old.crt").replace("HOST.key", "old.key").replacen(
        "kubectl",
        kubectl.to_str().unwrap(),
        1,
    );
    let made = rendered.run("sh", &["-c", &format!("{command} --dry-run=client -o yaml >secret.yaml")]);
    assert!(made.status.success(), "{}", said(&made));
    let judged = rendered.run("kubernetes-validate", &["--strict", "secret.yaml"]);
    assert!(judged.status.success(), "{}", said(&judged));
    let wrong = command.replace("old.key", "new.key");
    let made = rendered.run("sh", &["-c", &format!("{wrong} --dry-run=client -o yaml")]);
    assert!(!made.status.success(), "a key of another certificate");
}

#[test]
fn powershells_grammar_accepts_the_scripts() {
    if !is_here("python", &["-c", ""]) {
        return;
    }
    let parse = "import sys, tree_sitter, tree_sitter_powershell as grammar
parser = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
text = open(sys.argv[1], 'rb').read()
def errors(node):
    if node.is_error or node.is_missing:
        yield f'{node.start_point}: {node.text[:80]}'
    for child in node.children:
        yield from errors(child)
text.decode('ascii')
sys.exit('\\n'.join(errors(parser.parse(text).root_node)) or None)";
    for (kind, name) in
        [("powershell", "labtrust-trust.ps1"), ("intune", "detect.ps1"), ("intune", "remediate.ps1")]
    {
        let rendered = Rendered::new(kind);
        let judge = |path: &Path| rendered.run("python", &["-c", parse, path.to_str().unwrap()]);
        rendered.judged(name, ("} catch {", "catch {"), judge);
        rendered.judged(name, ("'Disallowed'", "'Disallowed"), judge);
    }
}

#[test]
fn plistlib_reads_the_profile() {
    if !is_here("python", &["-c", ""]) {
        return;
    }
    let rendered = Rendered::new("mobileconfig");
    let read = "import hashlib, plistlib, sys, uuid
profile = plistlib.load(open(sys.argv[1], 'rb'))
payloads = profile['PayloadContent']
for one in [profile, *payloads]:
    assert uuid.UUID(one['PayloadUUID']).version == 8 and one['PayloadVersion'] == 1
assert len({one['PayloadIdentifier'] for one in [profile, *payloads]}) == 3
for one in payloads:
    assert one['PayloadType'] == 'com.apple.security.root'
    assert hashlib.sha256(one['PayloadContent']).hexdigest() in one['PayloadDescription']";
    let judge = |path: &Path| rendered.run("python", &["-c", read, path.to_str().unwrap()]);
    rendered.judged("labtrust.mobileconfig", ("</array>", "</aray>"), judge);
    rendered.judged("labtrust.mobileconfig", ("<data>", "<data>AAAA"), judge);
}

#[test]
fn hadolint_accepts_the_dockerfiles() {
    if !is_here("hadolint", &["--version"]) {
        return;
    }
    let rendered = Rendered::new("dockerfile");
    let judge = |path: &Path| rendered.run("hadolint", &[path.to_str().unwrap()]);
    for name in ["Dockerfile.debian", "Dockerfile.alpine", "Dockerfile.rhel"] {
        rendered.judged(name, ("COPY --from=build", "COPY --form=build"), judge);
        rendered.judged(name, ("# hadolint ignore", "# ignore"), judge);
    }
}

#[test]
fn the_schemas_of_compose_and_of_gitlab_accept_the_files() {
    if !is_here("check-jsonschema", &["--version"]) {
        return;
    }
    let check = |rendered: &Rendered, options: &[&str], path: &Path| {
        rendered.run("check-jsonschema", &[options, &[path.to_str().unwrap()]].concat())
    };
    let compose = Rendered::new("compose");
    let schema = ["--builtin-schema", "vendor.compose-spec"];
    compose.judged("compose.labtrust.yaml", ("environment:", "environmen:"), |path| {
        check(&compose, &schema, path)
    });
    let ci = Rendered::new("gitlab-ci");
    let schema = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"];
    // The schema lets hidden jobs be anything: they are judged as jobs that run.
    let visible = ci.path("visible.yml");
    let judge = |path: &Path| {
        let mut text = fs::read_to_string(path).unwrap().replace("\n.labtrust", "\nlabtrust");
        for key in ["  before_script:", "  services:"] {
            text = text.replace(&format!("\n{key}"), &format!("\n  script: [\"true\"]\n{key}"));
        }
        fs::write(&visible, text).unwrap();
        check(&ci, &schema, &visible)
    };
    for wrong in [
        ("  before_script:", "  beforescript:"),
        ("entrypoint: [\"\"]", "entrypoint: 1"),
        ("alias:", "alais:"),
    ] {
        ci.judged("labtrust.gitlab-ci.yml", wrong, judge);
    }
    let toml =
        "import sys, tomllib\ntomllib.load(open(sys.argv[1], 'rb'))['runners'][0]['docker']['volumes']";
    ci.judged("runner-config.toml", ("[runners.docker]", "[runners.docker"), |path| {
        ci.run("python", &["-c", toml, path.to_str().unwrap()])
    });
}

/// Compose itself reads the override beside a file with the services that it names.
#[test]
fn compose_merges_the_override() {
    let compose = Path::new("/var/cache/labtrust-engine/usr/libexec/docker/cli-plugins/docker-compose");
    if !compose.exists() {
        assert!(std::env::var_os("CI").is_none(), "Compose is missing: run scripts/install-engine");
        return;
    }
    let rendered = Rendered::new("compose");
    let base = "services: {app: {image: a}, docker: {image: b}, gitlab-runner: {image: c}}";
    fs::write(rendered.path("compose.yaml"), base).unwrap();
    let judge = |_: &Path| {
        let files = ["-f", "out/compose.yaml", "-f", "out/compose.labtrust.yaml", "config"];
        rendered.run(compose.to_str().unwrap(), &files)
    };
    let merged = said(&judge(Path::new("")));
    for mount in ["/etc/labtrust", "/etc/docker/certs.d", "/etc/gitlab-runner/certs"] {
        assert!(merged.contains(&format!("target: {mount}")), "{merged}");
    }
    rendered.judged("compose.labtrust.yaml", ("<<: *labtrust", "<<: *labtrsut"), judge);
    rendered.judged("compose.labtrust.yaml", ("  gitlab-runner:", "  gitlab-rnner:"), judge);
}

/// The Node.js that scripts/install-programs brings.
const NODE: &str = "/var/cache/labtrust-programs/venv/bin/node";

#[test]
fn the_reader_of_development_containers_takes_the_feature() {
    let reader = tools().join("devcontainer/devcontainer.js");
    if !reader.exists() {
        assert!(std::env::var_os("CI").is_none(), "devcontainer is missing: run scripts/install-judges");
        return;
    }
    let rendered = Rendered::new("devcontainer");
    let folder = ".devcontainer/labtrust";
    fs::copy(
        rendered.path(&format!("{folder}/devcontainer.example.json")),
        rendered.path(".devcontainer/devcontainer.json"),
    )
    .unwrap();
    let judge = |words: &'static [&'static str]| {
        let (rendered, reader) = (&rendered, &reader);
        move |_: &Path| rendered.run(NODE, &[&[reader.to_str().unwrap(), "features"], words].concat())
    };
    let package = judge(&["package", "out/.devcontainer/labtrust", "-o", "packaged", "-f"]);
    rendered.judged(&format!("{folder}/devcontainer-feature.json"), ("\"version\"", "\"versoin\""), package);
    let resolve = judge(&["resolve-dependencies", "--workspace-folder", "out"]);
    rendered.judged(".devcontainer/devcontainer.json", ("./labtrust", "./labtrsut"), resolve);
}

/// Writes each script of the jobs, and of a service, into a file of its own.
const SCRIPTS: &str = "import sys, yaml
number = 0
for name, job in yaml.safe_load(open('out/labtrust.gitlab-ci.yml')).items():
    if not name.startswith('.'):
        continue
    scripts = job.get('before_script', []) + [one['command'][2] for one in job.get('services', [])]
    for script in scripts:
        number += 1
        variables = ''.join(f'LABTRUST_CA_{n}=x\\n' for n in (1, 2))
        open(f'{number}.sh', 'w').write(f'#!/bin/sh\\nset -e\\n{variables}{script}\\n')
print(number)";

#[test]
fn shellcheck_accepts_the_scripts_in_other_files() {
    if !is_here("shellcheck", &["--version"]) {
        return;
    }
    let ci = Rendered::new("gitlab-ci");
    let made = ci.run("python", &["-c", SCRIPTS]);
    assert_eq!(said(&made).trim(), "5");
    let judged = ci.run("shellcheck", &["1.sh", "2.sh", "3.sh", "4.sh", "5.sh"]);
    assert!(judged.status.success(), "{}", said(&judged));
    let kubernetes = Rendered::new("kubernetes");
    let script = "import yaml
for one in yaml.safe_load_all(open('out/labtrust.yaml')):
    if one['kind'] == 'ConfigMap':
        open('out/install.sh', 'w').write(one['data']['install.sh'])";
    assert!(kubernetes.run("python", &["-c", script]).status.success());
    let judge = |path: &Path| kubernetes.run("shellcheck", &["--shell=sh", path.to_str().unwrap()]);
    kubernetes.judged("install.sh", ("mkdir -p \"$certs_d/$place\"", "mkdir -p $certs_d/$place"), judge);
}
