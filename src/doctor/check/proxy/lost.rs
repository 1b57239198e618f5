//! Settings that are there and have no effect: systemd drops or changes them, another spelling hides them, or Docker
//! does not read the variable.

use labtrust_plan::Endpoint;

use super::{
    code::PERCENT_SIGN,
    fix,
    view::{View, location},
};
use crate::doctor::{
    Finding,
    evidence::{Flaw, Setting, Source},
    no_proxy,
    proxy::{ALL_PROXY, winner},
};

impl View<'_, '_> {
    /// The finding that systemd does not pass on one of the variables `names` as it is written; `what` was seen.
    pub(super) fn percent_sign(&self, names: &[&str], what: &str) -> Option<Finding> {
        let (source, setting) = self.settings().find(|(source, setting)| {
            let is_named = names.iter().any(|name| setting.name.eq_ignore_ascii_case(name));
            let is_lost = matches!(setting.flaw, Some(Flaw::Dropped | Flaw::Replaced));
            source.is_read && is_named && is_lost
        })?;
        let at = location(source, setting);
        let flaw = setting.flaw.map_or("", Flaw::reason);
        let why = format!("{} in {at} does not reach Docker as it is written: {flaw}", setting.name);
        Some(Finding::new(&PERCENT_SIGN, what, why).with(fix::double_percent_signs(self, source, setting)))
    }

    /// Why `proxy`, which the daemon uses, is no URL: by its own report, or by the setting, if it reports the value with
    /// its password hidden.
    pub(super) fn flaw_of(&self, proxy: &str) -> Option<Flaw> {
        let reported = self.engine.info.answer().and_then(|info| info.https_flaw);
        let set = winner(&self.engine.sources, "HTTPS_PROXY").filter(|(_, setting)| setting.value == *proxy);
        let is_of_url = |flaw: &Flaw| !matches!(flaw, Flaw::Dropped | Flaw::Replaced);
        reported.or_else(|| set?.1.flaw).filter(is_of_url)
    }

    /// Why a `no_proxy` that covers `target` has no effect: a `NO_PROXY` that does not cover it hides it.
    pub(super) fn shadowed_list(&self, target: &Endpoint) -> Option<String> {
        let (by, hiding) =
            winner(&self.engine.sources, "NO_PROXY").filter(|(_, set)| set.name == "NO_PROXY")?;
        let (source, setting) = self.settings().find(|(source, setting)| {
            source.is_read && setting.name == "no_proxy" && no_proxy::is_bypassed(&setting.value, target)
        })?;
        Some(format!(
            "no_proxy in {} names {}, but Docker reads only NO_PROXY, which is set in {}",
            location(source, setting),
            target.host,
            location(by, hiding)
        ))
    }

    /// A proxy in the variable for all protocols, which Docker does not read.
    pub(super) fn proxy_for_all(&self) -> Option<(&Source, &Setting)> {
        self.settings().find(|(_, set)| set.name.eq_ignore_ascii_case(ALL_PROXY) && !set.value.is_empty())
    }

    fn settings(&self) -> impl Iterator<Item = (&Source, &Setting)> {
        let sources = self.engine.sources.iter();
        sources.flat_map(|source| source.settings.iter().map(move |setting| (source, setting)))
    }
}
