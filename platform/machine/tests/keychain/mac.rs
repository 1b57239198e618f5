//! A Mac for tests: its facts, keychains in a folder of its own, and the replacement for `security` with its state.

use std::{
    fs,
    path::{Path, PathBuf},
};

use labtrust_machine::{Outcome, Session, Silent, Worlds, apply, receipt::Receipts, undo};
use labtrust_plan::{
    Anchor, Certificate, Change, Database, Facts, Proof, Step,
    fact::{Os, User},
    store::{Planned, Store},
};
use plist::{Dictionary, Value};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::Result;

/// One of the two keychains, with its domain of trust settings.
#[derive(Clone, Copy)]
pub(crate) enum Which {
    System,
    Login,
}

pub(crate) struct Mac {
    folder: tempfile::TempDir,
    facts: Facts,
}

impl Mac {
    /// A Mac on which a user without privileges runs labtrust.
    pub(crate) fn of_user() -> Result<Self> {
        Self::new(|folder| (user(501, &folder.join("home")), None))
    }

    /// A Mac on which that user has called sudo. Both users have the id of this process, so that it can act as both.
    pub(crate) fn under_sudo() -> Result<Self> {
        Self::new(|folder| (user(0, &folder.join("root")), Some(user(0, &folder.join("home")))))
    }

    fn new(people: impl FnOnce(&Path) -> (User, Option<User>)) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let security = folder.path().join("security");
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keychain/security"), &security)?;
        let (user, invoker) = people(folder.path());
        let facts = Facts {
            invoker,
            tools: [("security".to_owned(), security)].into(),
            ..Facts::new(Os::Macos, user)
        };
        let mac = Self { folder, facts };
        for which in [Which::System, Which::Login] {
            let keychain = mac.keychain(which);
            fs::create_dir_all(keychain.parent().unwrap_or(Path::new("/")))?;
            fs::write(keychain, "")?;
        }
        Ok(mac)
    }

    pub(crate) fn trust(&self, certificate: &Certificate) -> Result<Vec<Outcome>> {
        let anchor = anchor(certificate);
        let Planned::Changes(mut changes) =
            (Store::find("macos").ok_or("no store")?.plan)(&self.facts, &anchor)
        else {
            return Err("nothing planned".into());
        };
        for change in &mut changes {
            self.move_here(change);
        }
        self.run(|session| apply(session, &name(certificate), Some(&anchor), &changes))
    }

    pub(crate) fn untrust(&self, certificate: &Certificate) -> Result<Vec<Outcome>> {
        self.run(|session| {
            let mut receipt = session.receipts.load_or_new(&name(certificate), None)?;
            undo(session, &mut receipt, |_| true)
        })
    }

    fn run(
        &self,
        act: impl FnOnce(&Session<'_>) -> labtrust_machine::Result<Vec<Outcome>>,
    ) -> Result<Vec<Outcome>> {
        let worlds = Worlds::new(&self.facts, "/nonexistent", "");
        let receipts = Receipts::open(&self.state(), &Silent)?;
        let session = Session { facts: &self.facts, worlds: &worlds, receipts: &receipts, progress: &Silent };
        Ok(act(&session)?)
    }

    /// Moves the keychain of `change` into the test's folder, with a short time limit for the password window.
    fn move_here(&self, change: &mut Change) {
        let in_step = change.steps.iter_mut().filter_map(|step| match step {
            Step::Entry { database, .. } => Some(database),
            _ => None,
        });
        let in_proof = match &mut change.proof {
            Proof::Entry { database, .. } => Some(database),
            _ => None,
        };
        for database in in_step.chain(in_proof) {
            let Database::Keychain(keychain) = database else { continue };
            keychain.patience = 1;
            if keychain.admin {
                keychain.path = self.keychain(Which::System);
            }
        }
    }

    /// Gives the replacement these faults.
    pub(crate) fn misbehave(&self, lines: &[&str]) -> Result {
        Ok(fs::write(self.folder.path().join("mode"), lines.join("\n"))?)
    }

    /// The calls so far for which macOS would have asked for a password.
    pub(crate) fn changing_calls(&self) -> Result<Vec<String>> {
        let calls = fs::read_to_string(self.folder.path().join("calls"))?;
        let verbs = ["add-trusted-cert", "remove-trusted-cert", "trust-settings-import"];
        let changing = calls.lines().filter(|call| verbs.iter().any(|verb| call.starts_with(verb)));
        Ok(changing.map(str::to_owned).collect())
    }

    pub(crate) fn holds(&self, which: Which) -> Result<Vec<Certificate>> {
        Ok(Certificate::read_all(&fs::read(self.keychain(which))?).0)
    }

    pub(crate) fn put(&self, which: Which, certificate: &Certificate) -> Result {
        let before = fs::read_to_string(self.keychain(which))?;
        Ok(fs::write(self.keychain(which), before + &certificate.pem())?)
    }

    /// Sets the result of `certificate` in the domain, as another program would: 1 trusts, 3 denies.
    pub(crate) fn set_result(&self, which: Which, certificate: &Certificate, result: u64) -> Result {
        let mut setting = Dictionary::new();
        setting.insert("kSecTrustSettingsResult".into(), result.into());
        let mut entry = Dictionary::new();
        entry.insert("trustSettings".into(), Value::Array(vec![setting.into()]));
        let mut list = self.list(which)?;
        list.insert(sha1(certificate), entry.into());
        let mut all = Dictionary::new();
        all.insert("trustList".into(), list.into());
        all.insert("trustVersion".into(), 1.into());
        Ok(Value::from(all).to_file_xml(self.settings(which))?)
    }

    /// The result of the domain's only setting for `certificate`.
    pub(crate) fn result(&self, which: Which, certificate: &Certificate) -> Result<Option<u64>> {
        let settings = self.entry(which, certificate)?;
        Ok(settings.and_then(|settings| {
            settings.first()?.as_dictionary()?.get("kSecTrustSettingsResult")?.as_unsigned_integer()
        }))
    }

    /// The policies for which the domain trusts `certificate`.
    pub(crate) fn policies(&self, which: Which, certificate: &Certificate) -> Result<Option<Vec<String>>> {
        let name = |setting: &Value| {
            setting.as_dictionary()?.get("kSecTrustSettingsPolicyName")?.as_string().map(str::to_owned)
        };
        let settings = self.entry(which, certificate)?;
        Ok(settings.map(|settings| settings.iter().filter_map(name).collect()))
    }

    /// Checks that no receipt is left.
    pub(crate) fn assert_no_traces(&self) {
        assert!(!self.state().exists());
    }

    fn entry(&self, which: Which, certificate: &Certificate) -> Result<Option<Vec<Value>>> {
        let list = self.list(which)?;
        let entry = list.get(&sha1(certificate)).and_then(Value::as_dictionary);
        Ok(entry.and_then(|entry| entry.get("trustSettings")?.as_array().cloned()))
    }

    fn list(&self, which: Which) -> Result<Dictionary> {
        if !self.settings(which).exists() {
            return Ok(Dictionary::new());
        }
        let all = Value::from_file(self.settings(which))?.into_dictionary().ok_or("no dictionary")?;
        Ok(all.get("trustList").and_then(Value::as_dictionary).cloned().unwrap_or_default())
    }

    fn keychain(&self, which: Which) -> PathBuf {
        self.folder.path().join(match which {
            Which::System => "Library/Keychains/System.keychain",
            Which::Login => "home/Library/Keychains/login.keychain-db",
        })
    }

    fn settings(&self, which: Which) -> PathBuf {
        self.folder.path().join(match which {
            Which::System => "admin.plist",
            Which::Login => "user.plist",
        })
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }
}

/// The certificate of a new CA with this name.
pub(crate) fn authority(name: &str) -> Result<Certificate> {
    let (certificate, ..) = new_authority(name)?;
    Ok(certificate)
}

/// A new server certificate that a CA signed.
pub(crate) fn leaf(name: &str) -> Result<Certificate> {
    let (_, params, key) = new_authority("Company CA")?;
    let leaf_key = KeyPair::generate()?;
    let mut leaf = CertificateParams::new(vec![name.to_owned()])?;
    leaf.distinguished_name.push(DnType::CommonName, name);
    let leaf = leaf.signed_by(&leaf_key, &Issuer::new(params, key))?;
    Ok(Certificate::new(leaf.der().to_vec()))
}

fn new_authority(name: &str) -> Result<(Certificate, CertificateParams, KeyPair)> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key)?;
    Ok((Certificate::new(certificate.der().to_vec()), params, key))
}

fn anchor(certificate: &Certificate) -> Anchor {
    Anchor::new(certificate.clone(), Vec::new())
}

fn name(certificate: &Certificate) -> String {
    format!("trust-{}", certificate.fingerprint().short())
}

fn user(uid: u32, home: &Path) -> User {
    User { name: format!("user{uid}"), uid, gid: 20, home: home.to_owned() }
}

fn sha1(certificate: &Certificate) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, certificate.der());
    digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().concat()
}
