//! Compares the key with which GitLab signs the registry's tokens with the certificates that the registry accepts, by
//! the files that `gitlab-ctl reconfigure` writes (omnibus-gitlab, `gitlab.yml.erb` and `registry-config.yml.erb`).

use std::path::{Path, PathBuf};

use labtrust_machine::World;
use labtrust_plan::Certificate;

use super::files;
use crate::{
    certificate::{Parsed, PrivateKey},
    doctor::evidence::{Redacted, TokenKeysSeen},
    gitlab::Installation,
};

/// The files that Omnibus writes.
const GITLAB: &str = "/var/opt/gitlab/gitlab-rails/etc/gitlab.yml";
const REGISTRY: &str = "/var/opt/gitlab/registry/config.yml";
/// The key, where the settings name no other.
const KEY: &str = "/var/opt/gitlab/gitlab-rails/etc/gitlab-registry.key";

/// The key pair of the registry's tokens; none if no registry of this installation checks tokens.
pub(super) fn read(world: &World, installation: &Installation) -> Option<TokenKeysSeen> {
    let text = |inside: &str| {
        let bytes = files::read(world, installation, Path::new(inside)).ok().flatten()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    let registry = text(REGISTRY)?;
    let gitlab = text(GITLAB).unwrap_or_default();
    let certificate = PathBuf::from(value(&registry, "auth", "rootcertbundle")?);
    let key = value(&gitlab, "registry", "key").map_or_else(|| KEY.into(), PathBuf::from);
    Some(TokenKeysSeen {
        fits: fits(world, installation, &key, &certificate).into(),
        key: Redacted::path(&key),
        certificate: Redacted::path(&certificate),
        gitlab_issuer: value(&gitlab, "registry", "issuer").map(Redacted::from),
        registry_issuer: value(&registry, "auth", "issuer").map(Redacted::from),
    })
}

fn fits(
    world: &World,
    installation: &Installation,
    key: &Path,
    certificate: &Path,
) -> Result<Option<bool>, String> {
    let read = |inside: &Path| files::read(world, installation, inside);
    let (Some(pem), Some(bundle)) = (read(key)?, read(certificate)?) else { return Ok(None) };
    let key = PrivateKey::from_plain_pem(&pem).map_err(|error| format!("{}: {error}", key.display()))?;
    let certificates = Certificate::read_all(&bundle).0;
    let is_its = |certificate: &Certificate| {
        Parsed::from_der(certificate.der()).is_ok_and(|certificate| key.matches(&certificate))
    };
    Ok(Some(certificates.iter().any(is_its)))
}

/// The value of `key` at any depth below `section`, in YAML with a value on each line.
fn value<'t>(text: &'t str, section: &str, key: &str) -> Option<&'t str> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines = || text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    let heads = lines().enumerate().filter(|(_, line)| line.trim() == format!("{section}:"));
    heads.into_iter().find_map(|(at, head)| {
        let mut below = lines().skip(at + 1).take_while(|line| indent(line) > indent(head));
        let found = below.find_map(|line| line.trim().strip_prefix(key)?.strip_prefix(':'))?;
        let found = found.trim().trim_matches(['"', '\'']);
        (!found.is_empty()).then_some(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_below_its_section() {
        let text = "a:\n  key: 1\nproduction: &base\n  registry:\n    # key: 0\n    key: /x/y.key\n    issuer: \"me\"\n  b:\n    key: 2\n";
        for (section, key, expected) in [
            ("registry", "key", Some("/x/y.key")),
            ("registry", "issuer", Some("me")),
            ("registry", "other", None),
            ("b", "issuer", None),
            ("c", "key", None),
        ] {
            assert_eq!(value(text, section, key), expected, "{section} {key}");
        }
    }
}
