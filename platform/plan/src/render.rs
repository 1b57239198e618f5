//! Renderings: the plan of a CA as files for machines that are elsewhere, and for the tools that manage them. Each rendering is
//! one file and one row of the table. A rendering contains certificates alone, never a key.

mod ansible;
mod chromium_policies;
mod cloud_init;
mod compose;
mod devcontainer;
mod dockerfile;
mod firefox_policies;
mod gitlab_ci;
mod helm;
mod intune;
mod kubernetes;
mod mobileconfig;
mod parts;
mod powershell;
mod rendering;
mod shell;
mod system_store;
mod template;

pub use self::rendering::{Order, Rendered, RenderedFile, Rendering, Unrenderable};

/// All renderings, in the order in which help shows them.
pub const RENDERINGS: &[Rendering] = &[
    shell::RENDERING,
    ansible::RENDERING,
    powershell::RENDERING,
    cloud_init::RENDERING,
    kubernetes::RENDERING,
    helm::RENDERING,
    mobileconfig::RENDERING,
    intune::RENDERING,
    firefox_policies::RENDERING,
    chromium_policies::RENDERING,
    dockerfile::RENDERING,
    compose::RENDERING,
    gitlab_ci::RENDERING,
    devcontainer::RENDERING,
];

impl Rendering {
    /// The rendering called `id`.
    pub fn find(id: &str) -> Option<&'static Self> {
        RENDERINGS.iter().find(|rendering| rendering.id == id)
    }
}
