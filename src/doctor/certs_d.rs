//! The names of the folders in a `certs.d`: the right ones, and the usual mistakes.

use labtrust_plan::{Endpoint, Facts, Host};

/// Whether a folder called `name` looks like one for `host`: the exact name, or a usual mistake.
pub(super) fn looks_like(name: &str, host: &Host) -> bool {
    let (name, host) = (letters_and_digits(name), letters_and_digits(&host.to_string()));
    let rest = name.strip_prefix("https").unwrap_or(&name).strip_prefix(&host).map(str::to_owned);
    // The rest is a port, or an extension such as `.crt`.
    rest.is_some_and(|rest| rest.len() <= LONGEST_REST)
}

const LONGEST_REST: usize = 8;

/// The ASCII letters and digits of a name, in lower case.
fn letters_and_digits(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// containerd's folder of registries. Its `config_path` sets another one, but no distribution does.
pub(super) const CONTAINERD: &str = "/etc/containerd/certs.d";

/// The programs that share podman's settings and folders.
const PODMANS_FAMILY: [&str; 3] = ["podman", "buildah", "skopeo"];

/// Whether a program that reads podman's folders is installed.
pub(super) fn has_podmans_family(facts: &Facts) -> bool {
    PODMANS_FAMILY.iter().any(|tool| facts.tools.contains_key(*tool))
}

/// The names of the folder of `registry`. containerd reads only the first that exists (containerd,
/// `core/remotes/docker/config/hosts.go`, `hostPaths`). Docker's pulls do the same with the containerd image store.
pub(super) fn containerd_folders(registry: &Endpoint) -> [String; 2] {
    let (host, port) = (registry.host.in_url(), registry.port);
    [format!("{host}_{port}_"), format!("{host}:{port}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_a_wrong_name_looks_like_the_host() {
        let looks_like =
            |name: &str, host: &str| host.parse().is_ok_and(|host: Host| looks_like(name, &host));
        let host = "gitlab.example.com";
        for name in [
            "gitlab.example.com:4567",
            "gitlab.example.com",
            "GitLab.example.com:4567",
            "gitlab.example.com_4567",
            "gitlab.example.com_4567_",
            "gitlab.example.com:4567.crt",
            "gitlab.example.com:5050",
            "https:gitlab.example.com:4567",
            "gitlab.example.com4567",
        ] {
            assert!(looks_like(name, host), "{name}");
        }
        for name in
            ["other.example.com:4567", "registry.gitlab.example.com", "gitlab.example.com.elsewhere.net", ""]
        {
            assert!(!looks_like(name, host), "{name}");
        }
        assert!(looks_like("192.0.2.10:4567", "192.0.2.10") && !looks_like("192.0.2.10:4567", "192.0.2.11"));
    }
}
