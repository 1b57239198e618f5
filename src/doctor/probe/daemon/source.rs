//! A file that can set proxies.

use std::path::Path;

use labtrust_machine::World;

use crate::doctor::{
    evidence::{Form, Setting, Source},
    proxy::VARIABLES,
};

/// The source at `path`, from its parsed settings.
pub(super) fn source(path: &Path, form: Form, is_read: bool, read: Result<Vec<Setting>, String>) -> Source {
    let (settings, fault) = match read {
        Ok(settings) => (settings, None),
        Err(fault) => (Vec::new(), Some(fault.into())),
    };
    Source { path: path.to_owned(), form, is_read, settings, fault }
}

/// The text of the file at `path`; none if it does not exist.
pub(crate) fn text(path: &Path) -> Result<Option<String>, String> {
    let bytes = World::read_named(path).map_err(|error| error.to_string())?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// Whether `name` is a variable that sets proxies.
pub(super) fn is_proxy_variable(name: &str) -> bool {
    VARIABLES.contains(&name)
}
