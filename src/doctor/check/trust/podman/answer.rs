//! Judges the message of a tool of podman's family that contacted the registry (containers/image).

use std::path::Path;

use labtrust_machine::engine::{Reach, reach_from_client};
use labtrust_plan::{Endpoint, ShellLine, Target, fact::User, text};

use super::super::{fatal::UNREADABLE, is_about_ca};
use crate::doctor::{
    Case, Code, Finding,
    case::WEB,
    evidence::{ContainerToolSeen, Setting},
    no_proxy,
};

pub(super) const BLOCKED: Code = Code::error("podman-blocked").explaining(FOLLOWS);
pub(super) const BROKEN: Code = Code::error("registries-conf-broken").explaining(FOLLOWS);
pub(super) const REWRITTEN: Code = Code::error("podman-rewritten").explaining(&["untrusted-podman"]);
pub(super) const PROXY: Code = Code::error("podman-proxy-not-bypassed").explaining(&["untrusted-podman"]);
pub(super) const ROOTS: Code = Code::error("roots-replaced").explaining(&["untrusted-podman"]);

const FOLLOWS: &[&str] =
    &["podman-rewritten", "podman-proxy-not-bypassed", "roots-replaced", "untrusted-podman"];

/// What a tool of podman's family reported about the registry.
pub(super) struct Answer<'c, 'e> {
    pub case: &'c Case<'e>,
    pub tool: &'e ContainerToolSeen,
    pub message: &'e str,
}

impl<'c, 'e> Answer<'c, 'e> {
    /// The answer about the registry of `case`, if a tool gave one.
    pub(super) fn of(case: &'c Case<'e>) -> Option<Self> {
        let tool = case.evidence.client.containers.as_ref()?;
        let message = tool.answer.answer().filter(|_| tool.endpoint == case.endpoint())?;
        Some(Self { case, tool, message })
    }

    /// Whether the tool ran with the rights of `user`.
    pub(super) fn is_for(&self, user: &User) -> bool {
        let own = &self.case.evidence.facts.user;
        self.tool.user.as_ref().map_or(user.uid == own.uid, |name| *name == user.name)
    }

    /// The user with whose rights the tool ran.
    fn user(&self) -> &'e User {
        let facts = &self.case.evidence.facts;
        facts.people().find(|user| self.is_for(user)).unwrap_or(&facts.user)
    }

    /// The finding that the tool's own settings, or the shell's variables, are the reason; none for another reason.
    pub(super) fn finding(&self) -> Option<Finding> {
        let own = self.blocked().or_else(|| self.broken()).or_else(|| self.forbidden());
        own.or_else(|| self.rewritten()).or_else(|| self.through_proxy())
    }

    /// Whether the tool accepts the registry's certificate.
    pub(super) fn is_accepted(&self) -> bool {
        // The tool's folder does not matter for this.
        self.message.is_empty() || reach_from_client(self.message, Path::new("/")) == Reach::Accepted
    }

    /// The finding that this user may not read a file of the folder for the registry.
    fn forbidden(&self) -> Option<Finding> {
        let (_, rest) = self.message.split_once("open /")?;
        let path = format!("/{}", rest.split_once(": permission denied")?.0);
        Some(forbidden(self.user(), Path::new(&path), false)).filter(|_| path.contains("/certs.d/"))
    }

    fn blocked(&self) -> Option<Finding> {
        let (_, rest) = self.message.split_once(" is blocked in ")?;
        let file = rest.split(" or ").next().unwrap_or(rest);
        let what = format!(
            "podman is told to use no image of {}: blocked = true in {file}, or in a file of {file}.d",
            self.tool.endpoint
        );
        let finding =
            Finding::new(&BLOCKED, what, "podman, buildah and skopeo then contact this registry for nothing");
        Some(
            finding
                .advise("remove that line, or the [[registry]] block that it is in; this shows it:")
                .run(["grep", "-rn", "-B3", "blocked", file, &format!("{file}.d")]),
        )
    }

    fn broken(&self) -> Option<Finding> {
        let (_, rest) = self.message.rsplit_once("loading registries configuration \"")?;
        let (file, why) = rest.split_once("\": ")?;
        let what = format!("podman cannot read {file}: {why}");
        let finding =
            Finding::new(&BROKEN, what, "podman, buildah and skopeo then contact no registry at all");
        Some(
            finding
                .advise("correct that file (its form is TOML, version 2: man containers-registries.conf):")
                .run(["sudoedit", file]),
        )
    }

    /// The finding that the tool was sent to another registry.
    fn rewritten(&self) -> Option<Finding> {
        let asked = self.tool.endpoint.registry_name();
        let other = other_registry(self.message, &asked)?;
        // The location is there on purpose if its registry answers, and only wants a login or lacks the image.
        if self.is_accepted() {
            return None;
        }
        let what = format!("podman gets the images of {asked} from {other}, which reports: {}", self.message);
        let why = "a [[registry]] block in registries.conf has another location for this registry; podman login does not use it";
        let finding = Finding::new(&REWRITTEN, what, why);
        let finding = finding.advise("remove the block, or correct its location; this shows it:");
        let own = self.user().home.join(".config/containers").display().to_string();
        let search = |folder: &str| ShellLine::of(["grep", "-rns", "-B3", "-A3", "--", &other, folder]);
        Some(finding.command(search("/etc/containers/")).command(search(&own)))
    }

    /// The finding that the proxy of the shell is the reason, although the server can be reached without it.
    fn through_proxy(&self) -> Option<Finding> {
        let proxy = self.first(&["HTTPS_PROXY", "https_proxy"])?;
        let list = self.first(&["NO_PROXY", "no_proxy"]).map_or("", |setting| &setting.value);
        let web = Endpoint::new(self.case.host().clone(), WEB);
        let registry = &self.tool.endpoint;
        if [registry, &web].into_iter().all(|endpoint| no_proxy::is_bypassed(list, endpoint)) {
            return None;
        }
        let is_proxys = self.message.contains("proxyconnect")
            || PROXYS_WORDS.iter().any(|words| self.message.trim_end().ends_with(words));
        let works_directly =
            self.case.registry_server().is_some_and(|server| server.reached.chain().is_some());
        if !is_proxys || !works_directly {
            return None;
        }
        let what = format!(
            "podman connects to {registry} through the proxy {} ({}): {}",
            proxy.value, proxy.name, self.message
        );
        let finding = Finding::new(
            &PROXY,
            what,
            "podman, buildah and skopeo use the proxy of the shell that starts them",
        );
        Some(
            finding
                .advise("bypass the proxy for this host, also where the variable is set for every shell:")
                .run(["export", &format!("NO_PROXY={}", no_proxy::with(list, &registry.host))]),
        )
    }

    /// The finding that the variables of the shell replace the anchors of the system, which `is_trusting`.
    pub(super) fn replaced_roots(&self, is_trusting: bool) -> Option<Finding> {
        if !self.is_refused() || !is_trusting {
            return None;
        }
        let set: Vec<_> =
            self.tool.variables.iter().filter(|setting| setting.name.starts_with("SSL_CERT_")).collect();
        let values: Vec<_> =
            set.iter().map(|setting| format!("{}={}", setting.name, setting.value)).collect();
        let names = set.iter().map(|setting| setting.name.as_str());
        let finding = (!set.is_empty()).then(|| {
            let what =
                format!("podman trusts only the CAs in {}, and not the system store", values.join(" and "));
            Finding::new(
                &ROOTS,
                what,
                "in Go programs, these variables replace the system store for the shell that sets them",
            )
        });
        Some(
            finding?
                .advise("unset them, also where they are set for every shell:")
                .run(["unset"].into_iter().chain(names)),
        )
    }

    /// Whether the tool does not know the CA of the registry.
    pub(super) fn is_refused(&self) -> bool {
        // The realm check judges the certificate of the token service.
        let is_registrys =
            self.message.contains(&format!("https://{}/v2/", self.tool.endpoint.registry_name()));
        is_registrys && is_about_ca(self.message)
    }

    fn first(&self, names: &[&str]) -> Option<&'e Setting> {
        let set = |name: &&str| self.tool.variables.iter().find(|setting| setting.name == **name);
        names.iter().find_map(set)
    }
}

/// The finding that `user` may not read `path`, a file or a folder of a registry.
pub(super) fn forbidden(user: &User, path: &Path, is_folder: bool) -> Finding {
    let (user, shown) = (&user.name, text::path(path));
    let what = format!("{user} may not read {shown}");
    let why = "podman, buildah and skopeo read the CA with the rights of the user who runs them";
    let mode = if is_folder { "a+rx" } else { "a+r" };
    Finding::new(&UNREADABLE, what, why).advise("let everyone read it; a CA is no secret:").run([
        "sudo",
        "chmod",
        mode,
        &path.display().to_string(),
    ])
}

/// The ends of messages whose last words are a proxy's answer to `CONNECT`.
const PROXYS_WORDS: [&str; 5] = [
    ": Service Unavailable",
    ": Forbidden",
    ": Bad Gateway",
    ": Proxy Authentication Required",
    ": Gateway Timeout",
];

/// The registry in `message` to which a tool was sent instead of `asked`.
fn other_registry(message: &str, asked: &str) -> Option<String> {
    // The registry itself is asked after its mirrors.
    let message = message.rsplit_once("]): ").map_or(message, |(_, last)| last);
    let after =
        ["pinging container registry ", "reading manifest latest in ", "fetching manifest latest in "];
    let (_, rest) = after.iter().find_map(|words| message.split_once(words))?;
    let other = rest.split(['/', ' ']).next()?.trim_end_matches(':');
    (other.parse::<Target>().is_ok() && other != asked).then(|| other.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_whose_registry_answers_is_no_fault() {
        let text = include_str!("../../../../../tests/evidence/untrusted-podman.json");
        let evidence: crate::doctor::Evidence = serde_json::from_str(text).expect("evidence");
        for (said, expected) in [
            ("reading manifest latest in mirror.example/x/probe: manifest unknown", false),
            (
                "reading manifest latest in mirror.example/x/probe: unauthorized: authentication required",
                false,
            ),
            ("reading manifest latest in mirror.example/x/probe: denied: requested access is denied", false),
            ("pinging container registry mirror.example: Get \"https://mirror.example/v2/\": EOF", true),
            (
                "pinging container registry mirror.example: received unexpected HTTP status: 502 Bad Gateway",
                true,
            ),
        ] {
            let mut evidence = evidence.clone();
            let tool = evidence.client.containers.as_mut().expect("a tool");
            tool.answer = crate::doctor::evidence::Asked::Answered(said.into());
            let findings = crate::doctor::diagnose(&evidence).findings;
            let is_blamed = findings.iter().any(|finding| finding.code == &REWRITTEN);
            assert_eq!(is_blamed, expected, "{said}: {findings:?}");
        }
    }

    #[test]
    fn another_registry_is_seen_in_the_message() {
        for (message, expected) in [
            (
                r#"pinging container registry other:5000: Get "https://other:5000/v2/": EOF"#,
                Some("other:5000"),
            ),
            (r#"pinging container registry h:4567: Get "https://h:4567/v2/": EOF"#, None),
            (
                "reading manifest latest in mirror.example/labtrust/probe: manifest unknown",
                Some("mirror.example"),
            ),
            ("reading manifest latest in h:4567/labtrust/probe: unauthorized", None),
            ("reading manifest latest in h/labtrust/probe: unauthorized", Some("h")),
            (
                "(Mirrors also failed: [m/x: pinging container registry m: EOF]): h:4567/x: pinging container registry h:4567: EOF",
                None,
            ),
            (
                r#"pinging container registry [2001:db8::1]:4567: Get "https://[2001:db8::1]:4567/v2/": EOF"#,
                Some("[2001:db8::1]:4567"),
            ),
            ("reading manifest latest in [2001:db8::1]/x/probe: unauthorized", Some("[2001:db8::1]")),
            ("pinging container registry a;reboot: EOF", None),
            ("it failed", None),
        ] {
            assert_eq!(other_registry(message, "h:4567").as_deref(), expected, "{message}");
        }
    }
}
