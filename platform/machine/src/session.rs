//! The context of applying and undoing: the user rights, the receipts, and the progress output. Also their results.

use std::{
    cell::{OnceCell, RefCell},
    collections::BTreeMap,
    path::PathBuf,
    rc::Rc,
};

use labtrust_plan::{
    Actor, Change, Hint, Proof, ProofResult, Service, StoreId, Wanted,
    fact::Facts,
    store::{self, Store},
};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Result,
    engine::{reports_pulls_by_system, runner_containers},
    probe::{look_at_runners, look_for_plans},
    progress::Progress,
    proof::prove,
    receipt::Receipts,
    world::{World, earliest_start},
};

/// The beginning of an [`Outcome`]'s detail when a store trusts a certificate and no receipt records that.
pub const UNRECORDED: &str = "still trusted, without a receipt: ";

/// The state of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeState {
    /// The store itself confirms that it trusts the anchor.
    Trusted,
    /// It trusts the anchor after a restart, which is named.
    Pending,
    /// It does not trust the anchor.
    Untrusted,
    /// It is trusted, but a hook of the updater failed.
    Partial,
    /// The store was left out; the detail is the reason.
    Skipped,
    /// The change failed, or the store could not be asked.
    Failed,
}

/// The result of one change, or the state of one store.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The store.
    pub store: StoreId,
    /// The part of the store that is meant.
    pub subject: String,
    /// Its state now.
    pub state: OutcomeState,
    /// Whether anything was changed.
    pub changed: bool,
    /// The store's answer, or the fault.
    pub detail: String,
    /// Advice, if the reader has to do something.
    pub hint: Option<Hint>,
    /// The services that must restart before it takes effect.
    pub restart: Vec<Service>,
    /// Whether it was not done because it needs root.
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

    /// The outcome of a store without a change: it does not exist here, or labtrust does not change it.
    pub fn without_change(store: &Store, state: OutcomeState, why: &str) -> Self {
        Self::new(&store.id(), store.title, state, why)
    }

    /// Asks the store for the proof of `change` now. `since` is when the change took effect.
    pub fn asked(worlds: &Worlds, facts: &Facts, change: &Change, since: Option<u64>) -> Self {
        let (store, subject) = (&change.store, change.subject.as_str());
        let asked = worlds.reader(facts, &change.actor).and_then(|world| {
            let verdict = prove(&world, &change.proof.at_once(), Wanted::There)?;
            // A certificate that is gone from the files may still be in a service's memory.
            let lingers = matches!(verdict, ProofResult::Fails(_)) && change.proof.certs_d().is_some();
            let gone = || Self::gone(&world, facts, (store, subject), &change.proof);
            Ok((verdict, lingers.then(gone).transpose()?))
        });
        match asked {
            Err(error) => Self::failed(store, subject, &error),
            Ok((ProofResult::Holds(detail), _)) => {
                let mut outcome = Self::new(store, subject, OutcomeState::Trusted, detail);
                outcome.await_restart(&change.reload.restart, |service| service.is_older_than(since));
                outcome
            }
            Ok((_, Some(lingers))) if lingers.state == OutcomeState::Pending => {
                Self { state: OutcomeState::Untrusted, ..lingers }
            }
            Ok((verdict, _)) => Self::new(store, subject, OutcomeState::Untrusted, verdict.detail()),
        }
    }

    /// Asks the store whether the anchor of `change`, which has no record, is gone. If not, somebody else added it.
    pub fn asked_gone(worlds: &Worlds, facts: &Facts, change: &Change) -> Self {
        let subject = (&change.store, change.subject.as_str());
        let reader = worlds.reader(facts, &change.actor);
        reader
            .and_then(|world| Self::gone(&world, facts, subject, &change.proof))
            .unwrap_or_else(|error| Self::failed(subject.0, subject.1, &error))
    }

    /// Asks the store whether the anchor of `proof` is gone.
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
            // A restart does not help: the engine would read the system store again.
            ProofResult::Lingers(detail) if is_in_system(world, facts, proof)? => {
                still("still trusted by the system store: ", &detail)
            }
            ProofResult::Lingers(detail) => {
                let detail = format!("{detail} until it is restarted: it still uses the old system store");
                let mut outcome = Self::new(store, subject, OutcomeState::Untrusted, detail);
                outcome.await_restart(engine_of(facts, proof).as_slice(), |_| true);
                outcome
            }
        })
    }

    /// Waits for the restart of those of `services` that run, and for which `is_awaited` holds.
    pub(crate) fn await_restart(&mut self, services: &[Service], is_awaited: impl Fn(&Service) -> bool) {
        self.restart = running(services).filter(is_awaited).collect();
        if !self.restart.is_empty() {
            self.state = OutcomeState::Pending;
        }
    }

    /// Marks an outcome of which the store itself is right, but hooks of the updater failed.
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

/// `services`, without the programs of a person that do not run now.
pub(crate) fn running(services: &[Service]) -> impl Iterator<Item = Service> {
    services.iter().filter_map(|service| {
        let started = match &service.process {
            Some(programs) => Some(earliest_start(&programs.names, programs.user)?),
            None => service.started,
        };
        Some(Service { started, ..service.clone() })
    })
}

/// Whether the bundle that an engine of this machine reads at its start holds the certificate of `proof`.
fn is_in_system(world: &World, facts: &Facts, proof: &Proof) -> Result<bool> {
    let (Some(Proof::CertsD { certificate, .. }), Some(path)) = (proof.certs_d(), store::bundle(facts))
    else {
        return Ok(false);
    };
    Ok(world.bundle(&path)?.is_some_and(|bundle| bundle.holds(certificate.fingerprint())))
}

/// The engine that `proof` asks.
fn engine_of(facts: &Facts, proof: &Proof) -> Option<Service> {
    let Some(Proof::CertsD { socket: Some(socket), .. }) = proof.certs_d() else { return None };
    facts.engines.iter().find(|engine| engine.socket.as_ref() == Some(socket)).map(Service::engine)
}

/// Access to the machine as this process and as the users that it may act as.
#[derive(Debug)]
pub struct Worlds {
    uid: u32,
    delegate: (PathBuf, String),
    users: RefCell<BTreeMap<u32, Rc<World>>>,
    here: Rc<World>,
    complete: OnceCell<Rc<Facts>>,
}

impl Worlds {
    /// `program argument` is the command that is started as another user to act for that user; it calls
    /// [`crate::world::serve_delegate`].
    pub fn new(facts: &Facts, program: impl Into<PathBuf>, argument: &str) -> Self {
        Self {
            uid: facts.user.uid,
            delegate: (program.into(), argument.to_owned()),
            users: RefCell::default(),
            here: Rc::new(World::here()),
            complete: OnceCell::new(),
        }
    }

    /// `facts`, completed with what takes time to find out: the answers of the machine's own engines, their containers of
    /// GitLab Runner, and the programs that run. It is found out once a run. Users' engines are not asked: nothing waits for
    /// their restart. An engine that does not answer within seconds counts as one without containerd.
    #[must_use]
    pub fn complete(&self, facts: &Facts) -> Rc<Facts> {
        Rc::clone(self.complete.get_or_init(|| Rc::new(self.completed(facts.clone()))))
    }

    fn completed(&self, mut facts: Facts) -> Facts {
        for engine in facts.engines.iter_mut().filter(|engine| engine.owner.is_none()) {
            let Some(socket) = &engine.socket else { continue };
            engine.pulls_by_system = reports_pulls_by_system(&self.here, socket);
            engine.runners = runner_containers(&self.here, socket);
        }
        if facts.is_root() {
            look_at_runners(&mut facts);
        }
        look_for_plans(&mut facts);
        facts
    }

    /// The world with the rights of `actor`.
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

    /// The world in which a store of `actor` is read: with the rights of `actor`, because root does not follow links in a
    /// home folder and cannot read home folders on a network file system; with our own rights if we cannot act as `actor`.
    pub fn reader(&self, facts: &Facts, actor: &Actor) -> Result<Rc<World>> {
        if actor.is_within_reach(facts) { self.of(actor) } else { Ok(Rc::clone(&self.here)) }
    }
}

/// One run that changes things.
pub struct Session<'a> {
    /// The machine.
    pub facts: &'a Facts,
    /// The rights to act with.
    pub worlds: &'a Worlds,
    /// The receipts of its changes.
    pub receipts: &'a Receipts,
    /// The progress output.
    pub progress: &'a dyn Progress,
}

impl Session<'_> {
    /// Takes the machine's lock until the session's end, if `actor` is the machine. Otherwise the changes that a run with
    /// another state folder makes between our steps, reload and proof would look like ours.
    pub fn lock_for(&self, actor: &Actor) -> Result<()> {
        if *actor == Actor::Machine { self.receipts.hold_machine(self.progress) } else { Ok(()) }
    }
}
