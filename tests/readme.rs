//! The examples of README and docs show the same on every machine that runs the tests.

use crate::lab_selftest::apart::{machines_can_be_hosts, run_test_in_chroot};

/// What a machine may have that runs these tests: CAs that people added and removed, engines, a GitLab, a cron,
/// and labtrust itself in use.
const FULL_HOST: &str = r#"
cp /usr/share/ca-certificates/mozilla/*X1.crt /usr/local/share/ca-certificates/added.crt
cp /usr/share/ca-certificates/mozilla/*X2.crt /usr/local/share/ca-certificates/removed.crt
update-ca-certificates
rm /usr/local/share/ca-certificates/removed.crt
labtrust setup mygitlab.example.com --prepare /srv/gitlab
mkdir -p /etc/docker/certs.d/mygitlab.example.com:4567 /etc/systemd/system/docker.service.d /etc/cron.d
cp /usr/local/share/ca-certificates/added.crt /etc/docker/certs.d/mygitlab.example.com:4567/ca.crt
echo '{"insecure-registries": ["mygitlab.example.com:4567"]}' >/etc/docker/daemon.json
printf '[Service]\nEnvironment=HTTPS_PROXY=http://192.0.2.9:1\n' >/etc/systemd/system/docker.service.d/other.conf
echo 'HTTPS_PROXY=http://192.0.2.9:1' >>/etc/environment
for program in /usr/sbin/cron /usr/bin/podman /opt/gitlab/bin/gitlab-ctl; do
    mkdir -p ${program%/*}
    printf '#!/bin/sh\n' >$program
    chmod 755 $program
done
mkdir -p /etc/gitlab /var/lib/docker/image /opt/docker-desktop
echo "external_url 'https://gitlab.example.org'" >/etc/gitlab/gitlab.rb"#;

#[test]
fn the_examples_do_not_depend_on_the_machine_that_runs_them() {
    if machines_can_be_hosts() {
        let host = machine!("host");
        host.sh(&format!("set -e\n{FULL_HOST}")).succeeded();
        run_test_in_chroot(&host, "examples::every_example_shows_what_happens");
    }
}
