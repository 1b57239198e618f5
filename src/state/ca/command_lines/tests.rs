use time::macros::datetime;

use super::*;
use crate::{
    certificate::{KeyType, Scope, authority::Authority},
    state::{SetupRecord, SiteRecord, Way},
};

/// A CA for git.example.com whose key is not kept here.
fn company_ca(site: SiteRecord) -> Ca {
    let names = vec!["git.example.com".parse().expect("a name")];
    let scope = Scope { names, permit: Vec::new(), constrained: true };
    let authority =
        Authority::make(&scope, KeyType::P256, datetime!(2026-11-29 12:00 UTC)).expect("an authority");
    Ca {
        root: authority.root().clone(),
        intermediates: vec![authority.issuer().clone()],
        periods: Vec::new(),
        notes: SetupRecord { schema: 1, endpoints: Vec::new(), site, days: LEAF_DAYS },
        next: Ok(None),
        previous: Ok(None),
        folder: "/nowhere".into(),
        owner: 0,
        way: Way::Setup,
        voucher: None,
    }
}

#[test]
fn the_setup_that_follows_gitlab_rb_has_the_options_of_the_setup_before() {
    let host: Host = "git.example.com".parse().expect("a host");
    for (folder, is_trusted, expected) in [
        (None, true, "labtrust setup --ca-cert FILE --ca-key FILE"),
        (None, false, "labtrust setup --no-trust --ca-cert FILE --ca-key FILE"),
        (
            Some("/srv/config"),
            false,
            "labtrust setup --no-trust --gitlab /srv/config --ca-cert FILE --ca-key FILE",
        ),
    ] {
        let site = SiteRecord { gitlab: folder.map(Into::into), ..SiteRecord::default() };
        let lines = company_ca(site).lines_for(&host, true, is_trusted);
        assert_eq!(lines.iter().map(ShellLine::as_str).collect::<Vec<_>>(), [expected]);
    }
}
