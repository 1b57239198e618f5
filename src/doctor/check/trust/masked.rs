//! A folder that is read in place of the one that holds the CA.

use super::{docker::Look, folder, root::leads_to};
use crate::doctor::{Code, Finding, Severity};

pub const MASKED: Code = Code { id: "certsd-masked", severity: Severity::Error, explains: &[] };

impl Look<'_> {
    /// With the image store of containerd, pulls and pushes look in another folder first.
    pub fn masked(&self) -> Option<Finding> {
        let info = self.seen.info.answer()?;
        let is_containerd =
            |(key, value): &(String, String)| key == "driver-type" && value.contains("containerd");
        info.image_store.as_ref()?.iter().find(|pair| is_containerd(pair))?;
        let endpoint = self.case.endpoint();
        let first = format!("{}_{}_", endpoint.host.in_url(), endpoint.port);
        let mask = folder::named(self.certs_d(), &first)?;
        let has_settings = folder::files(Some(mask)).iter().any(|file| file.name == "hosts.toml");
        let trusts = |folder| folder::loaded(folder).iter().any(|root| leads_to(&self.case.chain, root));
        if has_settings
            || trusts(Some(mask))
            || !trusts(folder::exact(self.certs_d(), &endpoint))
            || self.is_in_system()
        {
            return None;
        }
        let path = self.engine.certs_d.display();
        Some(
            Finding::new(
                &MASKED,
                format!("{path}/{first} is read before {path}/{}, and has no CA in it", endpoint.certs_d_folder()),
                "Docker's image store of containerd takes the first of the two that is there: pulls fail, logins do not",
            )
            .command(format!("sudo mv {path}/{first} {path}/{first}.off")),
        )
    }
}
