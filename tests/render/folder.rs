//! The folder of a rendering: what is no longer rendered goes, and nothing else.

use super::*;

#[test]
fn a_rendering_removes_what_it_no_longer_makes_and_nothing_else() {
    let machine = machine!("client");
    let _pair = client(&machine);
    let other = Pair::constrained(&machine, &[HOST]).root;
    machine.write("/root/other.crt", &other);
    let sha256 = "$(openssl x509 -in /root/other.crt -outform DER | sha256sum | cut -c 1-64)";
    let also = format!("--also /root/other.crt --also-fingerprint {sha256}");
    let files = || machine.sh("cd /root/rendered && find . -type f | sort").succeeded().stdout;
    render(&machine, "dockerfile", "").succeeded();
    let one = files();
    render(&machine, "firefox-policies", "").succeeded();
    render(&machine, "dockerfile", &also).succeeded();
    machine.sh("cd /root/rendered && sha256sum --quiet -c .labtrust-dockerfile.sha256").succeeded();
    let name = machine.sh(&format!("echo labtrust-$(echo {sha256} | cut -c 1-16).crt")).succeeded().stdout;
    let second = format!("/root/rendered/{}", name.trim());
    assert!(machine.has(&second), "{}", files());
    machine.write("/root/rendered/notes.txt", "mine");
    let planned = render(&machine, "dockerfile", "--dry-run");
    assert!(planned.stdout.contains(&format!("remove {second}")), "{planned}");
    let quiet = render(&machine, "dockerfile", "-q");
    assert_eq!((quiet.code(), quiet.stdout.as_str(), quiet.stderr.as_str()), (0, "", ""), "{quiet}");
    assert!(!machine.has(&second) && machine.read("/root/rendered/notes.txt") == "mine");
    // The removal of another kind has fewer files, and its folder goes with its last one.
    render(&machine, "firefox-policies", "--remove").succeeded().says("removed: ");
    assert!(!machine.has("/root/rendered/windows-macos"), "{}", files());
    assert!(one.lines().all(|path| files().contains(path)), "{}", files());
    // A file that somebody changed stays, and is named. A list that leads elsewhere leads nowhere.
    render(&machine, "dockerfile", &also).succeeded();
    machine.write(&second, "changed");
    machine.write("/root/precious", "x");
    let precious = "cd /root/rendered && sha256sum ../precious >>.labtrust-dockerfile.sha256
        sha256sum /root/precious >>.labtrust-dockerfile.sha256; sed -i 's|  /|  //|' .labtrust-dockerfile.sha256";
    machine.sh(precious).succeeded();
    let left = render(&machine, "dockerfile", "").succeeded();
    assert!(left.stderr.contains("was changed since it was: it is left"), "{left}");
    assert_eq!((machine.read(&second).as_str(), machine.read("/root/precious").as_str()), ("changed", "x"));
    let document = render(&machine, "dockerfile", "--json").succeeded();
    let document: Value = serde_json::from_str(&document.stdout).unwrap();
    assert_eq!(document["removed"], serde_json::json!([]), "{document:#}");
}
