//! The place of a setting.

use std::{path::Path, sync::Arc};

/// The path of gitlab.rb, as GitLab names it.
pub(in crate::gitlab) const GITLAB_RB: &str = "/etc/gitlab/gitlab.rb";

/// The variable whose text GitLab evaluates before gitlab.rb.
pub(in crate::gitlab) const ENVIRONMENT: &str = "GITLAB_OMNIBUS_CONFIG";

/// The place where GitLab reads a setting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Origin {
    /// In gitlab.rb.
    #[default]
    File,
    /// In a container's environment.
    Environment,
    /// In another file, which gitlab.rb or the environment makes Ruby read: its path on this machine, if it has one.
    Other(Arc<Path>),
}
