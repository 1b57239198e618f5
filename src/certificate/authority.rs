//! A CA: created so that a stolen key is of little use, opened from its files, or adopted from a company.

use anyhow::{Context, Result};
use labtrust_plan::Prose;
use rcgen::Issuer;
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;

use super::{
    key::{KeyType, PrivateKey, Signer, signing},
    limits::without_uris,
    name::list,
    parsed::Parsed,
    path,
    permitted::Permitted,
    profile::{self, CA_DAYS, CaTitle, Validity},
    scope::Scope,
};
use crate::hint::{fail, hint};

/// A CA that can sign: its certificate, those above it up to the root, and its key.
#[derive(Debug)]
pub struct Authority {
    issuer: Parsed,
    above: Vec<Parsed>,
    key: PrivateKey,
}

impl Authority {
    /// Creates a CA: a root and an intermediate with the same end of validity.
    ///
    /// The root's key signs the intermediate and is wiped before this returns. Without it, nobody can create a CA with
    /// wider constraints under the root that clients trust.
    pub fn make(scope: &Scope, key_type: KeyType, now: OffsetDateTime) -> Result<Self> {
        let title = title(scope)?;
        let validity = Validity::days(CA_DAYS, now)?;
        let root_params = without_uris(profile::root(&title, scope, validity)?)?;
        let root_signer = PrivateKey::generate(key_type)?.signer()?;
        let root = signing("the root", || root_params.self_signed(&root_signer))?;

        let key = PrivateKey::generate(key_type)?;
        let params = without_uris(profile::intermediate(&title, scope, validity)?)?;
        let issuer = Issuer::from_params(&root_params, root_signer);
        let public = key.public_key().for_rcgen()?;
        let intermediate = signing("the intermediate", || params.signed_by(&public, &issuer))?;
        Ok(Self {
            issuer: Parsed::from_der(intermediate.der())?,
            above: vec![Parsed::from_der(root.der())?],
            key,
        })
    }

    /// Creates the root of a CA to be sealed, with its key: it signs certificates itself.
    pub(super) fn make_root(
        scope: &Scope,
        key_type: KeyType,
        days: u32,
        now: OffsetDateTime,
    ) -> Result<Self> {
        let params = profile::sealed_root(&title(scope)?, scope, Validity::days(days, now)?)?;
        let (params, key) = (without_uris(params)?, PrivateKey::generate(key_type)?);
        let signer = key.signer()?;
        let root = signing("the root", || params.self_signed(&signer))?;
        Ok(Self { issuer: Parsed::from_der(root.der())?, above: Vec::new(), key })
    }

    /// Opens a CA. `certificates` hold, in any order, the one for the key and those above it up to the root. This does not
    /// check dates: an expired CA can be opened, but it signs nothing.
    pub fn open(certificates: &[CertificateDer<'_>], key: PrivateKey) -> Result<Self> {
        let pool = certificates.iter().map(|der| Parsed::from_der(der)).collect::<Result<Vec<_>>>()?;
        let mut own: Vec<&Parsed> = pool.iter().filter(|certificate| key.matches(certificate)).collect();
        own.sort_by_key(|certificate| (!certificate.is_ca(), std::cmp::Reverse(certificate.not_after)));
        let Some(issuer) = own.first() else {
            let titles: Vec<_> = pool.iter().map(Parsed::title).collect();
            return Err(fail(
                format!("the key belongs to none of the CA's certificates ({})", list(&titles)),
                "pass the key of the CA, or the certificate that belongs to this key",
            ));
        };
        if !issuer.is_ca() {
            return Err(fail(
                format!("{} is not the certificate of a CA: it cannot sign others", issuer.title()),
                "pass a CA's certificate and key, or install a server certificate: {labtrust import --cert FILE}",
            ));
        }
        if !issuer.may("keyCertSign") {
            return Err(fail(
                format!(
                    "the key usage of {} does not let it sign certificates (keyCertSign)",
                    issuer.title()
                ),
                "pass the certificate and key of a CA that can sign certificates",
            ));
        }
        let way = path::search_above(issuer, &pool);
        if let Some(why) = way.given_up() {
            return Err(fail(why, "pass a file that holds only the CA's certificate and those above it"));
        }
        let above: Vec<Parsed> = way.certificates.into_iter().cloned().collect();
        let authority = Self { issuer: (*issuer).clone(), above, key };
        let top = authority.root();
        if !top.is_self_signed() {
            return Err(fail(
                format!("the CA's certificates do not reach a root: nothing here signed {}", top.title()),
                hint!("add the certificate of {} to the file, and those above it", Prose(&top.issuer)),
            ));
        }
        Ok(authority)
    }

    /// Opens a company's CA, and refuses one whose certificates clients would not accept.
    pub fn adopt(certificates: &[CertificateDer<'_>], key: PrivateKey, now: OffsetDateTime) -> Result<Self> {
        let authority = Self::open(certificates, key)?;
        authority.check_dates(now)?;
        // A CA with path length N may have N CAs below it (RFC 5280 §4.2.1.9).
        for (below, certificate) in authority.chain().enumerate() {
            if certificate.path_length.is_some_and(|length| (length as usize) < below) {
                return Err(fail(
                    format!("{} may not have {below} CAs below it", certificate.title()),
                    "use a CA closer to the root, or ask for one with a greater path length",
                ));
            }
            if !certificate.is_ca() || !certificate.may("keyCertSign") {
                return Err(fail(
                    format!("{} cannot sign certificates", certificate.title()),
                    "clients reject every certificate below it: ask its issuer for a CA certificate (CA:TRUE, keyCertSign)",
                ));
            }
            if !certificate.may_serve() {
                return Err(fail(
                    format!(
                        "{} cannot sign for servers: serverAuth is not among its usages",
                        certificate.title()
                    ),
                    "use a CA that can sign for TLS servers",
                ));
            }
        }
        let links = authority.chain().zip(authority.chain().skip(1));
        if let Some((below, above)) = links.into_iter().find(|(below, above)| !below.repeats_name_of(above)) {
            return Err(fail(
                format!(
                    "the issuer name in {} is not byte for byte the name of {}",
                    below.title(),
                    above.title()
                ),
                "ask its issuer for a new certificate: Docker and others compare names byte by byte",
            ));
        }
        authority.issuer.public_key().check_usable()?;
        authority.sign_trial(now).map(|()| authority)
    }

    /// Signs a trial certificate, and checks that it leads back to this CA. rcgen drops repeated attributes from an
    /// issuer's name, and clients find issuers by name.
    fn sign_trial(&self, now: OffsetDateTime) -> Result<()> {
        let params = profile::leaf(
            &["probe.invalid".parse()?],
            self.key.public_key().kind(),
            Validity::days(1, now)?,
        )?;
        let public = PrivateKey::generate(KeyType::P256)?.public_key().for_rcgen()?;
        let odd = || {
            fail(
                format!(
                    "labtrust cannot copy the name of {} into the certificates that it signs",
                    self.issuer.title()
                ),
                "let the CA's own tools sign a request, and import the certificate: {labtrust import --cert FILE --key FILE}",
            )
        };
        let issuer = self.rcgen_issuer().map_err(|_| odd())?;
        let leaf = signing("a certificate to try", || params.signed_by(&public, &issuer))?;
        let leaf = Parsed::from_der(leaf.der())?;
        if leaf.repeats_name_of(&self.issuer) && leaf.is_signed_by(&self.issuer) {
            Ok(())
        } else {
            Err(odd())
        }
    }

    /// The issuer as rcgen takes it.
    pub(super) fn rcgen_issuer(&self) -> Result<Issuer<'static, Signer>> {
        Issuer::from_ca_cert_der(self.issuer.der(), self.key.signer()?)
            .with_context(|| format!("cannot sign with {}", self.issuer.title()))
    }

    /// Refuses a CA if a certificate of its chain has expired or is not valid yet.
    pub(super) fn check_dates(&self, now: OffsetDateTime) -> Result<()> {
        let Some((certificate, what)) = self.chain().find_map(|ca| Some((ca, ca.out_of_date(now)?))) else {
            return Ok(());
        };
        let hint = if now < certificate.not_before {
            "check this machine's clock: date"
        } else {
            "check this machine's clock (date); if it is right, create a new CA: {labtrust setup --undo}; {labtrust setup HOST}"
        };
        Err(fail(what, hint))
    }

    /// The certificate that signs.
    pub fn issuer(&self) -> &Parsed {
        &self.issuer
    }

    /// The root, which clients trust.
    pub fn root(&self) -> &Parsed {
        self.above.last().unwrap_or(&self.issuer)
    }

    /// The certificate that signs and those above it, up to the root.
    pub fn chain(&self) -> impl Iterator<Item = &Parsed> {
        std::iter::once(&self.issuer).chain(&self.above)
    }

    /// The key that signs.
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// The names that the CA may sign, for reports: the innermost limits of its chain. Signing checks a name against all
    /// limits of the chain.
    pub fn permitted(&self) -> &Permitted {
        let mut limits = self.chain().map(|certificate| &certificate.permitted);
        limits.find(|permitted| !permitted.is_everything()).unwrap_or(&self.issuer.permitted)
    }

    /// The last moment at which a certificate of this CA can be valid.
    pub fn not_after(&self) -> OffsetDateTime {
        let above = self.above.iter().map(|certificate| certificate.not_after);
        above.fold(self.issuer.not_after, Ord::min)
    }
}

/// A title for a new CA; an error if it has no name.
fn title(scope: &Scope) -> Result<CaTitle> {
    if scope.names.is_empty() {
        return Err(fail("a CA needs at least one name", "pass the host name of GitLab"));
    }
    CaTitle::new(scope)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    fn scope(names: &[&str]) -> Scope {
        let names = names.iter().map(|name| name.parse().expect(name)).collect();
        Scope { names, permit: Vec::new(), constrained: true }
    }

    fn ders(authority: &Authority) -> Vec<CertificateDer<'static>> {
        authority.chain().map(|certificate| certificate.der().clone()).collect()
    }

    #[test]
    fn what_is_made_has_the_profile() {
        for key_type in [KeyType::P256, KeyType::P384] {
            let made = Authority::make(&scope(&["gitlab.example.com"]), key_type, NOW).expect("a CA");
            let (root, intermediate) = (made.root(), made.issuer());
            assert!(
                root.is_self_signed() && intermediate.is_signed_by(root) && !intermediate.is_self_signed()
            );
            assert_eq!((root.path_length, intermediate.path_length), (Some(1), Some(0)));
            assert_eq!(root.not_after, intermediate.not_after);
            assert_eq!(root.not_after, NOW + time::Duration::days(3650));
            assert_ne!(root.subject_der, intermediate.subject_der);
            assert_eq!(intermediate.authority_key_id, root.subject_key_id);
            assert_eq!(intermediate.extended_key_usage.as_deref(), Some(&["serverAuth".to_owned()][..]));
            for certificate in made.chain() {
                assert!(certificate.is_ca() && certificate.constraints_critical, "{certificate:?}");
                assert_eq!(certificate.key_usage.as_deref(), Some(&["keyCertSign", "cRLSign"][..]));
                assert!(certificate.subject_key_id.is_some() && certificate.flaws.is_empty());
                assert_eq!(
                    certificate.permitted.to_string(),
                    "gitlab.example.com and its subdomains; never an IP address or another name"
                );
            }
            assert!(!made.key().matches(root) && made.key().matches(intermediate));
        }
    }

    #[test]
    fn scopes_become_limits() {
        let mut open = scope(&["gitlab.example.com"]);
        open.constrained = false;
        let mut wider = scope(&["gitlab.example.com", "a.gitlab.example.com", "*.pages.example.org"]);
        wider.permit = vec!["corp.example".parse().expect("a name")];
        for (scope, text) in [
            (open, "any name and any IP address"),
            (
                wider,
                "gitlab.example.com, pages.example.org, corp.example and their subdomains; never an IP \
                 address or another name",
            ),
            (
                scope(&["192.0.2.10", "2001:db8::1"]),
                "192.0.2.10, 2001:db8::1; never another IP address or a name",
            ),
            (
                scope(&["gitlab.example.com", "192.0.2.10"]),
                "gitlab.example.com and its subdomains, and 192.0.2.10; never another name or IP address",
            ),
        ] {
            let made = Authority::make(&scope, KeyType::P256, NOW).expect("a CA");
            assert_eq!(made.permitted().to_string(), text);
        }
        assert!(Authority::make(&scope(&[]), KeyType::P256, NOW).is_err());
    }

    #[test]
    fn a_ca_opens_whatever_the_order_and_with_its_key_only() {
        let made = Authority::make(&scope(&["gitlab.example.com"]), KeyType::P256, NOW).expect("a CA");
        let other = Authority::make(&scope(&["gitlab.example.com"]), KeyType::P256, NOW).expect("a CA");
        let key = || PrivateKey::from_pkcs8(made.key().pkcs8()).expect("a key");
        let mut certificates = ders(&other);
        certificates.extend(ders(&made).into_iter().rev());
        let opened = Authority::open(&certificates, key()).expect("opened");
        assert_eq!(ders(&opened), ders(&made));

        for (certificates, what) in [
            (ders(&other), "belongs to none"),
            (ders(&made)[..1].to_vec(), "do not reach a root"),
            (ders(&made)[1..].to_vec(), "belongs to none"),
        ] {
            let error = Authority::open(&certificates, key()).expect_err(what);
            assert!(error.to_string().contains(what), "{error}");
        }
        Authority::adopt(&ders(&made), key(), NOW).expect("our own is as good as any");
        for (days, what) in [(-2, "valid only from"), (3651, "expired")] {
            let error =
                Authority::adopt(&ders(&made), key(), NOW + time::Duration::days(days)).expect_err(what);
            assert!(error.to_string().contains(what), "{error}");
        }
    }

    type Change = fn(&mut rcgen::CertificateParams);

    /// A root with `change` made to it, and its key.
    fn company(
        change: impl FnOnce(&mut rcgen::CertificateParams),
    ) -> (Vec<CertificateDer<'static>>, PrivateKey) {
        let key = PrivateKey::generate(KeyType::P256).expect("a key");
        let open = Scope { constrained: false, ..scope(&["corp.example"]) };
        let title = CaTitle::new(&open).expect("a title");
        let mut params =
            profile::root(&title, &open, Validity::days(100, NOW).expect("days")).expect("a root");
        change(&mut params);
        let root = params.self_signed(&key.signer().expect("a signer")).expect("a root");
        (vec![root.der().clone()], key)
    }

    #[test]
    fn only_what_can_sign_is_adopted() {
        use rcgen::{BasicConstraints, DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};
        let (certificates, key) = company(|_| {});
        let adopted = Authority::adopt(&certificates, key, NOW).expect("a company's CA");
        assert_eq!(adopted.root().der(), adopted.issuer().der());
        // A direct CA with path length 0 signs leaves, and need not have room for an intermediate.
        let (certificates, key) = company(|params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)));
        Authority::adopt(&certificates, key, NOW).expect("a company's CA");

        let cases: [(Change, &str); 4] = [
            (|params| params.is_ca = IsCa::ExplicitNoCa, "is not the certificate of a CA"),
            (|params| params.key_usages = vec![KeyUsagePurpose::CrlSign], "keyCertSign"),
            (|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning], "serverAuth"),
            (|params| params.not_after = NOW - time::Duration::SECOND, "expired"),
        ];
        for (change, what) in cases {
            let (certificates, key) = company(change);
            let error = Authority::adopt(&certificates, key, NOW).expect_err(what);
            assert!(error.to_string().contains(what), "{error}");
            assert!(crate::hint::hint_of(&error).is_some(), "{error}");
        }
        // rcgen copies these attributes, in any string type.
        let (certificates, key) = company(|params| {
            let name = "Corp".try_into().map(rcgen::DnValue::PrintableString).expect("printable");
            params.distinguished_name.push(DnType::OrganizationalUnitName, name);
            params
                .distinguished_name
                .push(DnType::CustomDnType(vec![0, 9, 2342, 19_200_300, 100, 1, 25]), "corp");
        });
        Authority::adopt(&certificates, key, NOW).expect("a company's CA");
    }
}
