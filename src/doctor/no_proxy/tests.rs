use super::*;

/// A `NO_PROXY`, the endpoints that bypass the proxy, and those that do not.
type Rule<'r> = (&'r str, &'r [&'r str], &'r [&'r str]);

const RULES: &[Rule<'_>] = &[
    // Without entries, only the machine itself bypasses the proxy.
    (
        "",
        &["localhost:4567", "127.0.0.1:4567", "127.8.0.1:80", "[::1]:443", "[::ffff:127.0.0.1]:443"],
        &["mygitlab.example.com:4567", "local.localhost:4567", "localhost.net:80", "[::2]:443"],
    ),
    // A name covers itself and its subdomains, in any case.
    (
        "example.com",
        &["example.com:4567", "example.com:443", "mygitlab.example.com:443", "a.b.example.com:1"],
        &["badexample.com:443", "example.com.evil.net:443", "example:443"],
    ),
    ("MyGitLab.Example.COM", &["mygitlab.example.com:4567"], &["example.com:443"]),
    ("host", &["host:1", "a.host:1"], &["ahost:1", "host.a:1"]),
    // With a dot or `*.` before it, a name covers only its subdomains.
    (".example.com", &["mygitlab.example.com:443", "a.b.example.com:1"], &["example.com:443"]),
    ("*.example.com", &["mygitlab.example.com:443"], &["example.com:443", "badexample.com:443"]),
    (".mygitlab.example.com", &["a.mygitlab.example.com:1"], &["mygitlab.example.com:4567"]),
    // A `*` alone covers every host; elsewhere it is an ordinary letter.
    ("*", &["mygitlab.example.com:4567", "192.0.2.1:1", "[2001:db8::1]:1"], &[]),
    ("a, * ,b", &["mygitlab.example.com:4567"], &[]),
    ("my*.example.com", &[], &["mygitlab.example.com:4567"]),
    ("*example.com", &[], &["mygitlab.example.com:4567", "example.com:1"]),
    ("mygitlab.*", &[], &["mygitlab.example.com:4567"]),
    ("192.168.*", &[], &["192.168.1.1:4567"]),
    ("192.168.", &[], &["192.168.1.1:4567"]),
    // Only commas separate entries. Spaces around an entry are cut off.
    (" a.example , mygitlab.example.com\t,b", &["mygitlab.example.com:4567"], &["example:1"]),
    ("a.example mygitlab.example.com", &[], &["mygitlab.example.com:4567", "a.example:1"]),
    ("a.example;mygitlab.example.com", &[], &["mygitlab.example.com:4567", "a.example:1"]),
    (",,,mygitlab.example.com,", &["mygitlab.example.com:4567"], &["other.example:1"]),
    // A port limits the entry to that port, compared as text.
    ("mygitlab.example.com:4567", &["mygitlab.example.com:4567"], &["mygitlab.example.com:443"]),
    (".example.com:443", &["mygitlab.example.com:443"], &["mygitlab.example.com:4567"]),
    ("*.example.com:443", &["mygitlab.example.com:443"], &["mygitlab.example.com:4567"]),
    ("mygitlab.example.com:", &["mygitlab.example.com:443", "mygitlab.example.com:1"], &[]),
    ("mygitlab.example.com:https", &[], &["mygitlab.example.com:443"]),
    ("mygitlab.example.com:0443", &[], &["mygitlab.example.com:443"]),
    (":1", &[], &["mygitlab.example.com:1"]),
    ("192.0.2.7:81", &["192.0.2.7:81"], &["192.0.2.7:80"]),
    ("[2001:db8::7]:81", &["[2001:db8::7]:81"], &["[2001:db8::7]:80"]),
    // Addresses match URLs that contain them, and no name.
    ("192.0.2.7", &["192.0.2.7:1"], &["192.0.2.8:1", "mygitlab.example.com:4567"]),
    ("2001:db8::7", &["[2001:db8::7]:1"], &["[2001:db8::8]:1"]),
    ("2001:DB8:0::7", &["[2001:db8::7]:1"], &[]),
    ("::ffff:192.0.2.7", &["192.0.2.7:1"], &[]),
    ("[2001:db8::7]", &[], &["[2001:db8::7]:1"]),
    ("2001:db8::7%eth0", &[], &["[2001:db8::7]:1"]),
    ("192.0.02.7", &[], &["192.0.2.7:1"]),
    // Part of an address is the end of a name, and so also matches the end of an address.
    ("0.2.7", &["192.0.2.7:1"], &["192.0.12.7:1"]),
    // Networks, too.
    ("192.168.0.0/16", &["192.168.0.1:1", "192.168.255.255:1"], &["192.169.0.1:1", "mygitlab.example.com:1"]),
    ("10.1.2.3/8", &["10.9.9.9:1"], &["11.0.0.1:1"]),
    ("0.0.0.0/0", &["192.0.2.1:1"], &["[2001:db8::1]:1", "mygitlab.example.com:1"]),
    ("192.0.2.7/32", &["192.0.2.7:1"], &["192.0.2.6:1"]),
    ("2001:db8::/32", &["[2001:db8:ffff::1]:1"], &["[2001:db9::1]:1", "192.0.2.1:1"]),
    ("::/0", &["[2001:db8::1]:1"], &["192.0.2.1:1"]),
    ("::ffff:10.0.0.0/104", &["10.3.2.1:1"], &["11.3.2.1:1"]),
    ("10.0.0.0/33", &[], &["10.0.0.1:1"]),
    ("10.0.0.0/+8", &[], &["10.0.0.1:1"]),
    ("10.0.0/8", &[], &["10.0.0.1:1"]),
    ("10.0.0.0/8:80", &[], &["10.0.0.1:80"]),
    // A dot at the end is part of the name.
    ("mygitlab.example.com.", &[], &["mygitlab.example.com:4567"]),
    // Other forms match no host.
    ("https://mygitlab.example.com", &[], &["mygitlab.example.com:443"]),
    ("mygitlab.example.com/", &[], &["mygitlab.example.com:443"]),
    ("\"mygitlab.example.com\"", &[], &["mygitlab.example.com:443"]),
    ("<local>", &[], &["host:443"]),
    // Other alphabets are written in ASCII first.
    ("示例.com", &["www.xn--fsq092h.com:1", "xn--fsq092h.com:1"], &[]),
    (".示例.com", &["www.xn--fsq092h.com:1"], &["xn--fsq092h.com:1"]),
    ("xn--fsq092h.com", &["示例.com:1"], &[]),
    ("..example.com", &[], &["mygitlab.example.com:1", "example.com:1"]),
    (".", &[], &["example.com:1"]),
    ("*.", &[], &["example.com:1"]),
];

#[test]
fn each_rule_of_go_holds() {
    let mut wrong = Vec::new();
    for (list, direct, proxied) in RULES {
        let cases = direct.iter().map(|url| (url, true)).chain(proxied.iter().map(|url| (url, false)));
        for (endpoint, expected) in cases {
            let endpoint: Endpoint = endpoint.parse().expect("an endpoint");
            if is_bypassed(list, &endpoint) != expected {
                wrong.push(format!("NO_PROXY={list}: {endpoint} should be direct: {expected}"));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn a_limit_to_a_port_is_known() {
    for (entry, port) in [
        ("h:4567", Some("4567")),
        ("h", None),
        ("h:", None),
        ("[::2]:1", Some("1")),
        ("::2", None),
        ("*", None),
    ] {
        assert_eq!(Entry::parse(entry).port(), port, "{entry}");
    }
}
