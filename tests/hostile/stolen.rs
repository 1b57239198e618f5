//! A thief of the intermediate's key serves in GitLab's place, and announces a root of the thief's own: a client that
//! runs its ordinary line gains no root that is wider than the one it was told.

use crate::{
    lab::{Gitlab, HOST, Machine, hup},
    setup::client_line,
};

const CERTIFICATE: &str = "/etc/gitlab/ssl/mygitlab.example.com.crt";

/// Makes `thief.pem` of a root, and of what the stolen key vouches for it with. `$1` are the root's other extensions,
/// `$2` the day that it ends.
const STEAL: &str = r#"
    cd /tmp && authority=/var/lib/labtrust/authority
    cat >thief.cnf <<CONFIG
[req]
distinguished_name = name
prompt = no
[name]
O = labtrust
CN = the next root
[root]
$1
subjectKeyIdentifier = hash
[ca]
default_ca = thief
[thief]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
policy = any
default_md = sha256
[any]
organizationName = optional
commonName = optional
CONFIG
    : >index.txt
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout thief.key -config thief.cnf -out thief.csr
    openssl ca -batch -notext -config thief.cnf -extensions root -preserveDN -startdate 20260101000000Z -enddate "$2" \
        -selfsign -keyfile thief.key -in thief.csr -out thief.crt
    openssl ca -batch -notext -config thief.cnf -extensions root -preserveDN -startdate 20260101000000Z -enddate 20350101000000Z \
        -cert $authority/intermediates.crt -keyfile $authority/intermediate.key -in thief.csr -out voucher.crt
    cat voucher.crt thief.crt >thief.pem
"#;

const USAGES: &str = "basicConstraints=critical,CA:TRUE,pathlen:1\nkeyUsage=critical,keyCertSign,cRLSign\n\
                      extendedKeyUsage=serverAuth";
const LIMITS: &str = "nameConstraints=critical,permitted;DNS:mygitlab.example.com,\
                      permitted;email:none.invalid,permitted;URI:none.invalid,excluded;IP:0.0.0.0/0.0.0.0,\
                      excluded;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0";
const END: &str = "20360101000000Z";

fn steal(machine: &Machine, extensions: &str, end: &str) {
    machine.run(["sh", "-eu", "-c", STEAL, "steal", extensions, end]).succeeded();
}

#[test]
fn a_thief_of_the_key_announces_no_wider_root() {
    let machine = machine!("gitlab");
    machine.without_hooks();
    machine.without_docker();
    let _gitlab = Gitlab::start(&machine);
    let line = client_line(&machine.run(["labtrust", "setup", "--no-trust"]).succeeded().stdout);
    let served = machine.read(CERTIFICATE);
    let before = machine.settled();
    let announce = |extensions: &str, end: &str| {
        steal(&machine, extensions, end);
        machine.write(CERTIFICATE, format!("{served}{}", machine.read("/tmp/thief.pem")));
        hup(&machine);
        machine.read("/tmp/thief.crt")
    };
    let ca = |usages: &str| format!("{usages}\n{LIMITS}");
    for (extensions, end, says) in [
        ("basicConstraints=critical,CA:TRUE".to_owned(), "99991231235959Z", "ends later than a rotation"),
        (ca(USAGES), "99991231235959Z", "ends later than a rotation"),
        (USAGES.to_owned(), END, "it can sign more names"),
        (ca(USAGES).replace("mygitlab.example.com", "example.com"), END, "it can sign more names"),
        (
            ca(USAGES).replace("DNS:mygitlab.example.com", "DNS:com,excluded;DNS:."),
            END,
            "it can sign more names",
        ),
        (ca(USAGES).replace("critical,permitted", "permitted"), END, "it can sign more names"),
        (ca(USAGES).replace("permitted;email:none.invalid,", ""), END, "fewer types of name"),
        (ca(USAGES).replace("permitted;URI:none.invalid,", ""), END, "fewer types of name"),
        (ca(USAGES).replace(",pathlen:1", ""), END, "path length"),
        (ca(USAGES).replace("extendedKeyUsage=serverAuth", ""), END, "extended key usage"),
        (ca(USAGES).replace("serverAuth", "serverAuth,clientAuth"), END, "extended key usage"),
        (ca(USAGES).replace("cRLSign", "cRLSign,digitalSignature"), END, "its key may be used for more"),
    ] {
        let root = announce(&extensions, end);
        machine.run(line.clone()).exited(1).says("it is less limited than the current CA").says(says);
        let bundle = machine.read("/etc/ssl/certs/ca-certificates.crt");
        assert!(!bundle.contains(root.trim()), "{extensions}");
    }
    // What a voucher cannot tell: one of the same limits is taken, since a rotation looks just like it.
    let root = announce(&ca(USAGES), END);
    machine.run(line).succeeded().says("Next CA").says(&format!("can sign  {HOST} and"));
    assert!(machine.read("/etc/ssl/certs/ca-certificates.crt").contains(root.trim()));
    machine.run(["labtrust", "untrust", "--all"]).succeeded();
    machine.write(CERTIFICATE, &served);
    hup(&machine);
    let left: Vec<_> =
        machine.changes_since(&before).into_iter().filter(|line| !line.starts_with("/tmp/")).collect();
    assert_eq!(left, [""; 0]);
}
