//! GitLab in a container: found by asking the engine, its pair in the volume, read again through the engine.

mod kept;
mod published;

use crate::lab::{Containers, Engine, HOST, Machine, Manager, Release};

/// Names the leaf that is served on this machine's port.
fn served(machine: &Machine, port: u16) -> String {
    let script = "openssl s_client -connect 127.0.0.1:$0 -servername mygitlab.example.com </dev/null 2>/dev/null | openssl x509";
    machine.run(["sh", "-c", script, &port.to_string()]).succeeded().stdout
}

#[test]
fn the_pair_goes_into_the_volume_and_is_served_on_the_published_ports() {
    let machine = machine!("nas");
    let engine = Engine::start(&machine);
    let containers = Containers::prepare(&machine, &engine);
    let ports = ["--publish", "443:443", "--publish", "4567:4567"];
    containers.run([&["--name", "gitlab"][..], &ports].concat()).succeeded();
    let before = machine.settled();
    let made = machine.run(["labtrust", "setup", "--no-trust", "-v"]).succeeded();
    made.says("/srv/gitlab/config/ssl/mygitlab.example.com.crt");
    let leaf = machine.read(&format!("/srv/gitlab/config/ssl/{HOST}.crt"));
    for port in [443, 4567] {
        assert!(leaf.contains(served(&machine, port).trim()), "{port}");
    }
    let calls = machine.run(["docker", "exec", "gitlab", "cat", "/var/log/gitlab/gitlab-ctl.log"]);
    calls.succeeded().says("hup nginx").says("reconfigure");
    machine.run(["labtrust", "setup", "--no-trust"]).succeeded().says("nothing was changed");
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    let left: Vec<_> = machine
        .changes_since(&before)
        .into_iter()
        .filter(|line| !line.contains("/var/lib/docker/"))
        .collect();
    assert_eq!(left, [""; 0]);
}

/// The commands of `next` that concern this machine, to be run by a shell as they stand.
fn next(report: &str) -> String {
    let report: serde_json::Value = serde_json::from_str(report).unwrap();
    let lines = report["next"].as_array().unwrap().iter().map(|line| line.as_str().unwrap());
    let lines: Vec<_> = lines.filter(|line| !line.starts_with("labtrust ")).collect();
    lines.join("\n")
}

/// What is left to a person under the words `what`.
fn by_hand(report: &str, what: &str) -> serde_json::Value {
    let report: serde_json::Value = serde_json::from_str(report).unwrap();
    let mut all = report["by_hand"].as_array().unwrap().iter();
    all.find(|one| one["what"].as_str().unwrap().contains(what)).unwrap_or_else(|| panic!("{report}")).clone()
}

#[test]
fn a_port_that_is_not_published_is_published_by_the_commands_that_are_printed() {
    let machine = machine!("nas");
    let engine = Engine::start(&machine);
    let containers = Containers::prepare(&machine, &engine);
    let settings = "GITLAB_OMNIBUS_CONFIG=gitlab_rails['initial_root_password'] = \"hunter2's\"\ngitlab_rails['time_zone'] = 'UTC'";
    let more = ["--name", "gitlab", "--publish", "443:443", "--restart", "always", "--env", settings];
    let options = ["--hostname", HOST, "--shm-size", "256m", "--label", "backup=daily at 3"];
    containers.run([&more[..], &options].concat()).succeeded();
    let planned = machine.run(["labtrust", "setup", "--no-trust", "--dry-run"]).exited(1);
    planned.says("--publish 4567:4567");
    let made = machine.run(["labtrust", "setup", "--no-trust", "--json"]).exited(4);
    assert!(!format!("{made}").contains("hunter2"), "{made}");
    let lines = next(&made.stdout);
    assert!(lines.contains("docker run ") && lines.contains("--publish 4567:4567"), "{lines}");

    let before = inspected(&machine);
    machine.sh(&format!("set -e\n{lines}")).succeeded();
    machine.run(["labtrust", "setup", "--no-trust", "-v"]).succeeded().says(&format!("{HOST}:4567"));
    let leaf = machine.read(&format!("/srv/gitlab/config/ssl/{HOST}.crt"));
    for port in [443, 4567] {
        assert!(leaf.contains(served(&machine, port).trim()), "{port}");
    }
    // All else is as it was.
    let mut after = inspected(&machine);
    after["HostConfig"]["PortBindings"].as_object_mut().unwrap().remove("4567/tcp");
    after["Config"]["ExposedPorts"].as_object_mut().unwrap().remove("4567/tcp");
    for part in ["Config", "HostConfig"] {
        assert_eq!(before[part], after[part], "{part}");
    }
    machine
        .run(["docker", "inspect", "--format", "{{.State.Status}}", "gitlab-before"])
        .succeeded()
        .says("exited");
    // And the way back.
    let back = &by_hand(&made.stdout, "if it does not work")["commands"];
    let back: Vec<_> = back.as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    machine.sh(&format!("set -e\n{}", back.join("\n"))).succeeded();
    assert_eq!(inspected(&machine)["HostConfig"], before["HostConfig"]);
}

#[test]
fn a_project_of_composes_is_changed_by_the_line_and_the_command_that_are_printed() {
    let machine = machine!("nas");
    let engine = Engine::start_as(&machine, Release::Current, Manager::Init);
    let containers = Containers::prepare(&machine, &engine);
    containers.compose();
    let made = machine.run(["labtrust", "setup", "--no-trust", "--json"]).exited(4);
    let lines = next(&made.stdout);
    let edit = by_hand(&made.stdout, "in /srv/gitlab/compose.yaml, below `ports:` of the service web, add");
    let port = edit["lines"][0].as_str().unwrap().trim().strip_prefix("- ").unwrap();
    let (file, published) = ("/srv/gitlab/compose.yaml", "      - \"443:443\"\n");
    let text = machine.read(file).replace(published, &format!("{published}      - {port}\n"));
    machine.write(file, text);
    machine.sh(&format!("set -e\n{lines}")).succeeded();
    machine.run(["labtrust", "setup", "--no-trust", "-v"]).succeeded().says(&format!("{HOST}:4567"));
    let leaf = machine.read(&format!("/srv/gitlab/config/ssl/{HOST}.crt"));
    for port in [443, 4567] {
        assert!(leaf.contains(served(&machine, port).trim()), "{port}");
    }
    let made = machine.run(["labtrust", "setup", "--no-trust", "--json"]).succeeded();
    assert_eq!(next(&made.stdout), "");
}

/// What the engine says of the container, without what it wrote itself: the volumes' names stay.
fn inspected(machine: &Machine) -> serde_json::Value {
    let said = machine.run(["docker", "inspect", "--format", "{{json .}}", "gitlab"]).succeeded().stdout;
    let mut value: serde_json::Value = serde_json::from_str(&said).unwrap();
    // What the image keeps in a volume without a name is named from then on.
    let binds = value["HostConfig"]["Binds"].as_array_mut().unwrap();
    binds.retain(|bind| bind.as_str().unwrap().starts_with("/srv/"));
    binds.sort_by_key(ToString::to_string); // the engine has them in no order
    value
}

#[test]
fn on_a_nas_whose_own_web_server_holds_443_the_free_port_and_dsms_own_way_are_named() {
    let machine = machine!("nas");
    machine.write("/etc.defaults/VERSION", "majorversion=\"7\"\nproductversion=\"7.2.1\"\n");
    machine
        .write("/usr/syno/share/nginx/server.mustache", "server {\n    listen 444 default_server ssl;\n}\n");
    machine.write(
        "/tmp/dsm.conf",
        "pid /tmp/dsm.pid; events {} http { access_log off; server { listen 443; } }",
    );
    machine.run(["nginx", "-c", "/tmp/dsm.conf"]).succeeded();
    let fresh = ["labtrust", "setup", HOST, "--prepare", "/srv/new", "--no-trust", "--state", "/tmp/fresh"];
    machine
        .run(fresh)
        .succeeded()
        .says(&format!("GitLab is at https://{HOST}:8443; 443 is used by DSM's own nginx"));
    let engine = Engine::start(&machine);
    let containers = Containers::prepare(&machine, &engine);
    containers.run(["--name", "gitlab", "--publish", "8443:443", "--publish", "4567:4567"]).succeeded();
    let made = machine.run(["labtrust", "setup", "--no-trust"]).exited(4);
    let made = made.says("leads to port 443 of this machine, used by DSM's own nginx");
    let made = made.says("/usr/syno/share/nginx/server.mustache was edited");
    made.says(&format!("labtrust setup {HOST} --out DIR"));
    let out =
        ["labtrust", "setup", HOST, "--out", "/volume1/tls", "--no-trust", "--json", "--state", "/tmp/state"];
    let report = machine.run(out).succeeded().stdout;
    by_hand(&report, "Control Panel > Security > Certificate");
    let steps = next(&report);
    machine.sh(&format!("set -e\n{steps}")).succeeded();
    let verify = "cd /volume1/tls && labtrust export --state /tmp/state >root.crt && \
                  openssl verify -CAfile root.crt -untrusted $0.chain.crt $0.leaf.crt";
    machine.run(["sh", "-c", verify, HOST]).succeeded();
}

#[test]
fn a_gitlab_rb_that_is_mounted_alone_and_what_it_reads_are_the_settings() {
    let machine = machine!("nas");
    let engine = Engine::start(&machine);
    let containers = Containers::prepare(&machine, &engine);
    // The engine makes this placeholder in the volume.
    machine.write("/srv/gitlab/config/gitlab.rb", "");
    machine.write("/srv/gitlab/own.rb", format!("external_url 'https://{HOST}'\n"));
    machine.write("/srv/gitlab/site.rb", format!("registry_external_url 'http://{HOST}:5050'\n"));
    let volumes = [
        "--volume",
        "/srv/gitlab/own.rb:/etc/gitlab/gitlab.rb:ro",
        "--volume",
        "/srv/gitlab/site.rb:/site.rb",
    ];
    let more = ["--name", "gitlab", "--env", "GITLAB_OMNIBUS_CONFIG=from_file('/site.rb')"];
    let ports = ["--publish", "443:443", "--publish", "5050:5050"];
    containers.run([&more[..], &volumes, &ports].concat()).succeeded();
    let before = machine.read("/srv/gitlab/own.rb");
    let made = machine.run(["labtrust", "setup", "--no-trust", "--json"]).exited(4);
    assert_eq!(machine.read("/srv/gitlab/own.rb"), before);
    assert_eq!(machine.read("/srv/gitlab/config/gitlab.rb"), "");
    let add = by_hand(&made.stdout, "add to /srv/gitlab/own.rb");
    let lines: Vec<_> = add["lines"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert!(lines.contains(&&*format!("registry_external_url 'https://{HOST}:5050'")), "{lines:?}");
    // What is printed is done, word for word.
    machine.write("/srv/gitlab/own.rb", format!("{before}{}\n", lines.join("\n")));
    machine.sh(&next(&made.stdout)).succeeded();
    let wait = "for i in $(seq 100); do curl -sk -o /dev/null https://127.0.0.1:5050/ && exit; sleep 0.1; done; exit 1";
    machine.sh(wait).succeeded();
    let made = machine.run(["labtrust", "setup", "--no-trust", "--json"]).succeeded();
    assert_eq!(next(&made.stdout), "");
    let leaf = machine.read(&format!("/srv/gitlab/config/ssl/{HOST}.crt"));
    for port in [443, 5050] {
        assert!(leaf.contains(served(&machine, port).trim()), "{port}");
    }
}

#[test]
fn what_only_ruby_can_tell_is_asked_of_gitlabs_own_ruby_in_the_container() {
    let machine = machine!("nas");
    let engine = Engine::start(&machine);
    let containers = Containers::prepare(&machine, &engine);
    let theirs =
        "external_url \"https://#{ENV['NAME']}\"\nregistry_external_url \"http://#{ENV['NAME']}:5050\"\n";
    machine.write("/srv/gitlab/config/gitlab.rb", theirs);
    let name = format!("NAME={HOST}");
    let ports = ["--publish", "443:443", "--publish", "5050:5050"];
    containers.run([&["--name", "gitlab", "--env", &*name][..], &ports].concat()).succeeded();
    let unnamed = machine.run(["labtrust", "setup", "--no-trust"]).exited(3);
    unnamed
        .says("it takes the value from the environment")
        .says(&format!("pass it: labtrust setup {HOST}\n"));
    let refused = machine.run(["labtrust", "setup", HOST, "--no-trust"]).exited(3);
    refused.says(&format!(
        "gitlab.rb:2 sets `registry_external_url \"http://#{{ENV['NAME']}}:5050\"` (Ruby computes \
         'http://{HOST}:5050'); it has to be `registry_external_url 'https://{HOST}:5050'`"
    ));
    assert_eq!(machine.read("/srv/gitlab/config/gitlab.rb"), theirs);
    machine.run(["labtrust", "setup", HOST, "--no-trust", "--replace"]).succeeded();
    let after = machine.read("/srv/gitlab/config/gitlab.rb");
    assert!(after.starts_with(theirs) && !after.contains("\nexternal_url 'https:"), "{after}");
    let leaf = machine.read(&format!("/srv/gitlab/config/ssl/{HOST}.crt"));
    for port in [443, 5050] {
        assert!(leaf.contains(served(&machine, port).trim()), "{port}");
    }
    machine.run(["labtrust", "setup", HOST, "--no-trust"]).succeeded().says("nothing was changed");
}

#[test]
fn the_file_overrides_the_environment_of_the_container() {
    let machine = machine!("nas");
    let engine = Engine::start(&machine);
    let containers = Containers::prepare(&machine, &engine);
    let settings = "GITLAB_OMNIBUS_CONFIG=external_url 'https://old.example.com'; gitlab_kas_external_url 'wss://kas.example.com'";
    let ports = ["--publish", "443:443", "--publish", "4567:4567"];
    containers.run([&["--name", "gitlab", "--env", settings][..], &ports].concat()).succeeded();
    let made = machine.run(["labtrust", "setup", "--no-trust", "--json"]).succeeded();
    let report: serde_json::Value = serde_json::from_str(&made.stdout).unwrap();
    assert_eq!(report["names"], serde_json::json!([HOST, "kas.example.com"]));
    assert!(machine.has("/srv/gitlab/config/ssl/kas.example.com.crt"));
}

#[test]
fn settings_that_come_from_the_environment_are_overridden_in_the_file_and_ssh_keeps_its_port() {
    let machine = machine!("nas");
    let engine = Engine::start(&machine);
    let containers = Containers::prepare(&machine, &engine);
    machine.write("/srv/gitlab/config/gitlab.rb", "# external_url 'GENERATED_EXTERNAL_URL'\n");
    machine.sh("python3 -m http.server 22 >/dev/null 2>&1 &").succeeded();
    machine
        .sh("for i in $(seq 100); do curl -s -o /dev/null localhost:22 && exit; sleep 0.05; done; exit 1")
        .succeeded();
    let settings =
        "GITLAB_OMNIBUS_CONFIG=external_url 'http://mygitlab.example.com'; letsencrypt['enable'] = false";
    let ports = ["--publish", "443:443", "--publish", "4567:4567", "--publish", "2222:22"];
    containers.run([&["--name", "gitlab", "--env", settings][..], &ports].concat()).succeeded();
    machine.run(["labtrust", "setup", "--no-trust"]).succeeded();
    let written = machine.read("/srv/gitlab/config/gitlab.rb");
    let expected = "external_url 'https://mygitlab.example.com'\n\
                    # labtrust settings begin\n\
                    registry_external_url 'https://mygitlab.example.com:4567'\n\
                    nginx['redirect_http_to_https'] = true\n\
                    gitlab_rails['gitlab_shell_ssh_port'] = 2222\n\
                    # labtrust settings end\n";
    assert_eq!(written, expected);
    let leaf = machine.read(&format!("/srv/gitlab/config/ssl/{HOST}.crt"));
    assert!(leaf.contains(served(&machine, 443).trim()));
    machine.run(["labtrust", "setup", "--undo"]).succeeded();
    assert_eq!(machine.read("/srv/gitlab/config/gitlab.rb"), "# external_url 'GENERATED_EXTERNAL_URL'\n");
}
