//! A fleet: machines with an SSH server each, and one that manages them with Ansible, which is not on the others. A cable
//! leads from it to each of them.

use super::machine::Machine;
use super::process::Output;
use super::tree::Manifest;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Where `scripts/install-fleet` puts Ansible and its judges.
const PROGRAMS: &str = "/var/cache/labtrust-fleet/venv/bin";

/// The folder of the inventory and of what is rendered, on the machine that manages the others.
const FOLDER: &str = "/root/rendered";

/// An SSH server for root and for `ops`, who may use sudo.
const SERVER: &str = r#"
useradd --create-home --shell /bin/sh --password '*' ops 2>/dev/null
echo 'ops ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ops
for home in /root /home/ops; do
    install -D -m 600 -o "$(stat -c %u $home)" /dev/stdin $home/.ssh/authorized_keys </tmp/key.pub
    chown -R "$(stat -c %u $home)" $home/.ssh
done
mkdir -p /run/sshd
chmod 600 /tmp/key
"#;

const START: &str =
    "/usr/sbin/sshd -f /dev/null -h /tmp/key -o PermitRootLogin=yes -o UsePAM=no -o MaxStartups=100";

/// A kind of machine: what is done to it before the SSH server starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub name: &'static str,
    pub script: &'static str,
}

impl Kind {
    pub(crate) const PLAIN: Self = Self { name: "plain", script: "" };
    /// Nothing listens there.
    pub(crate) const DOWN: Self = Self { name: "down", script: "" };
    /// The folders that are written have no free page.
    pub(crate) const FULL: Self = Self {
        name: "full",
        script: "for folder in /var/lib/labtrust /usr/local/share/ca-certificates /etc/docker; do
            mkdir -p $folder && mount -t tmpfs -o size=16k full $folder
            cat /dev/zero >$folder/filler 2>/dev/null
        done",
    };
    pub(crate) const READ_ONLY: Self =
        Self { name: "roetc", script: "mount --bind /etc /etc && mount -o remount,bind,ro /etc" };
    pub(crate) const NO_PYTHON: Self = Self {
        name: "nopython",
        script: "rm -rf /usr/bin/python* /usr/local/bin/python* /var/cache/labtrust-fleet",
    };
    /// Busybox in the place of all programs of `/usr/bin`, with what the updater takes.
    pub(crate) const BUSYBOX: Self = Self {
        name: "busybox",
        script: "mkdir /run/bin && cp -a /usr/bin/openssl /usr/bin/docker /run/bin
            cp /usr/bin/busybox /run/bin/busybox
            for applet in $(busybox --list); do ln -s busybox /run/bin/$applet; done
            sed -i 's|/bin/bash|/bin/sh|' /etc/passwd
            mount --bind /run/bin /usr/bin
            update-ca-certificates >/dev/null 2>&1",
    };
    pub(crate) const HANGS: Self = Self::updater("hang", "sleep 4321 & sleep 4321");
    pub(crate) const FAILS: Self = Self::updater("fails", "echo broken by hand >&2; exit 1");
    pub(crate) const LIES: Self = Self::updater("lies", "exit 0");
    /// Somebody else's CA under the usual names.
    pub(crate) const FOREIGN: Self = Self {
        name: "foreign",
        script:
            "for folder in /usr/local/share/ca-certificates /etc/docker/certs.d/mygitlab.example.com:4567; do
            install -D -m 640 /tmp/other.crt $folder/ca.crt
        done
        update-ca-certificates >/dev/null 2>&1",
    };
    /// A link at the name of our own file.
    pub(crate) const LINK: Self = Self {
        name: "link",
        script: "echo precious >/root/target
            ln -s /root/target /usr/local/share/ca-certificates/labtrust-$(cat /tmp/short).crt
            update-ca-certificates >/dev/null 2>&1",
    };
    /// sudo requires a terminal.
    pub(crate) const TERMINAL: Self =
        Self { name: "tty", script: "echo 'Defaults requiretty' >/etc/sudoers.d/tty" };

    /// An updater that takes no time, so that the time of the tool is seen.
    pub(crate) const STUB: Self = Self {
        name: "stub",
        script: "cp /etc/ssl/certs/ca-certificates.crt /root/bundle
            printf '#!/bin/sh\ncat /root/bundle /usr/local/share/ca-certificates/*.crt >/etc/ssl/certs/ca-certificates.crt\n' \
                >/usr/sbin/update-ca-certificates",
    };

    const fn updater(name: &'static str, script: &'static str) -> Self {
        Self { name, script }
    }

    fn is_updater(self) -> bool {
        ["hang", "fails", "lies"].contains(&self.name)
    }

    /// The user as whom the machine is managed.
    fn user(self) -> &'static str {
        if self.name == "tty" || self.name == "link" { "ops" } else { "root" }
    }
}

/// A machine of the fleet, as it was before anything was rolled out.
pub(crate) struct Host {
    pub machine: Machine,
    pub kind: Kind,
    pub name: String,
    before: Manifest,
}

impl Host {
    /// What changed since the fleet was started.
    pub(crate) fn changes(&self) -> Vec<String> {
        self.machine.changes_since(&self.before)
    }

    /// Puts the distribution's updater back in the place of one that fails.
    pub(crate) fn repair(&self) {
        self.machine.sh("mv /root/updater /usr/sbin/update-ca-certificates").succeeded();
    }
}

/// The machines, and the one that manages them.
pub(crate) struct Fleet {
    pub control: Machine,
    pub hosts: Vec<Host>,
}

impl Fleet {
    /// Starts a machine of each kind, beside `control`, which holds a CA in `/root/ca.crt`.
    ///
    /// # Errors
    /// As for [`Machine::new`].
    pub(crate) fn start(control: Machine, kinds: &[Kind]) -> Result<Self, String> {
        let short = "openssl x509 -in /root/ca.crt -outform DER | sha256sum | cut -c 1-16";
        let short = control.sh(short).succeeded().stdout;
        control
            .sh("mkdir -p /root/.ssh && ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519")
            .succeeded();
        let key = control.read("/root/.ssh/id_ed25519");
        let public = control.read("/root/.ssh/id_ed25519.pub");
        let other = super::Pair::made(&control, &["other.example"], super::Validity::Current).root;
        let mut hosts = Vec::new();
        for (number, kind) in kinds.iter().enumerate() {
            let name = format!("{}{number}", kind.name);
            let machine = Machine::new(&name)?;
            for (path, text) in
                [("key", &key), ("key.pub", &public), ("short", &short), ("other.crt", &other)]
            {
                machine.write(&format!("/tmp/{path}"), text);
            }
            let script = if kind.is_updater() { "" } else { kind.script };
            machine.sh(&format!("rm -f /etc/ca-certificates/update.d/*\n{SERVER}\n")).succeeded();
            machine.run(["update-ca-certificates"]).succeeded();
            machine.sh(script).code();
            if kind.is_updater() {
                machine.sh("mv /usr/sbin/update-ca-certificates /root/updater").succeeded();
                let stub = format!("#!/bin/sh\n{}\n", kind.script);
                machine.write_with_mode("/usr/sbin/update-ca-certificates", "755", stub);
            }
            if kind.name != "down" {
                machine.sh(START).succeeded();
            }
            control.connect(&machine, &format!("192.0.2.{}", 20 + number));
            let before = machine.manifest();
            hosts.push(Host { machine, kind: *kind, name, before });
        }
        let fleet = Self { control, hosts };
        fleet.inventory();
        Ok(fleet)
    }

    /// Writes the inventory, and Ansible's settings.
    fn inventory(&self) {
        let mut text = String::new();
        for (number, Host { kind, name, .. }) in self.hosts.iter().enumerate() {
            // Writing into a string cannot fail.
            let _ =
                writeln!(text, "{name} ansible_host=192.0.2.{} ansible_user={}", 20 + number, kind.user());
        }
        self.control.write(&format!("{FOLDER}/inventory"), text);
        self.control.write(
            "/root/.ssh/config",
            "StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nLogLevel ERROR\nConnectTimeout 5\n",
        );
    }

    /// The host of this kind.
    pub(crate) fn host(&self, kind: Kind) -> &Host {
        self.hosts.iter().find(|host| host.kind.name == kind.name).unwrap()
    }

    /// Runs a line in the folder of what was rendered, with Ansible's programs in reach.
    pub(crate) fn sh(&self, line: &str) -> Output {
        let path = format!("{PROGRAMS}:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin");
        self.control
            .command(["sh", "-c", &format!("cd {FOLDER} && {line}")])
            .env("PATH", &path)
            .env("ANSIBLE_COLLECTIONS_PATH", FOLDER)
            .env("ANSIBLE_FORKS", "20")
            .env("ANSIBLE_NOCOLOR", "1")
            .run()
    }

    /// Runs the rendered playbook with more options, and returns each host's line.
    pub(crate) fn play(&self, options: &str) -> BTreeMap<String, serde_json::Value> {
        let line = format!(
            "ANSIBLE_STDOUT_CALLBACK=labtrust.trust.jsonl ansible-playbook -i inventory trust.yml {options}"
        );
        let output = self.sh(&line);
        // The first line names the hosts.
        let lines = output.stdout.lines().skip(1).map(|line| {
            let line: serde_json::Value =
                serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}: {output}"));
            (line["host"].as_str().unwrap().to_owned(), line)
        });
        lines.collect()
    }
}
