//! GitLab on this machine: which installation it is, what its configuration says, where its
//! certificate belongs, and what shows that it is served. Everything that it changes is planned with
//! the platform's types, so that it is proven and taken back like any other change.

pub mod behind;
mod compose;
pub mod config;
pub mod configure;
pub mod container;
pub mod control;
pub mod expected;
mod extra_host;
mod extra_site;
mod find;
pub mod guard;
pub mod installation;
pub mod layout;
mod line;
mod nginx;
pub mod pair;
pub mod place;
mod ports;
pub mod prepare;
pub mod promise;
pub mod ready;
mod recipe;
pub mod republish;
pub mod role;
mod ruby;
mod seen;
pub mod settings;
pub mod synology;

pub use config::{Address, Config, Known};
pub use configure::Configured;
pub use installation::{Installation, Kind};
pub use layout::{Layout, Place};
pub use pair::Pair;
pub use prepare::Prepared;
pub use republish::Republish;
pub use role::Role;

/// The store that everything placed in GitLab belongs to in receipts.
pub const STORE: &str = "gitlab";

#[cfg(fuzzing)]
#[allow(missing_docs, reason = "they are the parsers' own names")]
pub(crate) mod fuzzing {
    pub fn nginx(text: &str) {
        super::nginx::read(text);
    }

    pub fn compose(text: &str) {
        super::compose::published(text, 443);
    }

    /// What is printed for a container that does not lend a port, of an image that says `image` of itself.
    pub fn recipe(container: &str, image: &str) -> Vec<crate::by_hand::ByHand> {
        use super::republish::{Need, Seen, judge};
        let docker = labtrust_plan::Command::new("/usr/bin/docker", [""; 0]);
        let Ok(container) = super::container::Container::read(container, &docker, None) else {
            return Vec::new();
        };
        let port = Seen {
            need: Need::Ssh { is_said: true },
            inside: 22,
            outside: 2222,
            reach: super::container::Reach::Nowhere,
            is_free: true,
            holder: None,
            instead: None,
        };
        let image = || serde_json::from_str(image).unwrap_or_default();
        judge(&container, &[port], false, &image, &|_| true).by_hand
    }
}
