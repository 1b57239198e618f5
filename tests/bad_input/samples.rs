//! The sample files of the rows: made with OpenSSL, by hand, and with a library.

use std::sync::OnceLock;

use labtrust::certificate::pem;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls_pki_types::CertificateDer;
use time::{Duration, OffsetDateTime};

use super::case::FOLDER;
use crate::lab::{HOST, Machine};

/// A common name that a terminal would obey: it clears the screen, starts a line, and turns the rest
/// around.
pub(super) const HOSTILE: &str = "Good\u{1b}[2J\u{1b}[31m\nhint: run this\r\u{202e}gnihton\u{9b}0m\u{7}";

/// All samples as an archive: they are made once, in the machine of whichever test comes first.
static ARCHIVE: OnceLock<Vec<u8>> = OnceLock::new();

/// Lays every sample into [`FOLDER`].
pub(super) fn make(machine: &Machine) {
    let archive = ARCHIVE.get_or_init(|| archive(machine));
    let script = format!("rm -rf {FOLDER} && mkdir {FOLDER} && tar -C {FOLDER} -xf -");
    machine.command(["sh", "-c", &script]).stdin(archive).run().succeeded();
}

fn archive(machine: &Machine) -> Vec<u8> {
    let script =
        format!("mkdir {FOLDER} && cd {FOLDER} && sh -c \"$1\" || {{ cat /tmp/samples.log; exit 1; }}");
    machine.run(["sh", "-c", &script, "samples", include_str!("samples.sh")]).succeeded();
    for (name, contents) in made() {
        machine.write(&format!("{FOLDER}/{name}"), contents);
    }
    machine.sh(&format!("tar -C {FOLDER} --sparse -cf - .")).succeeded().bytes()
}

/// A CA's parameters.
fn ca(name: &str, from: i64, to: i64) -> CertificateParams {
    let mut params = CertificateParams::default();
    let now = OffsetDateTime::now_utc();
    (params.not_before, params.not_after) = (now + Duration::days(from), now + Duration::days(to));
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn text<'a>(certificates: impl IntoIterator<Item = &'a CertificateDer<'a>>) -> Vec<u8> {
    pem::write_certificates(certificates).into_bytes()
}

fn made() -> Vec<(&'static str, Vec<u8>)> {
    let key = KeyPair::generate().unwrap();
    let root = |params: CertificateParams| params.self_signed(&key).unwrap().der().clone();

    let roots: Vec<_> = (0..3_000).map(|number| root(ca(&format!("Root {number}"), -1, 90))).collect();

    // By its key usage alone some clients take it for a CA.
    let mut unmarked = ca("Unmarked", -1, 90);
    unmarked.is_ca = IsCa::NoCa;

    let mut large = ca("Large", -1, 90);
    let extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![4; 10 << 20]);
    large.custom_extensions = vec![extension];
    let mut names = ca("Names", -1, 90);
    names.subject_alt_names = (0..20_000)
        .map(|number| rcgen::SanType::DnsName(format!("host-{number}.example.com").try_into().unwrap()))
        .collect();

    // Two CAs that signed each other, and a leaf below.
    let (one, other) = (ca("One", -1, 90), ca("Other", -1, 90));
    let [one_key, other_key] = [(); 2].map(|()| KeyPair::generate().unwrap());
    let one_issuer = Issuer::from_params(&one, &one_key);
    let other_issuer = Issuer::from_params(&other, &other_key);
    let by_other = one.signed_by(&one_key, &other_issuer).unwrap().der().clone();
    let by_one = other.signed_by(&other_key, &one_issuer).unwrap().der().clone();
    let mut leaf = CertificateParams::new([HOST.to_owned()]).unwrap();
    leaf.not_before = OffsetDateTime::now_utc() - Duration::DAY;
    leaf.not_after = OffsetDateTime::now_utc() + Duration::days(90);
    let below = leaf.signed_by(&key, &one_issuer).unwrap().der().clone();

    // What a server may show before anybody has trusted it.
    let mut served = CertificateParams::new([HOST.to_owned()]).unwrap();
    served.distinguished_name = DistinguishedName::new();
    served.distinguished_name.push(DnType::CommonName, HOSTILE);
    served.not_before = leaf.not_before;
    served.not_after = leaf.not_after;

    // Every candidate has the right name and the wrong key.
    let mut impostors = vec![below.clone()];
    impostors.extend((0..1_500).map(|_| root(ca("One", -1, 90))));

    vec![
        ("3000.pem", text(&roots)),
        ("expired.crt", text([&root(ca("Expired", -90, -1))])),
        ("future.crt", text([&root(ca("Future", 30, 90))])),
        ("hostile.crt", text([&root(ca(HOSTILE, -1, 90))])),
        ("hostile-served.crt", text([&root(served)])),
        ("hostile-expired.crt", text([&root(ca(HOSTILE, -90, -1))])),
        ("long.crt", text([&root(ca(&"long ".repeat(100_000), -1, 90))])),
        ("unmarked.crt", text([&root(unmarked)])),
        ("large.crt", text([&root(large)])),
        ("names.crt", text([&root(names)])),
        ("circle.pem", text([&below, &by_other, &by_one])),
        ("impostors.pem", text(&impostors)),
        ("keyed.key", pem::write_key(&key.serialize_der()).as_bytes().to_vec()),
        ("two.pem", text(&roots[..2])),
    ]
}
