//! The options of `rollout`.

use std::{ffi::OsString, path::PathBuf};

use clap::Args;

use super::SeveralArgs;

/// Trust a CA on many machines, through Ansible, and record each host
///
/// Serves the hosts of an inventory with the rendered collection: one task a host, nothing to install there. Each host is
/// recorded in the state folder as it ends. --retry serves every host that is not done, also those that the last run did
/// not come to.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent switches")]
pub struct Rollout {
    #[command(flatten)]
    pub cas: SeveralArgs,
    /// Inventory of Ansible: a file, a folder, a script or a list with a comma; repeatable
    #[arg(short, long = "inventory", value_name = "INVENTORY")]
    pub inventories: Vec<PathBuf>,
    /// Serve only these hosts or groups; repeatable
    #[arg(long = "limit", value_name = "PATTERN")]
    pub limits: Vec<String>,
    /// Hosts at the same time [default: Ansible's]
    #[arg(long, value_name = "N")]
    pub forks: Option<u32>,
    /// Become root on the hosts
    #[arg(short = 'b', long = "become")]
    pub becomes_root: bool,
    /// Hosts in a batch, a number or a percentage: the next batch begins when this one is over
    #[arg(long, value_name = "N")]
    pub serial: Option<String>,
    /// Stop after a batch in which more hosts failed, in percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub max_fail_percentage: Option<u8>,
    /// Restart services that see the change only after a restart
    #[arg(long)]
    pub restart: bool,
    /// Ask each host what it would change, and change nothing
    #[arg(long)]
    pub check: bool,
    /// Ask each host whether it trusts the CAs, and change nothing
    #[arg(long, conflicts_with_all = ["check", "retry", "remove"])]
    pub status: bool,
    /// Serve every host that is not done
    #[arg(long)]
    pub retry: bool,
    /// Remove the CAs, and leave each host as it was before
    #[arg(long)]
    pub remove: bool,
    /// Write a report on all recorded hosts: .html, .json or .csv; without an inventory, of the last run
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Further options of ansible-playbook, after --
    #[arg(last = true, value_name = "ANSIBLE OPTIONS")]
    pub more: Vec<OsString>,
}
