//! `docs/doctor.md` with a page for each code. It is embedded, so that `labtrust explain` works without the internet.

/// The document.
pub const PAGES: &str = include_str!("../../docs/doctor.md");

/// The page of one code: symptom, cause, fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The code.
    pub code: &'static str,
    /// The text below its heading.
    pub text: &'static str,
}

impl Page {
    /// All pages, in the document's order.
    pub fn all() -> impl Iterator<Item = Self> {
        let sections = PAGES.split("\n## ").skip(1);
        sections.filter_map(|section| {
            let (code, text) = section.split_once('\n')?;
            let text = text.split("\n# ").next().unwrap_or(text);
            Some(Self { code: code.trim(), text: text.trim() })
        })
    }

    /// The page of `code`.
    pub fn find(code: &str) -> Option<Self> {
        Self::all().find(|page| page.code == code)
    }

    /// Its paragraph about the cause.
    pub fn cause(&self) -> &'static str {
        let (_, rest) = self.text.split_once("**Cause.**").unwrap_or_default();
        rest.split("**Fix.**").next().unwrap_or(rest).trim()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::codes;

    #[test]
    fn every_code_has_a_page_and_every_page_a_code() {
        let missing: Vec<_> = codes().map(|code| code.id).filter(|id| Page::find(id).is_none()).collect();
        assert_eq!(missing, [""; 0], "without a page");
        let unknown: Vec<_> =
            Page::all().map(|page| page.code).filter(|id| codes().all(|code| code.id != *id)).collect();
        assert_eq!(unknown, [""; 0], "without a code");
    }

    #[test]
    fn what_a_code_explains_is_a_code_that_comes_after_it() {
        let place = |id: &str| codes().position(|code| code.id == id);
        for code in codes() {
            assert!(codes().filter(|other| other.id == code.id).count() == 1, "{} twice", code.id);
            for follower in code.explains {
                assert!(place(follower) > place(code.id), "{} explains {follower}", code.id);
            }
        }
    }

    #[test]
    fn every_page_says_symptom_cause_and_fix() {
        for page in Page::all() {
            for part in ["**Symptom.**", "**Cause.**", "**Fix.**"] {
                assert!(page.text.contains(part), "{}: {part}", page.code);
            }
        }
    }
}
