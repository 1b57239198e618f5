//! macOS keychains, through Apple's `security`, the only tool that may change what macOS trusts.
//!
//! Trust needs two things there: the certificate in a keychain, from which chains are built, and an entry in the trust
//! settings of a domain: the user's or the machine's (“admin”). Each is found by SHA-256 and undone by itself. Whether both
//! together mean trust is asked of macOS: `verify-cert` asks trustd, as every program does.
//!
//! Source: security(1) and Apple's sources of it, Security-61901 (`SecurityTool/macOS/*.c`,
//! `TrustSettings.cpp`, `SecTrustSettings.h`).

use std::{path::Path, thread, time::Duration};

use labtrust_plan::{Certificate, Command, Contents, Keychain, Listing, ProofResult, Wanted};
use rustls_pki_types::CertificateDer;

use super::{
    tool::{PRIVATE, TrustDatabase, with_file},
    trust_settings::{Entry, TrustSettings},
};
use crate::{
    Error, Result,
    world::{Node, World},
};

/// Seconds for reading. It shows no window, so only a hanging trustd or securityd takes this long.
const READING: u64 = 30;
/// How often trustd is asked, and the pause between two requests: it learns of new trust settings by a notification
/// (`SecTrustSettings.cpp`, `tsTrustSettingsChanged`), and uses the old settings until then.
const MOST_QUESTIONS: usize = 5;
const PAUSE: Duration = Duration::from_millis(200);

const HINT: &str = "macOS changes trust only after somebody answers its password window, even for root. Run it in a terminal \
                    on that Mac's own desktop. Over ssh, in CI or for many Macs, install the certificate with a \
                    configuration profile (.mobileconfig) from your MDM";

/// Apple's `security`, for one keychain.
pub(super) struct Tool<'a>(pub &'a Keychain);

impl TrustDatabase for Tool<'_> {
    /// The entry of `certificate` in this keychain and domain; other domains are not read.
    fn find(&self, world: &World, certificate: &Certificate) -> Result<Option<Listing>> {
        let present = self.holds(world, certificate)?;
        let entry = self.settings(world)?.and_then(|settings| settings.entry(certificate));
        Ok((present || entry.is_some()).then_some(()).map(|()| Listing {
            present,
            trusted: present && entry.as_ref().is_some_and(Entry::is_trusting),
            settings: entry.and_then(|entry| entry.to_xml().ok()),
        }))
    }

    /// Adds `certificate`, trusted for TLS and nothing else.
    fn add(&self, world: &World, certificate: &Certificate) -> Result<()> {
        // macOS rejects a result that does not fit the certificate (`TrustSettings.cpp`, `validateApiTrustSettings`). The
        // signer decides, not whether the certificate is a CA.
        let result = if is_self_signed(certificate) { "trustRoot" } else { "trustAsRoot" };
        let keychain = self.0.path.to_string_lossy();
        // `verify-cert` uses the policy basic X.509: without `basic` it would not see the trust.
        let more = ["-r", result, "-p", "ssl", "-p", "basic", "-k", &keychain];
        with_file(world, certificate, |file| {
            self.change(world, self.domain_command("add-trusted-cert", &more, file))
        })
    }

    /// Restores the entry of `certificate` to its state `before`. False if somebody else has changed the settings since: then
    /// they are left as they are, with the certificate.
    fn undo(&self, world: &World, certificate: &Certificate, before: Option<&Listing>) -> Result<bool> {
        let earlier = before.and_then(|listing| listing.settings.as_deref());
        let earlier = earlier.map(Entry::parse).transpose().map_err(|why| self.corrupt(&why))?;
        let settings = self.settings(world)?.unwrap_or_default();
        match (settings.entry(certificate), earlier) {
            (Some(now), Some(earlier)) if now.agrees_with(&earlier) => {}
            (Some(now), _) if !now.is_trusting() => return Ok(false),
            (Some(_), Some(earlier)) => self.import(world, settings, certificate, earlier)?,
            // First the trust, then the certificate: trust in a certificate that no keychain shows would stay unnoticed.
            (Some(_), None) => with_file(world, certificate, |file| {
                self.change(world, self.domain_command("remove-trusted-cert", &[], file))
            })?,
            (None, _) => {}
        }
        if before.is_none_or(|listing| !listing.present) && self.holds(world, certificate)? {
            let sha256 = certificate.fingerprint().to_string().to_uppercase();
            let keychain = self.0.path.to_string_lossy();
            let arguments = ["delete-certificate", "-Z", &sha256, &keychain];
            self.change(world, Command::new(&self.0.security, arguments))?;
        }
        Ok(true)
    }

    fn prove(&self, world: &World, certificate: &Certificate, wanted: Wanted) -> Result<ProofResult> {
        let seen = match self.objection(world, certificate)? {
            None => ProofResult::Holds("macOS accepts it".into()),
            Some(why) => ProofResult::Fails(format!("macOS does not accept it: {why}")),
        };
        Ok(seen.to(wanted))
    }
}

impl Tool<'_> {
    /// The reason why macOS does not trust `certificate` for the acting user; none if any domain trusts it.
    fn objection(&self, world: &World, certificate: &Certificate) -> Result<Option<String>> {
        let expected = self.find(world, certificate)?.is_some_and(|listing| listing.trusted);
        let mut answer = self.verify(world, certificate)?;
        for _ in 1..MOST_QUESTIONS {
            if answer.is_none() == expected {
                break;
            }
            thread::sleep(PAUSE);
            answer = self.verify(world, certificate)?;
        }
        Ok(answer)
    }

    /// Runs `verify-cert`. Without `-p ssl`: that policy is for a server's certificate, and a CA fails it. `-l` declares it a
    /// CA, and `-L` keeps it from the network.
    fn verify(&self, world: &World, certificate: &Certificate) -> Result<Option<String>> {
        with_file(world, certificate, |file| {
            let file = file.to_string_lossy();
            let command = Command::new(&self.0.security, ["verify-cert", "-l", "-L", "-c", &file]);
            let command = command.within(READING);
            let output = world.try_run(&command)?;
            match output.code {
                Some(0) => Ok(None),
                Some(1) => {
                    let message = String::from_utf8_lossy(&output.stderr).into_owned();
                    let message = message.lines().rev().map(str::trim).find(|line| !line.is_empty());
                    Ok(Some(message.unwrap_or("it gives no reason").to_owned()))
                }
                _ => Err(output.into_error(&command)),
            }
        })
    }

    /// Whether the keychain holds `certificate`.
    fn holds(&self, world: &World, certificate: &Certificate) -> Result<bool> {
        // If `security` cannot open the keychain, it searches all keychains (`keychain_create_array`).
        if world.look(&self.0.path)? == Node::Absent {
            return Ok(false);
        }
        let keychain = self.0.path.to_string_lossy();
        let command = Command::new(&self.0.security, ["find-certificate", "-a", "-p", &keychain]);
        let output = world.run(&command.within(READING))?;
        Ok(Certificate::read_all(&output.stdout).0.contains(certificate))
    }

    /// The trust settings of the domain, if it has any. If not, `security` exits with 1, as for nearly every fault, and
    /// explains that in the user's language.
    fn settings(&self, world: &World) -> Result<Option<TrustSettings>> {
        world.with_scratch(|folder| {
            let file = folder.join("settings.plist");
            let command = self.domain_command("trust-settings-export", &[], &file).within(READING);
            let output = world.try_run(&command)?;
            match (output.code, world.read(&file)?) {
                (Some(0), Some(bytes)) => {
                    TrustSettings::parse(&bytes).map(Some).map_err(|why| self.corrupt(&why))
                }
                (Some(1), None) => Ok(None),
                _ => Err(output.into_error(&command)),
            }
        })
    }

    /// Imports `settings` with the entry `earlier` for `certificate`.
    fn import(
        &self,
        world: &World,
        mut settings: TrustSettings,
        certificate: &Certificate,
        earlier: Entry,
    ) -> Result<()> {
        settings.set(certificate, earlier);
        let xml = settings.to_xml().map_err(|why| self.corrupt(&why))?;
        world.with_scratch(|folder| {
            let file = folder.join("settings.plist");
            world.put(&file, &Contents::Public(xml), PRIVATE)?;
            self.change(world, self.domain_command("trust-settings-import", &[], &file))
        })
    }

    /// Runs a command for which macOS asks for a password.
    fn change(&self, world: &World, command: Command) -> Result<()> {
        let command = command.within(self.0.patience);
        world.run(&command).map(drop).map_err(|error| error.with_hint(HINT))
    }

    fn domain_command(&self, verb: &str, more: &[&str], file: &Path) -> Command {
        let domain = self.0.admin.then_some("-d");
        let file = file.to_string_lossy();
        let arguments = std::iter::once(verb).chain(domain).chain(more.iter().copied()).chain([&*file]);
        Command::new(&self.0.security, arguments)
    }

    fn corrupt(&self, why: &str) -> Error {
        let domain = if self.0.admin { "the machine's" } else { "the user's" };
        Error::Corrupt {
            path: self.0.path.clone(),
            why: format!("has trust settings ({domain}) that cannot be read: {why}"),
        }
    }
}

/// Whether `certificate` names itself as its issuer. A certificate that cannot be read counts as a root: nearly all trusted
/// certificates are roots.
fn is_self_signed(certificate: &Certificate) -> bool {
    let der = CertificateDer::from(certificate.der());
    webpki::EndEntityCert::try_from(&der).map_or(true, |parsed| parsed.issuer() == parsed.subject())
}
