//! The names that a CA may sign, read from its certificate. People decide by them whether to trust the CA, and labtrust
//! must not sign a name that clients will refuse.

mod tree;
mod within;

use std::{
    collections::HashSet,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use labtrust_plan::Host;
use serde::{Serialize, Serializer};
use x509_parser::extensions::{GeneralName, GeneralSubtree, NameConstraints};

use self::tree::Tree;
use super::{
    general_name::{NameKind, Subtree, address},
    name::SubjectName,
};

/// A DNS name that cannot exist: `invalid` contains no names (RFC 2606 §2).
pub(super) const NO_DNS: &str = "none.invalid";
/// An IPv4 address that no server has: the broadcast address (RFC 919 §7).
pub(super) const NO_IPV4: Ipv4Addr = Ipv4Addr::BROADCAST;
/// An IPv6 address that no server has: the discard prefix (RFC 6666 §4).
pub(super) const NO_IPV6: Ipv6Addr = Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0);

/// The most names in a sentence.
const MOST_SHOWN: usize = 20;

/// The names that a CA's name constraints permit (RFC 5280 §4.2.1.10).
///
/// A type of name that they do not mention is not limited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Permitted {
    /// The permitted domains; `None` means that DNS names are not limited.
    pub dns: Option<Vec<Domain>>,
    /// The permitted addresses; `None` means that addresses are not limited.
    pub ip: Option<Vec<Subnet>>,
    /// The excluded domains.
    pub excluded_dns: Vec<Domain>,
    /// The excluded addresses.
    pub excluded_ip: Vec<Subnet>,
}

/// A domain and its subdomains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// The domain in the certificate, in lower case; empty means every name.
    pub base: String,
    /// Whether only the subdomains are meant, as some clients read a dot before the domain.
    pub only_below: bool,
}

/// A range of addresses: an address and a mask of equal length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// The address.
    pub address: IpAddr,
    /// The mask, of the same kind.
    pub mask: IpAddr,
}

/// The remaining names of one type.
enum Remaining<'a, T> {
    Any,
    Nothing,
    Only(Vec<&'a T>),
}

impl Permitted {
    /// No limits, as of a certificate without name constraints.
    pub fn everything() -> Self {
        Self { dns: None, ip: None, excluded_dns: Vec::new(), excluded_ip: Vec::new() }
    }

    /// Only these names, as of a certificate that cannot sign others.
    pub fn only(names: &[SubjectName]) -> Self {
        let host = |bits: IpAddr, mask| Subnet { address: bits, mask };
        let subnet = |name: &SubjectName| match name {
            SubjectName::Ip(address @ IpAddr::V4(_)) => Some(host(*address, Ipv4Addr::BROADCAST.into())),
            SubjectName::Ip(address) => Some(host(*address, Ipv6Addr::from_bits(u128::MAX).into())),
            _ => None,
        };
        let none = [
            host(NO_IPV4.into(), Ipv4Addr::BROADCAST.into()),
            host(NO_IPV6.into(), Ipv6Addr::from_bits(u128::MAX).into()),
        ];
        let dns = names.iter().filter_map(SubjectName::dns).map(|name| Domain::new(name.as_str())).collect();
        let ip = names.iter().filter_map(subnet).chain(none).collect();
        Self { dns: Some(dns), ip: Some(ip), ..Self::everything() }
    }

    /// Whether nothing is limited.
    pub fn is_everything(&self) -> bool {
        *self == Self::everything()
    }

    /// The names that these subtrees permit.
    pub(super) fn from_subtrees(trees: &[Subtree]) -> Self {
        fn base(tree: &Subtree) -> Option<GeneralSubtree<'_>> {
            let base = match tree.base.kind {
                NameKind::Dns => GeneralName::DNSName(tree.base.text()?),
                NameKind::Ip => GeneralName::IPAddress(&tree.base.value),
                _ => return None,
            };
            Some(GeneralSubtree { base })
        }
        let bases =
            |excluded| trees.iter().filter(|tree| tree.excluded == excluded).filter_map(base).collect();
        let some = |trees: Vec<_>| (!trees.is_empty()).then_some(trees);
        Self::from_constraints(&NameConstraints {
            permitted_subtrees: some(bases(false)),
            excluded_subtrees: some(bases(true)),
        })
    }

    pub(super) fn from_constraints(constraints: &NameConstraints<'_>) -> Self {
        let (dns, ip) = trees(constraints.permitted_subtrees.as_deref());
        let (excluded_dns, excluded_ip) = trees(constraints.excluded_subtrees.as_deref());
        Self {
            dns,
            ip,
            excluded_dns: excluded_dns.unwrap_or_default(),
            excluded_ip: excluded_ip.unwrap_or_default(),
        }
    }

    /// Whether the CA may sign a certificate for this name.
    pub fn permits(&self, name: &SubjectName) -> bool {
        match name {
            SubjectName::Ip(address) => {
                let within = |subnets: &[Subnet]| subnets.iter().any(|subnet| subnet.contains(*address));
                self.ip.as_deref().is_none_or(within) && !within(&self.excluded_ip)
            }
            SubjectName::Dns(name) | SubjectName::Wildcard(name) => self.permits_dns(name.as_str()),
        }
    }

    /// [`Self::permits`] for a text that some client takes for a DNS name.
    pub(super) fn permits_dns(&self, name: &str) -> bool {
        let within = |domains: &[Domain]| domains.iter().any(|domain| domain.contains(name));
        self.dns.as_deref().is_none_or(within) && !within(&self.excluded_dns)
    }

    /// The hosts that the constraints name one by one and that may be signed.
    pub fn hosts(&self) -> Vec<Host> {
        let mut hosts = self.bases();
        hosts.retain(|host| self.permits(&SubjectName::from(host.clone())));
        hosts
    }

    /// The hosts that the constraints name one by one: domains, also those whose subdomains alone are meant, and single
    /// addresses.
    pub(super) fn bases(&self) -> Vec<Host> {
        let domains = self.dns.iter().flatten().filter(|domain| !domain.is_nothing());
        let domains = domains.filter_map(|domain| domain.base.parse().ok().map(Host::Dns));
        let addresses = self.ip.iter().flatten().filter(|one| one.is_one() && !one.is_nothing());
        let mut bases: Vec<_> = domains.chain(addresses.map(|subnet| Host::Ip(subnet.address))).collect();
        let mut seen = HashSet::new();
        bases.retain(|base| seen.insert(base.clone()));
        bases
    }

    /// The permitted domains that are not excluded; none if DNS names are not limited.
    pub(super) fn open_domains(&self) -> Option<Vec<&Domain>> {
        if self.excluded_dns.iter().any(Domain::is_every_name) {
            return Some(Vec::new());
        }
        let is_open = |one: &&Domain| !one.is_nothing() && !self.excluded_dns.iter().any(|no| one.is_in(no));
        Some(self.dns.as_ref()?.iter().filter(is_open).collect())
    }

    /// Whether every name in `domain` is permitted.
    pub(super) fn permits_all_of(&self, domain: &Domain) -> bool {
        let is_within = |all: Vec<&Domain>| all.into_iter().any(|one| domain.is_in(one));
        self.open_domains().is_none_or(is_within)
    }

    /// The permitted addresses of this length that are not excluded; none if this length is not limited. For `GnuTLS`, a
    /// list of addresses of the other length does not limit this one.
    pub(super) fn open_addresses(&self, bits: u32) -> Option<Vec<&Subnet>> {
        if self.excluded_ip.iter().any(|subnet| subnet.bits() == bits && subnet.prefix() == Some(0)) {
            return Some(Vec::new());
        }
        let listed: Vec<_> = self.ip.iter().flatten().filter(|subnet| subnet.bits() == bits).collect();
        if listed.is_empty() {
            return None;
        }
        let is_open = |one: &&Subnet| !one.is_nothing() && !self.excluded_ip.iter().any(|no| one.is_in(no));
        Some(listed.into_iter().filter(is_open).collect())
    }

    fn remaining_dns(&self) -> Remaining<'_, Domain> {
        if self.excluded_dns.iter().any(Domain::is_every_name) {
            return Remaining::Nothing;
        }
        if self.dns.iter().flatten().any(Domain::is_every_name) {
            return Remaining::Any;
        }
        remaining(self.dns.as_deref(), Domain::is_nothing)
    }

    fn remaining_ip(&self) -> Remaining<'_, Subnet> {
        let all_of =
            |bits| self.excluded_ip.iter().any(|subnet| subnet.bits() == bits && subnet.prefix() == Some(0));
        if all_of(32) && all_of(128) {
            return Remaining::Nothing;
        }
        remaining(self.ip.as_deref(), Subnet::is_nothing)
    }
}

fn remaining<T>(permitted: Option<&[T]>, is_nothing: impl Fn(&T) -> bool) -> Remaining<'_, T> {
    match permitted {
        None => Remaining::Any,
        Some(permitted) => match permitted.iter().filter(|tree| !is_nothing(tree)).collect::<Vec<_>>() {
            some if some.is_empty() => Remaining::Nothing,
            some => Remaining::Only(some),
        },
    }
}

fn trees(subtrees: Option<&[GeneralSubtree<'_>]>) -> (Option<Vec<Domain>>, Option<Vec<Subnet>>) {
    let (mut dns, mut ip) = (None, None);
    for subtree in subtrees.unwrap_or_default() {
        match &subtree.base {
            GeneralName::DNSName(name) => dns.get_or_insert_with(Vec::new).push(Domain::new(name)),
            // An unreadable range permits no address, but addresses are then limited.
            GeneralName::IPAddress(bytes) => {
                ip.get_or_insert_with(Vec::new).extend(Subnet::from_bytes(bytes));
            }
            _ => {}
        }
    }
    (dns, ip)
}

impl Domain {
    fn new(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        match text.strip_prefix('.') {
            Some(base) => Self { base: base.to_owned(), only_below: true },
            None => Self { base: text, only_below: false },
        }
    }

    fn contains(&self, name: &str) -> bool {
        if self.base.is_empty() {
            return self.is_every_name();
        }
        name.strip_suffix(&self.base)
            .is_some_and(|rest| if rest.is_empty() { !self.only_below } else { rest.ends_with('.') })
    }

    /// Whether it contains all names. A dot alone does not: for OpenSSL it contains none.
    fn is_every_name(&self) -> bool {
        self.base.is_empty() && !self.only_below
    }

    fn is_nothing(&self) -> bool {
        self.base == "invalid" || self.base.ends_with(".invalid")
    }
}

impl Subnet {
    /// Reads an address and the mask after it.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (address_bytes, mask) = bytes.split_at(bytes.len() / 2);
        Some(Self { address: address(address_bytes)?, mask: address(mask)? })
    }

    fn contains(&self, address: IpAddr) -> bool {
        match (self.address, self.mask, address) {
            (IpAddr::V4(base), IpAddr::V4(mask), IpAddr::V4(address)) => {
                (base.to_bits() ^ address.to_bits()) & mask.to_bits() == 0
            }
            (IpAddr::V6(base), IpAddr::V6(mask), IpAddr::V6(address)) => {
                (base.to_bits() ^ address.to_bits()) & mask.to_bits() == 0
            }
            _ => false,
        }
    }

    fn is_nothing(&self) -> bool {
        (self.address == NO_IPV4 || self.address == NO_IPV6) && self.prefix() == Some(self.bits())
    }

    /// Whether it is a single address.
    pub fn is_one(&self) -> bool {
        self.prefix() == Some(self.bits())
    }

    fn bits(&self) -> u32 {
        if self.address.is_ipv4() { 32 } else { 128 }
    }

    /// The length of the prefix, if the mask is a prefix.
    fn prefix(&self) -> Option<u32> {
        let (ones, zeros) = match self.mask {
            IpAddr::V4(mask) => (mask.to_bits().leading_ones(), mask.to_bits().trailing_zeros()),
            IpAddr::V6(mask) => (mask.to_bits().leading_ones(), mask.to_bits().trailing_zeros()),
        };
        (ones + zeros == self.bits()).then_some(ones)
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.base.as_str() {
            "" if !self.only_below => f.write_str("every name"),
            base if self.only_below => {
                write!(f, "the subdomains of {}", if base.is_empty() { "." } else { base })
            }
            base => f.write_str(base),
        }
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.prefix() {
            Some(prefix) if prefix == self.bits() => self.address.fmt(f),
            Some(prefix) => write!(f, "{}/{prefix}", self.address),
            None => write!(f, "{}/{}", self.address, self.mask),
        }
    }
}

impl Serialize for Domain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}{}", if self.only_below { "." } else { "" }, self.base))
    }
}

impl Serialize for Subnet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// For a report: `mygitlab.example.com and its subdomains; never an IP address or another name`.
impl fmt::Display for Permitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = |names: Vec<String>| match names.len().checked_sub(MOST_SHOWN).filter(|more| *more > 0) {
            Some(more) => format!("{} and {more} more", names[..MOST_SHOWN].join(", ")),
            None => names.join(", "),
        };
        let domains = |domains: &[&Domain]| {
            let shown = |is_wanted: fn(&Domain) -> bool| -> Vec<_> {
                domains.iter().filter(|one| is_wanted(one)).map(ToString::to_string).collect()
            };
            let (whole, below) = (shown(|one| !one.only_below), shown(|one| one.only_below));
            let possessive = if whole.len() == 1 { "its" } else { "their" };
            let whole = (!whole.is_empty()).then(|| format!("{} and {possessive} subdomains", join(whole)));
            whole.into_iter().chain((!below.is_empty()).then(|| join(below))).collect::<Vec<_>>().join(", ")
        };
        let subnets = |subnets: &[&Subnet]| join(subnets.iter().map(ToString::to_string).collect());
        match (self.remaining_dns(), self.remaining_ip()) {
            (Remaining::Any, Remaining::Any) => f.write_str("any name and any IP address")?,
            (Remaining::Any, Remaining::Nothing) => f.write_str("any name; never an IP address")?,
            (Remaining::Any, Remaining::Only(ip)) => {
                write!(f, "any name, and {}; never another IP address", subnets(&ip))?;
            }
            (Remaining::Nothing, Remaining::Any) => f.write_str("any IP address; never a name")?,
            (Remaining::Nothing, Remaining::Nothing) => f.write_str("nothing")?,
            (Remaining::Nothing, Remaining::Only(ip)) => {
                write!(f, "{}; never another IP address or a name", subnets(&ip))?;
            }
            (Remaining::Only(dns), Remaining::Any) => {
                write!(f, "{}, and any IP address; never another name", domains(&dns))?;
            }
            (Remaining::Only(dns), Remaining::Nothing) => {
                write!(f, "{}; never an IP address or another name", domains(&dns))?;
            }
            (Remaining::Only(dns), Remaining::Only(ip)) => {
                write!(f, "{}, and {}; never another name or IP address", domains(&dns), subnets(&ip))?;
            }
        }
        let closed =
            self.excluded_dns.iter().filter(|domain| !domain.base.is_empty()).map(ToString::to_string);
        let ranges =
            self.excluded_ip.iter().filter(|subnet| subnet.prefix() != Some(0)).map(ToString::to_string);
        match closed.chain(ranges).collect::<Vec<_>>() {
            none if none.is_empty() => Ok(()),
            closed => write!(f, "; never {}", join(closed)),
        }
    }
}

#[cfg(test)]
#[path = "permitted/tests.rs"]
pub(super) mod tests;
