//! What applying and undoing have in common: whose hands they use, where they write down what they
//! did, and whom they tell.

use std::{cell::RefCell, collections::BTreeMap, path::PathBuf, rc::Rc};

use labtrust_plan::{
    Actor, Certificate, Change, Hint, Proof, ProofResult, Service, StoreId, Wanted,
    fact::Facts,
    store::{self, Store},
};
use serde::Serialize;

use crate::{Error, Result, progress::Progress, proof::prove, receipt::Receipts, world::World};

/// How the detail of an [`Outcome`] begins where a store trusts a certificate and no receipt names that store.
pub const UNRECORDED: &str = "still trusted, and not recorded here: ";

/// How a store stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeState {
    /// The store itself says that it trusts the anchor.
    Trusted,
    /// It will, after a restart that is named.
    Pending,
    /// It does not.
    Untrusted,
    /// Parts of it do.
    Partial,
    /// It was left out, with the reason.
    Skipped,
    /// It could not be done or could not be asked.
    Failed,
}

/// What became of one change, or how one store stands.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The store.
    pub store: StoreId,
    /// What in it.
    pub subject: String,
    /// How it stands now.
    pub state: OutcomeState,
    /// Whether anything was changed.
    pub changed: bool,
    /// What the store said, or what went wrong.
    pub detail: String,
    /// What to do, if something is to be done.
    pub hint: Option<Hint>,
    /// What must be restarted before it takes effect.
    pub restart: Vec<Service>,
    /// Whether it was left undone because the machine's part needs root.
    pub needs_root: bool,
}

impl Outcome {
    pub(crate) fn new(
        store: &StoreId,
        subject: &str,
        state: OutcomeState,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            store: store.clone(),
            subject: subject.to_owned(),
            state,
            changed: false,
            detail: detail.into(),
            hint: None,
            restart: Vec::new(),
            needs_root: false,
        }
    }

    pub(crate) fn failed(store: &StoreId, subject: &str, error: &Error) -> Self {
        let mut outcome = Self::new(store, subject, OutcomeState::Failed, error.to_string());
        outcome.hint = error.hint();
        outcome
    }

    /// What is said of a store that has no change: it is not there, or not ours to change.
    pub fn without_change(store: &Store, state: OutcomeState, why: &str) -> Self {
        Self::new(&store.id(), store.title, state, why)
    }

    /// What the store says of a change's proof, now.
    pub fn asked(worlds: &Worlds, facts: &Facts, change: &Change, since: Option<u64>) -> Self {
        let (store, subject) = (&change.store, change.subject.as_str());
        let asked = worlds.reader(facts, &change.actor).and_then(|world| {
            let verdict = prove(&world, &change.proof.at_once(), Wanted::There)?;
            // What is no more in the files may still be in a service's memory.
            let lingers =
                matches!(verdict, ProofResult::Fails(_)) && matches!(change.proof, Proof::CertsD { .. });
            let gone = || Self::gone(&world, facts, (store, subject), &change.proof);
            Ok((verdict, lingers.then(gone).transpose()?))
        });
        match asked {
            Err(error) => Self::failed(store, subject, &error),
            Ok((ProofResult::Holds(detail), _)) => {
                let mut outcome = Self::new(store, subject, OutcomeState::Trusted, detail);
                outcome.await_restart(
                    change.reload.restart.iter().filter(|service| service.is_older_than(since)),
                );
                outcome
            }
            Ok((_, Some(lingers))) if lingers.state == OutcomeState::Pending => {
                Self { state: OutcomeState::Untrusted, ..lingers }
            }
            Ok((verdict, _)) => Self::new(store, subject, OutcomeState::Untrusted, verdict.detail()),
        }
    }

    /// The same where trust is to be gone and we did not put it there: what is found is somebody else's.
    pub fn asked_gone(worlds: &Worlds, facts: &Facts, change: &Change) -> Self {
        let subject = (&change.store, change.subject.as_str());
        let reader = worlds.reader(facts, &change.actor);
        reader
            .and_then(|world| Self::gone(&world, facts, subject, &change.proof))
            .unwrap_or_else(|error| Self::failed(subject.0, subject.1, &error))
    }

    /// What the store says of what was to be taken back, or was never ours.
    pub(crate) fn gone(
        world: &World,
        facts: &Facts,
        (store, subject): (&StoreId, &str),
        proof: &Proof,
    ) -> Result<Self> {
        let still = |why: &str, detail: &str| {
            Self::new(store, subject, OutcomeState::Trusted, format!("{why}{detail}"))
        };
        Ok(match prove(world, proof, Wanted::Gone)? {
            ProofResult::Holds(detail) => Self::new(store, subject, OutcomeState::Untrusted, detail),
            ProofResult::Fails(detail) => still(UNRECORDED, &detail),
            // A restart does not help where the engine reads it again.
            ProofResult::Lingers(detail) if is_in_system(world, facts, proof)? => {
                still("still trusted by the system store: ", &detail)
            }
            ProofResult::Lingers(detail) => {
                let detail = format!("{detail} until it is restarted: it read the system store before");
                let mut outcome = Self::new(store, subject, OutcomeState::Untrusted, detail);
                outcome.await_restart(engine_of(facts, proof).iter());
                outcome
            }
        })
    }

    pub(crate) fn await_restart<'a>(&mut self, services: impl Iterator<Item = &'a Service>) {
        self.restart = services.cloned().collect();
        if !self.restart.is_empty() {
            self.state = OutcomeState::Pending;
        }
    }

    /// It is so in the store itself, and what the store's hooks were to do is not done.
    pub(crate) fn mark_partial(&mut self, complaints: &[String], hint: &'static str) {
        self.state = OutcomeState::Partial;
        self.detail = format!("{}, but: {}", self.detail, complaints.join("; "));
        self.hint = Some(hint.into());
    }

    pub(crate) fn needs_root(store: &StoreId, subject: &str, state: OutcomeState) -> Self {
        let mut outcome = Self::new(store, subject, state, "needs root");
        outcome.needs_root = true;
        outcome
    }
}

/// Whether the bundle that an engine of this machine reads at its start holds what `proof` is of.
fn is_in_system(world: &World, facts: &Facts, proof: &Proof) -> Result<bool> {
    let (Proof::CertsD { certificate, .. }, Some(path)) = (proof, store::bundle(facts)) else {
        return Ok(false);
    };
    Ok(world.bundle(&path)?.is_some_and(|bundle| bundle.holds(certificate.fingerprint())))
}

/// The engine that `proof` asks.
fn engine_of(facts: &Facts, proof: &Proof) -> Option<Service> {
    let Proof::CertsD { socket: Some(socket), .. } = proof else { return None };
    facts.engines.iter().find(|engine| engine.socket.as_ref() == Some(socket)).map(Service::engine)
}

/// The rights of this process and of the users that it may act as.
#[derive(Debug)]
pub struct Worlds {
    uid: u32,
    delegate: (PathBuf, String),
    users: RefCell<BTreeMap<u32, Rc<World>>>,
    here: Rc<World>,
}

impl Worlds {
    /// `program argument` is what is started, with a user's rights, to act as that user; it calls
    /// [`crate::world::serve_delegate`].
    pub fn new(facts: &Facts, program: impl Into<PathBuf>, argument: &str) -> Self {
        Self {
            uid: facts.user.uid,
            delegate: (program.into(), argument.to_owned()),
            users: RefCell::default(),
            here: Rc::new(World::here()),
        }
    }

    /// The world as `actor` may touch it.
    pub fn of(&self, actor: &Actor) -> Result<Rc<World>> {
        match actor {
            Actor::User(user) if user.uid != self.uid => {
                if let Some(world) = self.users.borrow().get(&user.uid) {
                    return Ok(Rc::clone(world));
                }
                let world = Rc::new(World::as_user(user, &self.delegate.0, &self.delegate.1)?);
                self.users.borrow_mut().insert(user.uid, Rc::clone(&world));
                Ok(world)
            }
            _ => Ok(Rc::clone(&self.here)),
        }
    }

    /// The world in which a store of `actor`'s is looked at: as that actor, because root follows no
    /// link in a home folder and reads nothing in one that lies elsewhere on the network; as ourselves
    /// where we cannot be that actor.
    pub fn reader(&self, facts: &Facts, actor: &Actor) -> Result<Rc<World>> {
        if actor.is_within_reach(facts) { self.of(actor) } else { Ok(Rc::clone(&self.here)) }
    }
}

/// One run that changes things.
pub struct Session<'a> {
    /// The machine.
    pub facts: &'a Facts,
    /// Whose hands.
    pub worlds: &'a Worlds,
    /// Where it is written down.
    pub receipts: &'a Receipts,
    /// Who is told.
    pub progress: &'a dyn Progress,
}

impl Session<'_> {
    /// Holds the machine's lock if what `actor` changes is the machine's, to the session's end: what a run
    /// with another state folder does between our steps, their settling and their proof would be taken
    /// for ours.
    pub(crate) fn hold(&self, actor: &Actor) -> Result<()> {
        if *actor == Actor::Machine { self.receipts.hold_machine(self.progress) } else { Ok(()) }
    }
}

/// The certificate that a record's side effects were made from is the anchor's; where there is none,
/// an empty one that nothing holds.
pub(crate) fn nothing() -> Certificate {
    Certificate::new(Vec::new())
}
