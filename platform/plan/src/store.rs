//! The table of trust stores. Each store is one file, which plans from facts alone, and one row here.

mod appended;
mod buildkit;
mod ca_file;
mod chromium;
mod chromium_policy;
mod containerd;
mod daemon;
mod docker;
mod environment;
mod firefox;
mod firefox_policy;
mod git;
mod hosts_dir;
mod java;
mod macos;
mod mask;
mod node;
mod nss;
mod pnpm;
mod podman;
mod rancher;
mod row;
mod runner;
mod settings;
mod system;
mod yarn;

pub use self::row::{About, AlsoRead, ByHand, Done, Group, Look, Planned, Profile, Scope, Store, Tried};
use crate::StoreId;

/// All stores, in the order in which they are changed.
pub const STORES: &[Store] = &[
    system::STORE,
    docker::STORE,
    podman::STORE,
    containerd::STORE,
    buildkit::STORE,
    rancher::K3S,
    rancher::RKE2,
    node::MICROK8S,
    node::MINIKUBE,
    node::KIND,
    node::PODMAN_MACHINE,
    runner::STORE,
    macos::STORE,
    java::STORE,
    git::STORE,
    chromium_policy::STORE,
    firefox_policy::STORE,
    chromium::STORE,
    firefox::STORE,
    pnpm::STORE,
    yarn::STORE,
    settings::STORE,
    environment::STORE,
];

/// The id of Docker's store.
pub const DOCKER: &str = docker::STORE.id;

pub(crate) use chromium::programs as chromium_programs;
pub(crate) use chromium_policy::{
    folders as chromium_folders, policies as chromium_policies, refusal as chromium_refusal,
};
pub(crate) use containerd::{
    FOR_A_USER as NERDCTL_OF_A_USER, FOR_ROOT as NERDCTL_OF_ROOT, OWN_SIGNS as NERDCTL_SIGNS,
    SETTINGS as CONTAINERD_SETTINGS,
};
pub(crate) use daemon::{rows as daemons, signs_of_kubernetes};
pub use docker::{MACHINE_ENGINES, MachineEngine};
pub(crate) use firefox_policy::{
    linked as firefox_reads_system_store, modules as p11_kit_modules, places as firefox_places,
    settings as firefox_settings,
};
pub(crate) use hosts_dir::names as registry_folders;
pub use podman::{MACHINE as PODMAN_MACHINE, OWN as PODMAN_OWN, folders as podman_folders};
pub use runner::endpoints as runner_endpoints;
pub(crate) use system::{OfFamily, changes_by_family, declared as declared_systems};
pub use system::{bundle, fills_keystore};

impl Store {
    /// Its id.
    pub fn id(&self) -> StoreId {
        StoreId::new(self.id)
    }

    /// Whether its questions are answered at the start of each run, since the search for engines and the doctor, which plans these
    /// stores, need the answers too. The questions of the others are answered when trust is planned.
    pub fn is_first(&self) -> bool {
        self.group == Group::System || self.asks_engines()
    }

    /// The store called `id`.
    pub fn find(id: &str) -> Option<&'static Self> {
        STORES.iter().find(|store| store.id == id)
    }
}
