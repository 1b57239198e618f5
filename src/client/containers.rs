//! The containers of this machine that use the server of a CA: the stores of the machine do not serve them.

use labtrust_machine::{World, engine::containers_using};
use labtrust_plan::{Anchor, Facts, Host, fact::User, store::Store, text};

use super::selection::Selection;

/// A note that names the containers which use a server of `anchor`, if there are any and `selection` has a store of engines.
pub(crate) fn note(facts: &Facts, anchor: &Anchor, selection: &Selection) -> Option<String> {
    if !selection.stores().any(Store::asks_engines) {
        return None;
    }
    let mut hosts: Vec<Host> = anchor.endpoints.iter().map(|endpoint| endpoint.host.clone()).collect();
    hosts.dedup();
    // Nobody waits for another user's engine, which may answer anything.
    let is_own = |owner: &User| owner.uid == facts.user.uid;
    let engines = facts.engines.iter().filter(|engine| engine.owner.as_ref().is_none_or(is_own));
    let sockets = engines.filter_map(|engine| engine.socket.as_deref());
    let mut names: Vec<String> =
        sockets.flat_map(|socket| containers_using(&World::here(), socket, &hosts)).collect();
    names.sort();
    names.dedup();
    let names: Vec<_> = names.iter().map(|name| text::in_line(name).into_owned()).collect();
    let hosts: Vec<_> = hosts.iter().map(ToString::to_string).collect();
    (!names.is_empty()).then(|| {
        format!(
            "containers that use {} and have trust stores of their own: {} (docs/containers.md shows how to serve them)",
            hosts.join(", "),
            names.join(", "),
        )
    })
}
