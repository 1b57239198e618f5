//! The four ways of docs/containers.md, as they are written there, in containers of a real engine.

use std::{fs, path::Path};

use super::{fingerprint, serving};
use crate::lab::{Engine, HOST, Machine, Output};

/// An image with curl and the distribution's updater, made of this machine's own programs: nothing is pulled.
pub(crate) const IMAGE: &str = r#"set -e
root=$(mktemp -d)
programs="$(dpkg -L coreutils sed grep findutils debianutils dash mawk | grep -E '^(/usr)?/bin/') /usr/bin/curl /usr/bin/openssl"
mkdir -p $root/bin $root/usr/bin $root/usr/sbin $root/etc/ssl/certs $root/tmp $root/usr/local/share/ca-certificates
for program in $programs; do
    [ -e $program ] || continue
    for file in $program $(ldd $program 2>/dev/null | grep -o '/[^ ]*'); do
        [ -e $root$file ] || { mkdir -p $root${file%/*}; cp -L $file $root$file; }
    done
done
cp /usr/sbin/update-ca-certificates $root/usr/sbin/
cp /etc/ssl/openssl.cnf $root/etc/ssl/
mkdir -p $root/usr/share/ca-certificates/mozilla $root/usr/lib/ssl $root/etc/ca-certificates/update.d
cp /usr/share/ca-certificates/mozilla/ISRG_Root_X1.crt $root/usr/share/ca-certificates/mozilla/
echo mozilla/ISRG_Root_X1.crt >$root/etc/ca-certificates.conf
ln -s /etc/ssl/certs /etc/ssl/openssl.cnf $root/usr/lib/ssl/
cp $root/usr/share/ca-certificates/mozilla/ISRG_Root_X1.crt $root/etc/ssl/certs/ca-certificates.crt
tar -cf- -C $root . | docker import --change 'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin' - debian:12
rm -rf $root
"#;

/// The code blocks of the document in `language`.
fn blocks(language: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/containers.md");
    let text = fs::read_to_string(path).unwrap();
    let begin = format!("```{language}\n");
    let parts = text.split(&begin).skip(1);
    parts.map(|part| part.split("```").next().unwrap().to_owned()).collect()
}

fn fetch(machine: &Machine, options: &str, image: &str) -> Output {
    let url = format!("https://{HOST}/project.txt");
    machine.sh(&format!(
        "docker run --rm --network host {options} {image} curl --silent --show-error --fail {url}"
    ))
}

fn build(machine: &Machine, dockerfile: &str, (is_buildkit, options): (bool, &str), name: &str) -> Output {
    machine.write("/root/build/Dockerfile", dockerfile);
    let kind = u8::from(is_buildkit);
    let host = format!("--network host --add-host {HOST}:192.0.2.10");
    machine.sh(&format!(
        "cd /root/build; DOCKER_BUILDKIT={kind} docker build --no-cache {host} {options} --tag {name} ."
    ))
}

#[test]
fn the_four_ways_of_the_document_hold_in_real_containers() {
    let machine = machine!("builder");
    machine.without_hooks();
    let _engine = Engine::start(&machine);
    let (pair, sha256) = serving(&machine);
    machine.write("/var/www/html/project.txt", "hello\n");
    let conf = crate::lab::NGINX;
    let served = "s,location / {,location = /project.txt { root /var/www/html; }\\n        location / {,";
    machine.sh(&format!("sed -i '0,/location/{served}' {conf}")).succeeded();
    crate::lab::hup(&machine);
    assert_eq!(sha256, fingerprint(&machine, &pair.root));
    machine.sh(IMAGE).succeeded();
    // A container that uses GitLab is named: the machine's stores do not serve it.
    let worker =
        format!("--name worker --env CI_SERVER_URL=https://{HOST}/ --network host debian:12 sleep 600");
    machine.sh(&format!("docker run --detach {worker}")).succeeded();
    let trusted = machine.run(["labtrust", "trust", HOST, "--fingerprint", &sha256]);
    machine.run(["docker", "rm", "--force", "worker"]).succeeded();
    trusted
        .succeeded()
        .says("containers that use mygitlab.example.com and have trust stores of their own: worker")
        .says("if docker build failed before, it fails until you");
    machine
        .run(["curl", "--silent", "--fail", &format!("https://{HOST}/project.txt")])
        .succeeded()
        .says("hello");
    fetch(&machine, "", "debian:12").exited(60).says("certificate");

    // A build stage, with either builder.
    let dockerfiles = blocks("dockerfile");
    machine.write("/root/build/ca.crt", &pair.root);
    for is_buildkit in [false, true] {
        build(&machine, &dockerfiles[0], (is_buildkit, ""), "stage").succeeded();
        fetch(&machine, "", "stage").succeeded().says("hello");
    }

    // A mounted bundle.
    let commands = blocks("sh");
    let options =
        commands[0].trim().strip_prefix("docker run ").and_then(|rest| rest.strip_suffix(" debian:12"));
    fetch(&machine, options.expect("options and the image"), "debian:12").succeeded().says("hello");
    assert!(blocks("yaml")[0].contains(options.unwrap().strip_prefix("--volume ").unwrap()));

    // A runner's volume.
    let settings = &blocks("toml")[0];
    let list = settings.lines().find(|line| line.contains("volumes = [")).expect("volumes");
    let volumes: Vec<_> =
        list.split('"').skip(1).step_by(2).map(|volume| format!("--volume {volume}")).collect();
    assert_eq!(volumes.len(), 2, "{settings}");
    fetch(&machine, &volumes.join(" "), "debian:12").succeeded().says("hello");

    // A secret of the build: the step has the CA, the image does not.
    let secret = commands[1].trim().strip_prefix("docker build ").and_then(|rest| rest.strip_suffix(" ."));
    build(&machine, &dockerfiles[1], (true, secret.expect("options")), "secret").succeeded();
    fetch(&machine, "", "secret").exited(60).says("certificate");
    let bundles = ["debian:12", "secret"].map(|image| {
        machine
            .sh(&format!("docker run --rm {image} cat /etc/ssl/certs/ca-certificates.crt"))
            .succeeded()
            .stdout
    });
    assert_eq!(bundles[0], bundles[1]);
    let without =
        dockerfiles[1].lines().filter(|line| !line.contains("--mount")).collect::<Vec<_>>().join("\n");
    build(&machine, &without.replace("    curl", "RUN curl"), (true, ""), "without").exited(1);
}
