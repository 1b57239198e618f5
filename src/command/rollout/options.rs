//! The options of `rollout`, as types of the layers below.

use crate::{
    cli::Rollout,
    fleet::{ansible::Options, update::Scope},
};

impl Rollout {
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
