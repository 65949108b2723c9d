//! The conductor's handle: starts scores, and gives access to the engine, the player, the ports and
//! the mixer.

use std::{collections::HashMap, sync::Arc};

use serde_json::Value;
use tokio::sync::{broadcast, watch};

use super::{
    BUILT_IN, ConductorError, Mixer, PortChange, PortState, Setup, Strip, Switch,
    ensemble::Ensemble,
    event_receivers::EventReceivers,
    ports::Ports,
    rig::{Controls, Rig},
    watch::Watch,
};
use crate::{
    engine::{
        self, Archive, CatchUp, Clock, Engine, EngineError, IdReuse, InstanceId, InstanceSummary,
        Limits, Named, Overlap, Payload, Randomness, Schedule, ScheduleName, StartCall, Times,
    },
    music::{Bank, Channel, Player, PortId, PortNames},
    score::{Document, Port, Recurrence, ScoreInput},
};

/// Performs scores. Cheap to clone; clones are the same conductor.
#[derive(Clone)]
pub struct Conductor {
    engine: Engine,
    player: Player,
    pub(super) ensemble: Arc<Ensemble>,
}

impl Conductor {
    /// A conductor in real time. Must be called on a multi-thread tokio runtime.
    pub async fn start(setup: Setup) -> Result<Self, ConductorError> {
        let store = Arc::clone(&setup.store);
        let engine_setup = engine_setup(&setup, Clock::wall());
        let ensemble = assemble(setup, engine_setup.clock)?;
        let engine_setup = on_its_clock(engine_setup, &ensemble);
        let engine = Engine::start(store, ensemble.registry(), engine_setup)?;
        Self::watched(engine, ensemble).await
    }

    /// A conductor in simulated time, with a simulated player: on a current-thread tokio runtime
    /// with paused time, within a `LocalSet`. The same performance every time, as fast as the
    /// machine can.
    pub async fn simulated(setup: Setup, clock: Clock) -> Result<Self, ConductorError> {
        let store = Arc::clone(&setup.store);
        let engine_setup = engine::Setup {
            randomness: Randomness::Seeded(0),
            ..engine_setup(&setup, clock)
        };
        let ensemble = assemble(setup, clock)?;
        let engine_setup = on_its_clock(engine_setup, &ensemble);
        let (engine, work) = Engine::simulated(store, ensemble.registry(), engine_setup)?;
        tokio::task::spawn_local(work);
        Self::watched(engine, ensemble).await
    }

    async fn watched(engine: Engine, ensemble: Arc<Ensemble>) -> Result<Self, ConductorError> {
        let player = ensemble.player.clone();
        let feed = engine.subscribe().await?;
        tokio::spawn(Watch::new(Arc::clone(&ensemble), feed).run());
        tokio::spawn(ensemble.ports.follow());
        Ok(Self {
            engine,
            player,
            ensemble,
        })
    }

    /// The engine: histories, suspend, resume, terminate, events.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The player: transport, meters, panic.
    pub fn player(&self) -> &Player {
        &self.player
    }

    /// The sounds of the built-in port.
    pub fn bank(&self) -> &Bank {
        self.ensemble.ports.bank()
    }

    /// The ports, in the order in which they were opened; the built-in one is the first.
    pub fn ports(&self) -> Vec<PortState> {
        self.ensemble.ports.states()
    }

    /// The channels of the built-in synth that each instance plays on.
    pub fn synth_channels(&self) -> HashMap<InstanceId, Vec<Channel>> {
        self.ensemble.synth_channels()
    }

    /// Changes of ports from now on: devices that are unplugged or come back.
    pub fn port_changes(&self) -> broadcast::Receiver<PortChange> {
        self.ensemble.ports.changes()
    }

    /// Applies a rig to ports and controls.
    pub fn set_rig(&self, rig: &Rig) -> Result<(), ConductorError> {
        self.ensemble.controls.send_if_modified(|controls| {
            let changed = *controls != rig.controls;
            controls.clone_from(&rig.controls);
            changed
        });
        Ok(self.ensemble.ports.set_rig(&rig.ports)?)
    }

    /// The port that a rig names: `synth`, or part of an output's name.
    pub fn port(&self, name: &str) -> Result<PortId, ConductorError> {
        let port = match name {
            BUILT_IN => Port::Synth,
            pattern => Port::Named(pattern.to_owned()),
        };
        let port = self.ensemble.ports.choose(&[port]);
        port.map_err(|missing| ConductorError::PortMissing(missing.to_string()))
    }

    /// The MIDI ports of the system, and every change of them; `None` without MIDI output.
    pub fn watch_ports(&self) -> Option<watch::Receiver<Arc<PortNames>>> {
        self.ensemble.ports.watch_names()
    }

    /// The rig's controls, and every change of them.
    pub fn watch_controls(&self) -> watch::Receiver<Controls> {
        self.ensemble.controls.subscribe()
    }

    /// The settings of the mixer, and every change of them.
    pub fn watch_mixer(&self) -> watch::Receiver<Mixer> {
        self.ensemble.mixer.subscribe()
    }

    /// Mutes or unmutes a lane or an instrument.
    pub fn mute(&self, strip: Strip, switch: Switch) {
        self.ensemble.set_mixer(|mixer| mixer.mute(strip, switch));
    }

    /// Solos a lane or an instrument, or ends its solo.
    pub fn solo(&self, strip: Strip, switch: Switch) {
        self.ensemble.set_mixer(|mixer| mixer.solo(strip, switch));
    }

    /// Makes a share of an instrument's notes fail from now on, 0 to 1, whatever its score says.
    pub fn set_faults(&self, instrument: &str, rate: f64) {
        self.ensemble
            .set_mixer(|mixer| mixer.set_faults(instrument.into(), rate));
    }

    /// Starts a score as a workflow instance, at once and whatever its schedule says. An id stands
    /// for one performance for ever.
    pub async fn perform(
        &self,
        document: &Document,
        id: Option<InstanceId>,
        input: Value,
    ) -> Result<InstanceId, ConductorError> {
        let start = ScoreInput::new(document, input);
        let id = self.start_call(document, id, &start).await?;
        self.ensemble.assign_channels(&id);
        Ok(id)
    }

    /// Performs a score as its schedule says; one without a schedule once. With `every` and `after`
    /// it begins at once, with `cron` at the first time that fits, with `on` it waits for its events.
    /// `runs` limits those of `after` and `on`; the others go on until their schedule, [`schedule_name`], is deleted. Returns the instance
    /// that has begun.
    pub async fn launch(
        &self,
        document: &Document,
        id: Option<InstanceId>,
        input: Value,
        runs: Option<u32>,
    ) -> Result<Option<InstanceId>, ConductorError> {
        let mut start = ScoreInput::new(document, input);
        let Some(recurrence) = &document.schedule else {
            let id = self.start_call(document, id, &start).await?;
            self.ensemble.assign_channels(&id);
            return Ok(Some(id));
        };
        let times = match recurrence {
            Recurrence::After(_) | Recurrence::On(_) => {
                start.runs = runs;
                let id = self.start_call(document, id, &start).await?;
                self.ensemble.assign_channels(&id);
                return Ok(Some(id));
            }
            Recurrence::At(times) => times.clone(),
        };
        let name = schedule_name(document);
        let begun = match &times {
            Times::Every(_) => {
                let call = self.start_call(document, id, &start);
                let id = call.tag(SCHEDULE_TAG, name.as_str()).await?;
                self.ensemble.assign_channels(&id);
                Some(id)
            }
            Times::Cron(_) | Times::CronIn { .. } => None,
        };
        let input = Payload::encode(&start).expect("texts, numbers and JSON always become JSON");
        // After a break the score goes on with the next time: a performance that was missed is over.
        let schedule = Schedule::new(times, &document.name, input)
            .overlap(Overlap::Allow)
            .catch_up(CatchUp::None);
        // A score that is launched again begins now, and its times with it.
        self.delete_schedule(&name).await?;
        self.engine.set_schedule(name, schedule).await?;
        Ok(begun)
    }

    fn start_call(
        &self,
        document: &Document,
        id: Option<InstanceId>,
        start: &ScoreInput,
    ) -> StartCall<Named<ScoreInput, Value>> {
        let workflow = Named::<ScoreInput, Value>::new(&document.name);
        let call = self.engine.start_instance(workflow, start);
        let call = call.reuse(IdReuse::Never);
        match id {
            Some(id) => call.id(id),
            None => call,
        }
    }

    /// Ends the schedule that an instance was started by. What it has started goes on.
    pub async fn end_schedule_of(&self, instance: &InstanceSummary) -> Result<(), ConductorError> {
        let name = instance.tags.get(SCHEDULE_TAG);
        let Some(name) = name.and_then(|name| ScheduleName::new(name).ok()) else {
            return Ok(());
        };
        Ok(self.delete_schedule(&name).await?)
    }

    /// Ends a schedule, if there is one.
    async fn delete_schedule(&self, name: &ScheduleName) -> Result<(), EngineError> {
        match self.engine.delete_schedule(name).await {
            Err(EngineError::UnknownSchedule(_)) => Ok(()),
            ended => ended,
        }
    }

    /// From now on this is the text of the score of its name: those that loop take it up on the bar
    /// line on which they begin again. Instances never change while they run.
    pub fn revise(&self, document: &Document) {
        self.ensemble.revisions.put(document);
    }

    /// Launches scores that belong together: each receives the events that the others emit. Returns
    /// the instances that have started.
    pub async fn launch_together(
        &self,
        documents: &[Document],
        id: Option<InstanceId>,
        input: &Value,
        runs: Option<u32>,
    ) -> Result<Vec<InstanceId>, ConductorError> {
        let _paused = self.ensemble.event_receivers.pause_emitting().await;
        let mut begun = Vec::new();
        for document in documents {
            let launched = self.launch(document, id.clone(), input.clone(), runs);
            begun.extend(launched.await?);
        }
        Ok(begun)
    }

    /// Raises an event on an instance.
    pub async fn raise(
        &self,
        id: &InstanceId,
        event: &str,
        data: Value,
    ) -> Result<(), ConductorError> {
        Ok(self.engine.raise(id, event, Payload::from(data)).await?)
    }

    /// Stops: lets go of every note, leaves open instances open, closes recordings.
    pub async fn close(&self) -> Result<(), ConductorError> {
        self.engine.stop().await;
        // A player that is gone has nothing to lift.
        let _ = self.ensemble.ports.lift_pedals();
        Ok(self.player.shutdown()?)
    }
}

/// The tag of instances that a schedule has started: its name.
pub const SCHEDULE_TAG: &str = "schedule";

/// What the schedule of a score is called.
pub fn schedule_name(document: &Document) -> ScheduleName {
    let name = format!("{}/{}", document.namespace, document.name);
    // Both are host names: together 127 bytes at most, and no control characters.
    ScheduleName::new(name).expect("two host names and a slash make a name")
}

/// How the engine of a conductor works.
fn engine_setup(setup: &Setup, clock: Clock) -> engine::Setup {
    engine::Setup {
        recovery: setup.recovery.clone(),
        clock,
        limits: Limits::default(),
        ..engine::Setup::default()
    }
}

/// The engine goes by the same clock as the ensemble, to the nanosecond.
fn on_its_clock(setup: engine::Setup, ensemble: &Ensemble) -> engine::Setup {
    engine::Setup {
        clock: ensemble.clock,
        ..setup
    }
}

/// Brings everybody together; open instances will go on where they broke off.
fn assemble(setup: Setup, clock: Clock) -> Result<Arc<Ensemble>, ConductorError> {
    let player = setup.player;
    let ports = Ports::new(
        &player,
        (setup.synth, setup.bank),
        setup.outputs,
        setup.only_port,
    )?;
    let archive = Archive::new(setup.store);
    let left = archive.open_instances()?;
    let (open, absent) = setup.recovery.split(left);
    let absent = absent.into_iter().map(|instance| instance.id);
    let event_receivers = EventReceivers::new(archive.clone(), absent);
    let mut ensemble = Ensemble::new(
        player,
        clock,
        ports,
        archive,
        event_receivers,
        setup.looping,
    );
    ensemble.go_to_where_it_broke_off(&open)?;
    Ok(Arc::new(ensemble))
}
