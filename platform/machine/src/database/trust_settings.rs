//! macOS's trust settings of certificates, which are separate from the keychains: the property list that
//! `security trust-settings-export` writes and `trust-settings-import` reads.
//!
//! Source: Apple's Security framework, `TrustSettingsSchema.h` (the list's keys) and `TrustSettings.cpp`
//! (what a setting means).

use std::{fmt::Write, io::Cursor};

use plist::{Dictionary, Value};

use labtrust_plan::Certificate;

/// The key of the entries, one for each certificate.
const LIST: &str = "trustList";
/// The key of the settings in an entry.
const SETTINGS: &str = "trustSettings";
/// Object identifiers of the policies that TLS needs, as DER contents:
/// 1.2.840.113635.100.1.3 (SSL) and 1.2.840.113635.100.1.2 (basic X.509).
const POLICIES: [&[u8]; 2] = [
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x63, 0x64, 0x01, 0x03],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x63, 0x64, 0x01, 0x02],
];

/// All trust settings of one domain: a user's, or the machine's (“admin”).
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TrustSettings(Dictionary);

/// The settings of one domain for one certificate.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry(Dictionary);

impl TrustSettings {
    /// Parses the property list `bytes`.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let list = Value::from_reader(Cursor::new(bytes)).map_err(|error| error.to_string())?;
        match list.into_dictionary() {
            Some(list) if list.get(LIST).is_some_and(|list| list.as_dictionary().is_some()) => Ok(Self(list)),
            _ => Err(format!("it has no {LIST}")),
        }
    }

    /// The property list, as XML.
    pub(crate) fn to_xml(&self) -> Result<Vec<u8>, String> {
        to_xml(&self.0)
    }

    /// The entry of `certificate`.
    pub(crate) fn entry(&self, certificate: &Certificate) -> Option<Entry> {
        let list = self.0.get(LIST)?.as_dictionary()?;
        list.get(&key(certificate))?.as_dictionary().cloned().map(Entry)
    }

    /// Sets the entry of `certificate`.
    pub(crate) fn set(&mut self, certificate: &Certificate, entry: Entry) {
        if let Some(list) = self.0.get_mut(LIST).and_then(Value::as_dictionary_mut) {
            list.insert(key(certificate), Value::Dictionary(entry.0));
        }
    }
}

impl Entry {
    /// Parses an entry from the property list `xml`.
    pub(crate) fn parse(xml: &str) -> Result<Self, String> {
        let value = Value::from_reader(Cursor::new(xml.as_bytes())).map_err(|error| error.to_string())?;
        value.into_dictionary().map(Self).ok_or_else(|| "it is not a dictionary".into())
    }

    /// The entry as a property list of its own.
    pub(crate) fn to_xml(&self) -> Result<String, String> {
        to_xml(&self.0).and_then(|xml| String::from_utf8(xml).map_err(|error| error.to_string()))
    }

    /// Whether the certificate is trusted for TLS, by every program and for every host.
    pub(crate) fn is_trusting(&self) -> bool {
        match self.0.get(SETTINGS).and_then(Value::as_array) {
            Some(settings) if !settings.is_empty() => {
                POLICIES.iter().all(|policy| is_trusted_for(settings, policy))
            }
            // “An empty trust settings array means: always trust this certificate” (SecTrustSettings.h).
            _ => true,
        }
    }

    /// Whether both have the same settings; their dates do not count.
    pub(crate) fn agrees_with(&self, other: &Self) -> bool {
        self.0.get(SETTINGS) == other.0.get(SETTINGS)
    }
}

/// Whether the first of `settings` that applies to `policy` means trust.
fn is_trusted_for(settings: &[Value], policy: &[u8]) -> bool {
    let applies = |setting: &&Dictionary| {
        let is_narrower = ["Application", "PolicyString", "KeyUsage"]
            .iter()
            .any(|constraint| setting.contains_key(&format!("kSecTrustSettings{constraint}")));
        !is_narrower
            && setting.get("kSecTrustSettingsPolicy").is_none_or(|found| found.as_data() == Some(policy))
    };
    let first = settings.iter().filter_map(Value::as_dictionary).find(applies);
    first.is_some_and(|setting| match setting.get("kSecTrustSettingsResult") {
        // Trusted as a root, or like one: kSecTrustSettingsResultTrustRoot, …TrustAsRoot.
        Some(result) => matches!(result.as_unsigned_integer(), Some(1 | 2)),
        None => true,
    })
}

/// The key of the list's entries: SHA-1 in upper-case digits. It only finds the entry; the certificate was identified by its
/// SHA-256.
fn key(certificate: &Certificate) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, certificate.der());
    digest.as_ref().iter().fold(String::new(), |mut key, byte| {
        let _ = write!(key, "{byte:02X}");
        key
    })
}

fn to_xml(dictionary: &Dictionary) -> Result<Vec<u8>, String> {
    let mut xml = Vec::new();
    Value::Dictionary(dictionary.clone()).to_writer_xml(&mut xml).map_err(|error| error.to_string())?;
    Ok(xml)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SSL: &str = "<key>kSecTrustSettingsPolicy</key><data>KoZIhvdjZAED</data>";
    const BASIC: &str = "<key>kSecTrustSettingsPolicy</key><data>KoZIhvdjZAEC</data>";

    fn entry(settings: &[&str]) -> Entry {
        let settings = if settings.is_empty() {
            String::new()
        } else {
            format!("<dict>{}</dict>", settings.join("</dict><dict>"))
        };
        let xml = format!(
            "<plist version=\"1.0\"><dict><key>{SETTINGS}</key><array>{settings}</array></dict></plist>"
        );
        Entry::parse(&xml).expect("an entry")
    }

    fn result(code: u8) -> String {
        format!("<key>kSecTrustSettingsResult</key><integer>{code}</integer>")
    }

    #[test]
    fn only_unrestricted_trust_for_tls_is_trust() {
        let deny = result(3);
        assert!(entry(&[]).is_trusting(), "an empty list trusts for everything");
        assert!(entry(&[SSL, BASIC]).is_trusting(), "no result means trust");
        assert!(entry(&[&format!("{SSL}{}", result(1)), &format!("{BASIC}{}", result(2))]).is_trusting());
        assert!(entry(&[&result(1)]).is_trusting(), "no policy means every policy");
        for settings in [
            vec![SSL.to_owned()],
            vec![deny.clone()],
            vec![format!("{SSL}{deny}"), String::new()],
            vec![result(4)],
            vec!["<key>kSecTrustSettingsPolicyString</key><string>one.example</string>".into()],
        ] {
            let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
            assert!(!entry(&settings).is_trusting(), "{settings:?}");
        }
    }

    #[test]
    fn an_entry_comes_back_as_it_was_written() {
        let certificate = Certificate::new([0x30, 0]);
        let empty = "<plist version=\"1.0\"><dict><key>trustList</key><dict/></dict></plist>";
        let mut settings = TrustSettings::parse(empty.as_bytes()).expect("settings");
        assert_eq!(settings.entry(&certificate), None);
        let denied = entry(&[&result(3)]);
        settings.set(&certificate, Entry::parse(&denied.to_xml().expect("XML")).expect("an entry"));
        let again = TrustSettings::parse(&settings.to_xml().expect("XML")).expect("settings");
        assert!(again.entry(&certificate).expect("an entry").agrees_with(&denied));
    }
}
