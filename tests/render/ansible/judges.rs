//! Ansible's own judges, and the plugin held against the renderer.

use super::*;

/// Prints the script that the plugin makes from the defaults of the role.
const PLUGIN: &str = r#"
import sys, yaml
from ansible_collections.labtrust.trust.plugins.plugin_utils import script
role = "ansible_collections/labtrust/trust/roles/labtrust/"
defaults = yaml.safe_load(open(role + "defaults/main.yml"))
anchors = [script.Anchor(anchor["certificate"], anchor.get("endpoints") or defaults["labtrust_endpoints"])
           for anchor in defaults["labtrust_anchors"]]
template = open(role + "files/labtrust-trust.sh").read()
# The part between the marks is the plugin's own.
before, rest = template.split(script.BEGIN)
template = before + script.BEGIN + script.END + rest.split(script.END)[1]
sys.stdout.write(script.script(template, anchors, defaults["labtrust_state"] == "absent"))
"#;

/// Where `scripts/install-fleet` has prepared the judges of ansible-test.
const SANITY: &str = "/var/cache/labtrust-fleet/home";

/// A machine with the rendered collection.
fn rendered(machine: Machine) -> Fleet {
    let _pair = client(&machine);
    render(&machine, "ansible", "").succeeded();
    Fleet::start(machine, &[]).unwrap()
}

#[test]
fn the_plugin_writes_the_script_that_the_renderer_writes() {
    let fleet = rendered(machine!("control"));
    let other = Pair::made(&fleet.control, &[HOST], Validity::Current);
    fleet.control.write("/root/other.crt", &other.root);
    let sha256 = "$(openssl x509 -in /root/other.crt -outform DER | sha256sum | cut -c 1-64)";
    for options in [
        String::new(),
        "--remove".into(),
        format!("--also /root/other.crt --also-fingerprint {sha256}"),
        format!("--for {HOST}"),
        format!("--for {HOST}:443 --remove"),
        "--for 192.0.2.10:5000 --for [2001:DB8::1]:443 --for [::ffff:192.0.2.1] --for nas --for b\u{fc}cher.example:1".into(),
    ] {
        let line = format!(
            "labtrust render /root/other.crt --fingerprint {sha256} --for {REGISTRY} {options} -y"
        );
        fleet.sh(&format!("{line} --as ansible -o .")).succeeded();
        fleet.sh(&format!("{line} --as shell -o .")).succeeded();
        fleet.control.write("/root/rendered/plugin.py", PLUGIN);
        fleet.sh("PYTHONPATH=. python plugin.py >by-plugin.sh").succeeded();
        fleet.sh("cmp by-plugin.sh labtrust-trust.sh").succeeded();
    }
}

#[test]
fn what_is_no_certificate_or_endpoint_is_refused_and_no_key_is_shown() {
    let fleet = rendered(machine!("control"));
    let pair = Pair::made(&fleet.control, &[HOST], Validity::Current);
    let (root, key) = (pair.root.as_str(), pair.key.as_str());
    let cut = root.replace("-----END", "-----EN");
    let broken = root.replacen("MII", "M!I", 1);
    let doubled = root.repeat(2);
    let with_key = format!("{root}{key}");
    let refuse = |anchors: Vec<&str>, endpoint: &str, said: &str| {
        let anchors: Vec<_> = anchors.iter().map(|pem| serde_json::json!({ "certificate": pem })).collect();
        let endpoints: Vec<_> = [endpoint].into_iter().filter(|text| !text.is_empty()).collect();
        let variables = serde_json::json!({ "labtrust_anchors": anchors, "labtrust_endpoints": endpoints });
        fleet.control.write("/root/rendered/variables.json", variables.to_string());
        let line = "ansible-playbook -i localhost, -c local trust.yml -vvv -e @variables.json";
        let refused = fleet.sh(line).exited(2).says(said);
        let secret = key.lines().nth(1).unwrap();
        assert!(!refused.stdout.contains(secret) && !refused.stderr.contains(secret), "{refused}");
    };
    refuse(vec![&with_key], "", "element 1 of anchors: it holds a private key: give the certificate alone");
    let labelled = |command: &str| {
        let body = format!(
            "{{ echo -----BEGIN CERTIFICATE-----; {command} | base64; echo -----END CERTIFICATE-----; }}"
        );
        fleet.control.sh(&format!("cd /root && {body}")).succeeded().stdout
    };
    fleet.control.write("/root/pair.key", key);
    fleet.control.write("/root/pair.crt", root);
    let store = labelled("openssl pkcs12 -export -inkey pair.key -in pair.crt -passout pass:");
    let relabelled = labelled("openssl pkcs8 -topk8 -nocrypt -in pair.key -outform DER");
    let junk = labelled("printf '0\\003\\002\\001\\001'");
    let more = labelled("{ openssl x509 -in pair.crt -outform DER; printf x; }");
    let no_certificate = "it is not an X.509 certificate (v3)";
    for (certificate, said) in [
        (&store[..], no_certificate),
        (&relabelled, no_certificate),
        (&junk, no_certificate),
        (&more, "its certificate is cut off or has more bytes at its end"),
        (key, "it holds a private key"),
        (&cut, "it is not one intact PEM certificate"),
        ("", "it holds 0 PEM certificates"),
        (&doubled, "it holds 2 PEM certificates: write one element for each"),
        (&broken, "its certificate is not valid Base64"),
    ] {
        refuse(vec![certificate], "", said);
    }
    for (endpoint, said) in [
        ("http://x", "the endpoint 'http://x' is not a host: use https://"),
        ("x:0", "the port of the endpoint 'x:0' is not a number from 1 to 65535"),
        ("../../etc", "is not a host"),
        ("x; reboot", "is not a host"),
        ("127.1", "is not a host"),
    ] {
        refuse(vec![root], endpoint, said);
    }
    refuse(vec![], "", "anchors is empty: name one CA at least");
    refuse(vec![root, root], "", "element 2 of anchors: an earlier element has the same certificate");
}

#[test]
fn the_judges_of_ansible_accept_the_collection() {
    let fleet = rendered(machine!("control"));
    let collection = "ansible_collections/labtrust/trust";
    fleet.sh(&format!("cd {collection} && ansible-lint --offline --profile production")).succeeded();
    fleet.sh(&format!("yamllint --strict trust.yml {collection}")).succeeded();
    fleet.sh(&format!("ansible-galaxy collection build {collection} --output-path built")).succeeded();
    fleet.sh("ansible-galaxy collection install built/*.tar.gz -p installed").succeeded();
    fleet.sh("ansible-doc -t module labtrust.trust.labtrust_trust").succeeded().says("anchors");
    fleet.sh("ansible-doc -t role labtrust.trust.labtrust").succeeded().says("labtrust_anchors");
    fleet.sh("ansible-doc -t callback labtrust.trust.jsonl").succeeded().says("unreachable");
    let sanity = |judges: &[&str]| {
        let judges: String = judges.iter().map(|judge| format!(" --test {judge}")).collect();
        let judge = format!("HOME={SANITY} ansible-test sanity --color no --python default{judges}");
        fleet.sh(&format!("cd {collection} && git init -q && git add . && {judge}"))
    };
    sanity(&[
        "action-plugin-docs",
        "compile",
        "import",
        "pep8",
        "pylint",
        "runtime-metadata",
        "shebang",
        "validate-modules",
    ])
    .succeeded();
    fleet.sh(&format!("cd {collection}/extensions && molecule test")).succeeded();
    // A module that is nowhere, and a name that nothing defines.
    let broken = "printf '\n\nimport labtrust_nowhere\n\n\ndef broken():\n    return undefined_name\n'";
    fleet.sh(&format!("{broken} >>{collection}/plugins/plugin_utils/script.py")).succeeded();
    sanity(&["import", "pylint"])
        .exited(1)
        .says("No module named 'labtrust_nowhere'")
        .says("Undefined variable 'undefined_name'");
}
