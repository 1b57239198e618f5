//! The lab: disposable copies of this machine in which tests drive the real program against a real
//! Docker engine, a real registry and the distribution's own tools, and after which nothing is left.
//!
//! ```ignore
//! let machine = machine!("gitlab");
//! let gitlab = Gitlab::start(&machine);
//! let engine = Engine::start(&machine);
//! let before = machine.settled();
//! let pair = Pair::made(&machine, &[HOST], Validity::Current);
//! gitlab.serve(&pair);
//! engine.login().exited(1).says("unknown authority");
//! machine.write("/tmp/root.crt", &pair.root);
//! machine.run(["labtrust", "trust", "/tmp/root.crt", "--for", REGISTRY]).succeeded();
//! engine.login().succeeded();
//! ```

mod command;
mod engine;
mod files;
mod gitlab;
mod machine;
mod network;
mod pair;
mod process;
mod proxy;
mod recipe;
mod terminal;
mod tree;

pub use command::Command;
pub use engine::{Engine, Manager, Release};
pub use gitlab::Gitlab;
pub use machine::Machine;
pub use pair::{Pair, Validity};
pub use process::Output;
pub use proxy::{Passing, Proxy};
pub use recipe::Recipe;
pub use tree::Manifest;

/// The name that every machine of the lab knows, and the address behind it.
pub const HOST: &str = "mygitlab.example.com";

/// The GitLab container registry, as `docker login` is told it.
pub const REGISTRY: &str = "mygitlab.example.com:4567";

/// Whether everything is to be tried, however long it takes: the environment variable `name` is `all`.
pub fn is_whole(name: &str) -> bool {
    std::env::var(name).is_ok_and(|value| value == "all")
}

/// A disposable machine; where there cannot be one, the test ends here and says why.
macro_rules! machine {
    ($name:expr) => {
        match $crate::lab::Machine::new($name) {
            Ok(machine) => machine,
            Err(reason) => return $crate::lab::skip(&reason),
        }
    };
}

/// Says why a test did not run. Where tests must not be skipped (`CI` is set), that is a failure.
#[expect(clippy::print_stderr, reason = "the test runner shows a test's stderr")]
pub fn skip(reason: &str) {
    assert!(std::env::var_os("CI").is_none(), "no machine: {reason}");
    eprintln!("skipped, no machine: {reason}");
}
