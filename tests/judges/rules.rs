//! The results of `judge` for each client, compared with the client: a wrong rule is worse than none.

use labtrust::certificate::{CertificateDer, KeyType, Parsed, PrivateKey, Refusal, judge};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType,
};
use time::{Duration, OffsetDateTime};

use super::client::{Question, answers};

const HOST: &str = "gitlab.example.com";
const CA: IsCa = IsCa::Ca(BasicConstraints::Unconstrained);

/// Spoils a good root or leaf.
type Change = fn(&mut CertificateParams, &mut CertificateParams);

const CHAINS: &[(&str, Change)] = &[
    ("nothing is wrong", |_, _| {}),
    ("the root is no CA", |root, _| {
        root.is_ca = IsCa::NoCa;
        root.key_usages.clear();
    }),
    ("the root says that it is no CA", |root, _| root.is_ca = IsCa::ExplicitNoCa),
    ("the root has no key usage", |root, _| root.key_usages.clear()),
    ("the root may sign no certificates", |root, _| root.key_usages = vec![KeyUsagePurpose::CrlSign]),
    ("the root has no subject", |root, _| root.distinguished_name = DistinguishedName::new()),
    ("the root is for clients", |root, _| {
        root.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    }),
    ("the root has ended", |root, _| root.not_after = OffsetDateTime::now_utc() - Duration::HOUR),
    ("the root permits other names", |root, _| root.name_constraints = Some(permit("corp.example"))),
    ("the root permits this name", |root, _| root.name_constraints = Some(permit(HOST))),
    ("the root permits what is below", |root, _| root.name_constraints = Some(permit(".gitlab.example.com"))),
    ("no authority key identifier", |_, leaf| leaf.use_authority_key_identifier_extension = false),
    ("no basic constraints", |_, leaf| leaf.is_ca = IsCa::NoCa),
    ("a leaf that is a CA", |_, leaf| leaf.is_ca = CA),
    ("no extended key usage", |_, leaf| leaf.extended_key_usages.clear()),
    ("a leaf for clients", |_, leaf| leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
    ("a leaf for any use", |_, leaf| leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any]),
    ("no key usage", |_, leaf| leaf.key_usages.clear()),
    ("no digital signature", |_, leaf| leaf.key_usages = vec![KeyUsagePurpose::KeyEncipherment]),
    ("a leaf that signs", |_, leaf| leaf.key_usages.push(KeyUsagePurpose::KeyCertSign)),
    ("the leaf has ended", |_, leaf| leaf.not_after = OffsetDateTime::now_utc() - Duration::HOUR),
    ("an unknown critical extension", |_, leaf| {
        let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
        extension.set_criticality(true);
        leaf.custom_extensions.push(extension);
    }),
    ("no name", |_, leaf| leaf.subject_alt_names.clear()),
    ("no subject", |_, leaf| leaf.distinguished_name = DistinguishedName::new()),
    ("ten years", |_, leaf| leaf.not_after = OffsetDateTime::now_utc() + Duration::days(3650)),
];

/// A certificate that signed itself: whether it is a CA, and its key usages.
const SELF_SIGNED: &[(IsCa, &[KeyUsagePurpose])] = &[
    (IsCa::NoCa, &[]),
    (IsCa::NoCa, &[KeyUsagePurpose::DigitalSignature]),
    (IsCa::NoCa, &[KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign]),
    (IsCa::ExplicitNoCa, &[]),
    (IsCa::ExplicitNoCa, &[KeyUsagePurpose::DigitalSignature]),
    (IsCa::ExplicitNoCa, &[KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign]),
    (CA, &[]),
    (CA, &[KeyUsagePurpose::DigitalSignature]),
    (CA, &[KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign]),
];

fn permit(domain: &str) -> NameConstraints {
    let permitted_subtrees = vec![GeneralSubtree::DnsName(domain.to_owned())];
    NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() }
}

fn blank(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = OffsetDateTime::now_utc() - Duration::DAY;
    params.not_after = OffsetDateTime::now_utc() + Duration::days(300);
    params
}

fn root() -> CertificateParams {
    let mut params = blank("Root CA");
    params.is_ca = CA;
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn leaf() -> CertificateParams {
    let mut params = blank(HOST);
    params.is_ca = IsCa::ExplicitNoCa;
    params.subject_alt_names = vec![SanType::DnsName(HOST.try_into().expect("a name"))];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params
}

/// Who refuses, by `judge`.
fn predicted(question: &Question) -> Vec<Refusal> {
    let parsed = |der: &CertificateDer<'_>| Parsed::from_der(der).expect("readable");
    let served: Vec<_> = question.chain.iter().map(parsed).collect();
    let anchor = Some(parsed(&question.anchor)).filter(|anchor| anchor.der() != served[0].der());
    judge(&served, anchor.as_ref(), OffsetDateTime::now_utc())
}

#[test]
fn clients_refuse_as_judged() {
    let key = PrivateKey::generate(KeyType::P256).expect("a key");
    let pair = KeyPair::try_from(key.pkcs8()).expect("a key");
    let (mut questions, mut what) = (Vec::new(), Vec::new());
    for (case, change) in CHAINS {
        let (mut root, mut leaf) = (root(), leaf());
        change(&mut root, &mut leaf);
        let root_key = KeyPair::generate().expect("a key");
        let root_signed = root.self_signed(&root_key).expect("a root");
        let signed = leaf.signed_by(&pair, &Issuer::from_params(&root, &root_key)).expect("a leaf");
        questions.push(Question::new(&[signed.der().clone(), root_signed.der().clone()], &key, HOST));
        what.push((*case).to_owned());
    }
    for (is_ca, usages) in SELF_SIGNED {
        let mut params = leaf();
        params.is_ca = *is_ca;
        params.key_usages = usages.to_vec();
        let signed = params.self_signed(&pair).expect("a certificate");
        questions.push(Question::new(&[signed.der().clone()], &key, HOST));
        what.push(format!("self-signed, {is_ca:?}, {usages:?}"));
    }
    let mut wrong = Vec::new();
    let predicted: Vec<_> = questions.iter().map(predicted).collect();
    for client in answers(&questions) {
        for ((answer, predicted), what) in client.said.iter().zip(&predicted).zip(&what) {
            let Some(answer) = answer else { continue };
            if answer.is_err() != predicted.iter().any(|refusal| client.is_among(&refusal.by)) {
                wrong.push(format!("{}: {what}: {answer:?}", client.name));
            }
        }
    }
    assert!(wrong.is_empty(), "judged otherwise:\n{}", wrong.join("\n"));
}
