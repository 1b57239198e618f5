//! The shell script: the same trees as the program's, in every shell, and what goes wrong is said.

mod policies;
mod stores;
mod users;

use super::*;

const SCRIPT: &str = "/root/rendered/labtrust-trust.sh";

/// The shells in which the script runs: scripts/install-shells installs them.
const SHELLS: [&str; 7] = ["dash", "busybox ash", "mksh", "posh", "yash", "ksh93", "bash"];

/// A run of the script: its exit code, its last line, and all that it said.
struct Run {
    code: i32,
    document: Value,
    said: String,
}

impl Run {
    fn of(output: &Output) -> Self {
        let document = output.stdout.lines().last().map(|line| serde_json::from_str(line).unwrap());
        let said = format!("{}{}", output.stdout, output.stderr);
        Self { code: output.code(), document: document.unwrap_or_default(), said }
    }

    /// The state of the store `id` for the first CA.
    fn state(&self, id: &str) -> &str {
        self.store(id)["state"].as_str().unwrap_or("none")
    }

    fn store(&self, id: &str) -> &Value {
        let stores = self.document["anchors"][0]["stores"].as_array().unwrap();
        stores.iter().find(|store| store["id"] == id).unwrap_or(&Value::Null)
    }

    #[track_caller]
    fn ends_with(self, code: i32, changed: bool) -> Self {
        assert_eq!((self.code, self.document["changed"].as_bool()), (code, Some(changed)), "{}", self.said);
        assert_eq!(self.document["code"], code);
        self
    }
}

fn run(machine: &Machine, shell: &str, words: &str) -> Run {
    Run::of(&machine.sh(&format!("{shell} {SCRIPT} {words}")))
}

#[test]
fn every_shell_makes_the_tree_that_the_program_makes() {
    let machine = machine!("client");
    let _pair = client(&machine);
    render(&machine, "shell", "").succeeded();
    let before = machine.settled();
    machine
        .sh(&format!("labtrust trust /root/ca.crt --for {REGISTRY} -y --store system --store docker"))
        .succeeded();
    let without_state = |changes: Vec<String>| -> Vec<String> {
        changes
            .into_iter()
            .filter(|line| !line.contains("var/lib/labtrust") && !line.contains("root/."))
            .collect()
    };
    let by_program = without_state(machine.changes_since(&before));
    assert!(by_program.iter().any(|line| line.contains("certs.d")), "{by_program:?}");
    machine.run(["labtrust", "untrust"]).succeeded();
    assert_eq!(without_state(machine.changes_since(&before)), [""; 0]);
    for shell in SHELLS {
        let asked = run(&machine, shell, "check").ends_with(1, false);
        assert_eq!((asked.state("system"), asked.state("docker")), ("untrusted", "untrusted"), "{shell}");
        assert_eq!(without_state(machine.changes_since(&before)), [""; 0], "{shell}");
        let done = run(&machine, shell, "").ends_with(0, true);
        assert_eq!((done.state("system"), done.state("docker")), ("trusted", "trusted"), "{shell}");
        assert_eq!(without_state(machine.changes_since(&before)), by_program, "{shell}");
        run(&machine, shell, "").ends_with(0, false);
        run(&machine, shell, "check").ends_with(0, false);
        machine.run(["labtrust", "status"]);
        run(&machine, shell, "remove").ends_with(0, true);
        assert_eq!(without_state(machine.changes_since(&before)), [""; 0], "{shell}");
        assert!(!machine.has("/var/lib/labtrust/script"), "{shell}");
        run(&machine, shell, "remove").ends_with(0, false);
    }
}

#[test]
fn the_script_judges_by_the_store_and_takes_back_what_fails() {
    let machine = machine!("client");
    let _pair = client(&machine);
    render(&machine, "shell", "").succeeded();
    let before = machine.settled();
    let updater = "/usr/sbin/update-ca-certificates";
    machine.sh(&format!("mv {updater} /root/updater")).succeeded();
    for (script, said) in [
        ("echo broken >&2; exit 1", "broken"),
        ("exit 0", "it succeeded, but /etc/ssl/certs/ca-certificates.crt does not hold the certificate"),
    ] {
        machine.write_with_mode(updater, "755", format!("#!/bin/sh\n{script}\n"));
        let failed = run(&machine, "sh", "");
        let system = failed.store("system");
        assert_eq!((failed.code, failed.state("system")), (3, "failed"), "{}", failed.said);
        assert!(system["detail"].as_str().unwrap().contains(said), "{system}");
        assert_eq!(failed.state("docker"), "trusted", "the other stores are served");
        assert!(!machine.has("/usr/local/share/ca-certificates/labtrust"), "taken back");
    }
    // The updater works again: the next run heals, although no file of ours is missing in certs.d.
    machine.sh(&format!("mv /root/updater {updater}")).succeeded();
    run(&machine, "sh", "").ends_with(0, true);
    run(&machine, "sh", "remove").ends_with(0, true);
    assert_eq!(
        machine
            .changes_since(&before)
            .into_iter()
            .filter(|line| !line.contains("rehash"))
            .collect::<Vec<_>>(),
        [""; 0]
    );
}

#[test]
fn a_hanging_updater_is_stopped_with_its_children() {
    let machine = machine!("client");
    let _pair = client(&machine);
    render(&machine, "shell", "").succeeded();
    let updater = "/usr/sbin/update-ca-certificates";
    machine.write_with_mode(updater, "755", "#!/bin/sh\nsleep 4321 &\nsleep 4321\n");
    for shell in ["dash", "busybox ash", "bash"] {
        let failed = run(&machine, shell, "--timeout 2");
        let detail = failed.store("system")["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("did not end within 2 seconds"), "{shell}: {}", failed.said);
        assert_eq!(machine.sh("pgrep -x sleep").code(), 1, "{shell}: a child is left");
    }
}

#[test]
fn strangers_files_stay_and_a_damaged_script_stops() {
    let machine = machine!("client");
    let pair = client(&machine);
    render(&machine, "shell", "").succeeded();
    let folder = "/usr/local/share/ca-certificates";
    let own = machine.sh(&format!("sed -n 's/^name_1=//p' {SCRIPT}")).succeeded().stdout.trim().to_owned();
    machine.write(&format!("{folder}/ca.crt"), &Pair::made(&machine, &["x.example"], Validity::Current).root);
    machine.write("/root/target", "precious");
    machine.sh(&format!("ln -s /root/target {folder}/{own}.crt; update-ca-certificates")).code();
    let before = machine.settled();
    run(&machine, "sh", "").ends_with(0, true);
    assert_eq!(machine.read("/root/target"), "precious");
    assert_eq!(machine.read(&format!("{folder}/{own}.crt")), pair.root);
    run(&machine, "sh", "remove").ends_with(0, true);
    assert_eq!(machine.changes_since(&before), [""; 0]);
    // One changed digit of its certificate, and half of the script.
    machine.sh(&format!("sed 's/^sha256_1=./sha256_1=z/' {SCRIPT} >/root/bad.sh")).succeeded();
    machine.sh("sh /root/bad.sh").says("this script is damaged");
    machine.sh(&format!("head -n 300 {SCRIPT} | sh -s")).code();
    assert_eq!(machine.changes_since(&before).len(), 1, "/root/bad.sh alone");
}

#[test]
fn the_judges_of_shell_scripts_accept_it() {
    let machine = machine!("client");
    let _pair = client(&machine);
    render(&machine, "shell", "").succeeded();
    machine.run(["shellcheck", SCRIPT]).succeeded();
    machine.run(["checkbashisms", "--posix", SCRIPT]).succeeded();
}

/// A family of distributions: `ID` in os-release, the folder of the administrator's anchors, the updater, the bundle.
const FAMILIES: [(&str, &str, &str, &str); 6] = [
    (
        "fedora",
        "/etc/pki/ca-trust/source/anchors",
        "/usr/bin/update-ca-trust",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    ),
    (
        "opensuse-leap",
        "/etc/pki/trust/anchors",
        "/usr/sbin/update-ca-certificates",
        "/var/lib/ca-certificates/ca-bundle.pem",
    ),
    (
        "arch",
        "/etc/ca-certificates/trust-source/anchors",
        "/usr/bin/update-ca-trust",
        "/etc/ca-certificates/extracted/tls-ca-bundle.pem",
    ),
    (
        "alpine",
        "/usr/local/share/ca-certificates",
        "/usr/sbin/update-ca-certificates",
        "/etc/ssl/certs/ca-certificates.crt",
    ),
    (
        "",
        "/usr/syno/etc/security-profile/ca-bundle-profile/ca-certificates",
        "/usr/syno/bin/update-ca-certificates.sh",
        "/etc/ssl/certs/ca-certificates.crt",
    ),
    (
        "unknown",
        "/etc/pki/trust/anchors",
        "/usr/sbin/update-ca-certificates",
        "/var/lib/ca-certificates/ca-bundle.pem",
    ),
];

#[test]
fn every_family_gets_the_tree_that_the_program_makes() {
    for (id, folder, updater, bundle) in FAMILIES {
        let machine = machine!("client");
        let _pair = client(&machine);
        render(&machine, "shell", "").succeeded();
        // The updater of the family, as far as its files matter here: the bundle is made of the vendor's and of these.
        machine.sh(&format!(
            "rm -rf /usr/sbin/update-ca-certificates /usr/local/share/ca-certificates
            like=; case '{id}' in opensuse*) like=suse ;; esac
            printf 'ID=%s\\nID_LIKE=\"%s\"\\n' '{id}' \"$like\" >/etc/os-release
            mkdir -p {folder} $(dirname {bundle}) $(dirname {updater}); cp /etc/ssl/certs/ca-certificates.crt /root/vendor
            [ -e {bundle} ] || cp /root/vendor {bundle}"
        ))
        .succeeded();
        let stub = format!(
            "#!/bin/sh\ncat /root/vendor {folder}/* >{bundle}.new 2>/dev/null\nmv {bundle}.new {bundle}\n"
        );
        machine.write_with_mode(updater, "755", stub);
        let before = machine.manifest();
        let changes = || -> Vec<String> {
            let all = machine.changes_since(&before).into_iter();
            let is_state = |line: &String| {
                ["var/lib/labtrust", "root/.", "/volume1"].iter().any(|part| line.contains(part))
            };
            all.filter(|line| !is_state(line)).collect()
        };
        machine.sh(&format!("labtrust trust /root/ca.crt --for {REGISTRY} -y --store system")).succeeded();
        let by_program = changes();
        assert!(by_program.iter().any(|line| line.contains(folder)), "{id}: {by_program:?}");
        machine.run(["labtrust", "untrust"]).succeeded();
        assert_eq!(changes(), [""; 0], "{id}");
        let done = run(&machine, "sh", "");
        assert_eq!((done.code, done.state("system")), (0, "trusted"), "{id}: {}", done.said);
        let by_script =
            changes().into_iter().filter(|line| !line.contains("certs.d") && !line.contains("/docker:"));
        assert_eq!(by_script.collect::<Vec<_>>(), by_program, "{id}");
        run(&machine, "sh", "remove").ends_with(0, true);
        assert_eq!(changes(), [""; 0], "{id}");
    }
}

#[test]
fn the_script_and_the_program_undo_each_others_work() {
    let machine = machine!("client");
    let _pair = client(&machine);
    render(&machine, "shell", "").succeeded();
    let own = machine.sh(&format!("sed -n 's/^name_1=//p' {SCRIPT}")).succeeded().stdout.trim().to_owned();
    let before = machine.settled();
    // The script, and the program takes it back: also with the program's own run between them.
    for between in [
        "true",
        "labtrust trust /root/ca.crt --for mygitlab.example.com:4567 -y --store system --store docker",
    ] {
        run(&machine, "sh", "").ends_with(0, true);
        machine.sh(between).succeeded();
        machine.run(["labtrust", "untrust"]).succeeded();
        assert_eq!(machine.changes_since(&before), [""; 0], "{between}");
    }
    // The program, and the script takes it back; the program then finds nothing to do.
    let trust = format!("labtrust trust /root/ca.crt --for {REGISTRY} -y --store system --store docker");
    machine.sh(&trust).succeeded();
    run(&machine, "sh", "remove").ends_with(0, true);
    assert!(!machine.has(&format!("/usr/local/share/ca-certificates/{own}.crt")));
    machine.run(["labtrust", "untrust"]).succeeded();
    assert_eq!(machine.changes_since(&before), [""; 0]);
    // A stranger's file under our name comes back from both.
    let planted = format!("/usr/local/share/ca-certificates/{own}.crt");
    machine.write(&planted, "planted");
    machine.sh("update-ca-certificates").code();
    let before = machine.settled();
    run(&machine, "sh", "").ends_with(0, true);
    machine.run(["labtrust", "untrust"]).succeeded();
    assert_eq!((machine.read(&planted).as_str(), machine.changes_since(&before)), ("planted", Vec::new()));
    // Also where somebody damaged a file of the script, and the program repaired it.
    let planted = format!("/etc/docker/certs.d/{REGISTRY}/{own}.crt");
    machine.sh(&format!("mkdir -p /etc/docker/certs.d/{REGISTRY}")).succeeded();
    machine.write(&planted, "planted");
    let before = machine.settled();
    run(&machine, "sh", "").ends_with(0, true);
    machine.write(&planted, "damaged");
    machine.sh(&trust).succeeded();
    assert_ne!(machine.read(&planted), "damaged");
    machine.run(["labtrust", "untrust"]).succeeded();
    assert_eq!((machine.read(&planted).as_str(), machine.changes_since(&before)), ("planted", Vec::new()));
}

#[test]
fn a_removal_takes_back_all_that_the_record_has() {
    let machine = machine!("client");
    let _pair = client(&machine);
    let before = machine.settled();
    // Another registry than the one that the removal names.
    machine.sh("labtrust render /root/ca.crt --as shell --for b.mygitlab.example.com:5000 --for mygitlab.example.com:4567 -y -o /root/wide").succeeded();
    machine.sh("labtrust render /root/ca.crt --as shell --for mygitlab.example.com:4567 -y -o /root/narrow --remove").succeeded();
    machine.sh("sh /root/wide/labtrust-trust.sh").succeeded();
    let script = "/root/narrow/labtrust-trust.sh";
    let asked = Run::of(&machine.sh(&format!("sh {script} check")));
    assert_eq!(asked.code, 1, "something is left to remove: {}", asked.said);
    machine.sh(&format!("sh {script}")).succeeded();
    let is_rendered = |line: &String| !line.starts_with("/root/");
    let left = |machine: &Machine| {
        machine.changes_since(&before).into_iter().filter(is_rendered).collect::<Vec<_>>()
    };
    assert_eq!(left(&machine), [""; 0]);
    assert_eq!(Run::of(&machine.sh(&format!("sh {script} check"))).code, 0);

    // Runs that were killed between two steps: after the stranger's file was moved, before our file was whole, and after the
    // stranger's file was put back.
    let own = machine.sh(&format!("sed -n 's/^name_1=//p' {script}")).succeeded().stdout.trim().to_owned();
    let path = format!("/usr/local/share/ca-certificates/{own}.crt");
    machine.write(&path, "precious");
    machine.sh("update-ca-certificates").code();
    for killed in [
        format!("mv {path} $R/before/1; echo 'before 1 {path}' >$R/record"),
        format!(
            "mv {path} $R/before/1; printf 'before 1 {path}\\nput {path}\\n' >$R/record; touch {path}.labtrust-part"
        ),
        format!("printf 'before 1 {path}\\nput {path}\\n' >$R/record"),
    ] {
        machine.sh(&format!("R=/var/lib/labtrust/script; mkdir -p $R/before; {killed}")).succeeded();
        let run = Run::of(&machine.sh(&format!("sh {script}")));
        assert_eq!(run.code, 0, "{killed}: {}", run.said);
        assert_eq!(machine.read(&path), "precious", "{killed}");
        assert!(
            !machine.has("/var/lib/labtrust/script") && !machine.has(&format!("{path}.labtrust-part")),
            "{killed}"
        );
    }
}

#[test]
fn runs_wait_for_each_other_and_a_user_is_told_the_truth() {
    let machine = machine!("client");
    let _pair = client(&machine);
    render(&machine, "shell", "").succeeded();
    let before = machine.settled();
    let both = machine.sh(&format!(
        "sh {SCRIPT} >/tmp/1 2>&1 & busybox ash {SCRIPT} >/tmp/2 2>&1; wait; tail -qn 1 /tmp/1 /tmp/2"
    ));
    let changed = both.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let changed: Vec<_> =
        changed.map(|document| (document["code"].clone(), document["changed"].clone())).collect();
    assert!(
        changed.iter().all(|(code, _)| *code == 0)
            && changed.iter().filter(|(_, is)| *is == true).count() == 1,
        "{changed:?}"
    );
    // A lock whose process is gone holds nobody up.
    machine
        .sh("mkdir -p /var/lib/labtrust/script.lock && echo 999999 >/var/lib/labtrust/script.lock/pid")
        .succeeded();
    run(&machine, "sh", "").ends_with(0, false);
    machine.sh(&format!("cp {SCRIPT} /tmp/script && chmod 644 /tmp/script")).succeeded();
    let asked = Run::of(&machine.run_as("alice", ["sh", "/tmp/script", "check"]));
    assert_eq!(asked.code, 0, "{}", asked.said);
    run(&machine, "sh", "remove").ends_with(0, true);
    let asked = Run::of(&machine.run_as("alice", ["sh", "/tmp/script", "check"]));
    assert_eq!((asked.code, asked.state("system")), (3, "failed"), "root must do it: {}", asked.said);
    assert!(
        machine.changes_since(&before).iter().all(|line| !line.contains("labtrust")),
        "{:?}",
        machine.changes_since(&before)
    );
}
