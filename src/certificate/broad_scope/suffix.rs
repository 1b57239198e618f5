//! Public suffixes: domains in which strangers own names. The Public Suffix List has those of the internet; this module
//! adds those of private networks.

use labtrust_plan::DnsName;

/// Suffixes of more than one label in private networks: RFC 8375 (`home.arpa`), and those of Kubernetes and clouds. A name
/// of one label, such as `lan` or `nas`, always counts as a suffix.
const INTERNAL: &[&str] = &[
    "cluster.local",
    "compute.internal",
    "ec2.internal",
    "home.arpa",
    "localhost.localdomain",
    "pod.cluster.local",
    "svc.cluster.local",
];

/// The domain directly below a public suffix that contains `name`; none if `name` is itself a suffix, contains one, or is
/// not valid.
pub(super) fn registrable(name: &str) -> Option<String> {
    let name = name.trim_matches('.');
    let name = plain(name.strip_prefix("*.").unwrap_or(name))?;
    let listed = psl::suffix(name.as_bytes()).map_or(0, |suffix| suffix.as_bytes().len());
    let is_below = |suffix: &&&str| {
        name.strip_suffix(**suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let internal = INTERNAL.iter().filter(is_below).map(|suffix| suffix.len()).max();
    let length = internal.unwrap_or(0).max(listed);
    // Where every label below `name` is a suffix (`*.kawasaki.jp`), strangers also own names below it.
    let probe = format!("any.{name}");
    let holds_suffixes =
        psl::suffix(probe.as_bytes()).is_some_and(|suffix| suffix.as_bytes() == probe.as_bytes());
    let rest = name.get(..name.len().checked_sub(length)?)?.strip_suffix('.')?;
    let label = rest.rsplit('.').next().unwrap_or(rest);
    (!holds_suffixes).then(|| name[rest.len() - label.len()..].to_owned())
}

/// `name` in lower case and A-labels; none if clients read it differently.
fn plain(name: &str) -> Option<String> {
    let name = name.to_lowercase();
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|one| one.is_ascii_alphanumeric() || one == b'-' || one == b'_')
    };
    if !name.split('.').all(is_label) {
        return name.parse::<DnsName>().ok().map(|name| name.to_string());
    }
    // Some resolvers take a name that ends in a number for an address.
    let last = name.rsplit('.').next()?;
    (!last.bytes().all(|one| one.is_ascii_digit())).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_lies_in_the_domain_below_its_public_suffix() {
        for (name, expected) in [
            ("gitlab.example.com", Some("example.com")),
            ("example.com", Some("example.com")),
            ("GITLAB.Example.Com.", Some("example.com")),
            (".example.com", Some("example.com")),
            ("*.example.com", Some("example.com")),
            ("a.b.example.co.uk", Some("example.co.uk")),
            ("me.github.io", Some("me.github.io")),
            ("nas.synology.me", Some("nas.synology.me")),
            ("gitlab.lan", Some("gitlab.lan")),
            ("git.office.local", Some("office.local")),
            ("gitlab.home.arpa", Some("gitlab.home.arpa")),
            ("git.web.svc.cluster.local", Some("web.svc.cluster.local")),
            ("my_host.example.com", Some("example.com")),
            ("b\u{fc}cher.example", Some("xn--bcher-kva.example")),
            ("xn--bcher-kva.xn--55qx5d.cn", Some("xn--bcher-kva.xn--55qx5d.cn")),
            ("www.ck", Some("www.ck")),
            ("city.kawasaki.jp", Some("city.kawasaki.jp")),
            ("com", None),
            ("COM.", None),
            (".com", None),
            ("*.com", None),
            ("co.uk", None),
            (".co.uk", None),
            ("github.io", None),
            ("s3.amazonaws.com", None),
            ("foo.ck", None),
            ("kawasaki.jp", None),
            ("x.kawasaki.jp", None),
            ("xn--55qx5d.cn", None),
            ("\u{516c}\u{53f8}.cn", None),
            ("xn--p1ai", None),
            ("lan", None),
            ("local", None),
            ("internal", None),
            ("corp", None),
            ("home.arpa", None),
            ("arpa", None),
            ("cluster.local", None),
            ("svc.cluster.local", None),
            ("gitlab", None),
            ("dev", None),
            ("", None),
            (".", None),
            ("..", None),
            ("*", None),
            ("a..com", None),
            ("*.*.example.com", None),
            ("a b.example.com", None),
            ("a\0.example.com", None),
            ("192.0.2.10", None),
            ("example.10", None),
        ] {
            assert_eq!(registrable(name).as_deref(), expected, "{name:?}");
        }
    }
}
