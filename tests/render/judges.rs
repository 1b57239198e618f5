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
        assert!(!ran.status.success(), "{name} is accepted with {to:?}: {}", said(&ran));
        fs::write(&path, text).unwrap();
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
