//! Trust flags as certutil(1) writes them: for TLS, for mail and for signed programs, such as `C,,`.

use std::fmt;

/// The flags of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flags([String; 3]);

impl Flags {
    /// The flags of an anchor for servers and nothing else.
    pub(crate) fn anchor() -> Self {
        Self(["C".into(), String::new(), String::new()])
    }

    /// No flags.
    pub(crate) fn none() -> Self {
        Self(Default::default())
    }

    /// Parses `C,,`. `u`, for a certificate whose key is in the database too, is left out: nobody can set it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<_> = text.split(',').collect();
        let is_flags = |part: &&str| part.chars().all(|flag| "pPcCTuw".contains(flag));
        let [tls, mail, code] = parts.iter().filter(|part| is_flags(part)).collect::<Vec<_>>()[..] else {
            return None;
        };
        let part = |part: &str| in_order(&part.replace('u', ""));
        (parts.len() == 3).then(|| Self([part(tls), part(mail), part(code)]))
    }

    /// Whether it is an anchor for servers.
    pub(crate) fn is_anchor(&self) -> bool {
        self.0[0].contains('C')
    }

    /// Whether somebody has set it as never to be trusted.
    pub(crate) fn is_distrust(&self) -> bool {
        self.0[0].contains('p')
    }

    /// These flags, as an anchor for servers too.
    #[must_use]
    pub(crate) fn with_anchor(&self) -> Self {
        if self.is_anchor() {
            return self.clone();
        }
        // `c` is a part of `C`, and `p` its opposite.
        let tls = format!("{}C", self.0[0].replace(['c', 'p', 'P'], ""));
        Self([in_order(&tls), self.0[1].clone(), self.0[2].clone()])
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(","))
    }
}

/// The flags `part`, in one order: they may be set in any.
fn in_order(part: &str) -> String {
    let mut flags: Vec<char> = part.chars().collect();
    flags.sort_unstable();
    flags.dedup();
    flags.into_iter().collect()
}

/// The flags of the certificate called `label` in the output of `certutil -L`; none if it is not listed. Of several with
/// this name, all must have the same flags, because their lines do not tell them apart.
pub(crate) fn listed(output: &str, label: &str) -> Result<Option<Flags>, String> {
    let flags = output.lines().filter_map(|line| {
        let rest = line.strip_prefix(label)?;
        let begins = label.is_empty() || rest.starts_with(' ');
        Flags::parse(rest.trim()).filter(|_| begins)
    });
    let flags: Vec<Flags> = flags.collect();
    if flags.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err(format!("lists several certificates with other trust as {label:?}"));
    }
    Ok(flags.into_iter().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\nCertificate Nickname                      Trust Attributes\n                            SSL,S/MIME,JAR/XPI\n\n\
        A                                                            C,,  \n\
        A B                                                          ,,   \n\
        Key                                                          CTu,Cu,u\n\
        twice                                                        ,,\n\
        twice                                                        C,,\n\
        Name, with commas                                            p,,p\n";

    #[test]
    fn a_line_of_the_list_is_found_by_its_whole_name() {
        let flags = |label| listed(LIST, label).map(|flags| flags.map(|flags| flags.to_string()));
        assert_eq!(flags("A"), Ok(Some("C,,".into())));
        assert_eq!(flags("A B"), Ok(Some(",,".into())));
        assert_eq!(flags("Key"), Ok(Some("CT,C,".into())));
        assert_eq!(flags("Name, with commas"), Ok(Some("p,,p".into())));
        assert_eq!(flags("Ke"), Ok(None));
        assert_eq!(flags("Other"), Ok(None));
        assert!(flags("twice").is_err());
    }

    #[test]
    fn an_anchor_keeps_what_else_it_is_trusted_for() {
        for (before, after) in
            [(",,", "C,,"), ("C,,", "C,,"), ("T,C,C", "CT,C,C"), ("c,,", "C,,"), ("p,p,p", "C,p,p")]
        {
            let flags = Flags::parse(before).expect("flags");
            assert_eq!(flags.with_anchor().to_string(), after, "{before}");
        }
        for other in ["", "C,", "C,,,", "X,,", "JAR/XPI"] {
            assert_eq!(Flags::parse(other), None, "{other}");
        }
    }
}
