//! The options of `rollout`, as types of the layers below.

use super::super::several::Named;
use crate::{
    cli::Rollout,
    fleet::{ansible::Options, update::Scope},
};

impl Rollout {
    /// The CAs that are asked for.
    pub(super) fn named(&self) -> Named<'_> {
        Named {
            source: self.source.as_deref(),
            fingerprint: self.fingerprint,
            also: self.also.as_deref(),
            also_fingerprint: self.also_fingerprint,
            endpoints: &self.endpoints,
            passphrase: &self.passphrase,
            is_removal: self.remove,
        }
    }

    /// The options that are Ansible's. A dry run is its check.
    pub(super) fn options(&self, is_dry_run: bool) -> Options {
        Options {
            inventories: self.inventories.clone(),
            limits: self.limits.clone(),
            forks: self.forks,
            is_check: is_dry_run || self.check || self.status,
            becomes_root: self.becomes_root,
            restarts: self.restart,
            batch: self.serial.clone(),
            most_failures: self.max_fail_percentage,
            done: Vec::new(),
            more: self.more.clone(),
        }
    }

    /// How much of the record the run may change.
    pub(super) fn scope(&self, is_dry_run: bool) -> Scope {
        if is_dry_run || self.check {
            Scope::Nothing
        } else if self.status {
            Scope::Known
        } else if self.retry || !self.limits.is_empty() {
            Scope::Part
        } else {
            Scope::Everything
        }
    }
}
