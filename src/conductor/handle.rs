//! The conductor's handle: starts scores, and gives access to the engine, the player, the ports and
//! the mixer.

use std::{collections::HashMap, sync::Arc};

use serde_json::Value;
use tokio::{
    runtime::Handle,
    sync::{broadcast, watch},
};

use super::{
    BUILT_IN, ConductorError, FaultTarget, PortChange, PortState, ReplayActivity, ReplayBus, Setup,
    activities::ScoreActivities,
    event_receivers::EventReceivers,
    faulty_disk::FaultyDisk,
    listening::live::{self, ForeignMoment, ListeningActivity, ListeningHandle},
    ports::Ports,
    replay_output::ReplayOutput,
    rig::{Controls, Rig},
    watch::Watch,
};
use crate::{
    engine::{
        self, Archive, CatchUp, Clock, Committed, Engine, EngineError, IdReuse, InstanceId,
        InstanceSummary, Named, Overlap, Payload, Randomness, Schedule, ScheduleName, StartCall,
        Times,
    },
    music::{Bank, Channel, Player, PortId, PortNames, Sink},
    score::{Document, Port, Recurrence, ScoreInput, listening::ListeningScore},
};

/// Performs scores. Cheap to clone; clones are the same conductor.
#[derive(Clone)]
pub struct Conductor {
    engine: Engine,
    player: Player,
    pub(super) activities: Arc<ScoreActivities>,
    replay: Arc<ReplayOutput>,
    listening: Arc<ListeningHandle>,
    pub(super) runtime: Handle,
}

impl Conductor {
    /// A conductor in real time. Must be called on a multi-thread tokio runtime.
    pub async fn start(setup: Setup) -> Result<Self, ConductorError> {
        let disk = Arc::new(FaultyDisk::new(Arc::clone(&setup.store)));
        let engine_setup = engine_setup(&setup, Clock::wall());
        let (listening, remote) = (setup.listening.clone(), setup.remote.clone());
        let activities = assemble(setup, engine_setup.clock)?;
        disk.follow(activities.mixer.clone());
        let engine_setup = on_its_clock(engine_setup, &activities);
        let registry = match remote {
            Some(workers) => activities.registry().remote(workers),
            None => activities.registry(),
        };
        let engine = Engine::start(disk, registry, engine_setup)?;
        Self::watched(engine, activities, listening).await
    }

    /// A conductor in virtual time, with a simulated player. Must be called on a current-thread tokio runtime
    /// with paused time, within a `LocalSet`. It performs as fast as possible, with the same result every
    /// time.
    pub async fn simulated(setup: Setup, clock: Clock) -> Result<Self, ConductorError> {
        let store = Arc::clone(&setup.store);
        let engine_setup = engine::Setup {
            randomness: Randomness::Seeded(0),
            ..engine_setup(&setup, clock)
        };
        let listening = setup.listening.clone();
        let activities = assemble(setup, clock)?;
        let engine_setup = on_its_clock(engine_setup, &activities);
        let (engine, work) = Engine::simulated(store, activities.registry(), engine_setup)?;
        tokio::task::spawn_local(work);
        Self::watched(engine, activities, listening).await
    }

    async fn watched(
        engine: Engine,
        activities: Arc<ScoreActivities>,
        listening: Option<Arc<ListeningScore>>,
    ) -> Result<Self, ConductorError> {
        let player = activities.player.clone();
        let feed = engine.subscribe().await?;
        let heard = engine.subscribe().await?;
        let listening = live::start(&activities, heard, listening);
        tokio::spawn(Watch::new(Arc::clone(&activities), feed).run());
        tokio::spawn(activities.ports.follow_cables());
        tokio::spawn(activities.ports.follow());
        Ok(Self {
            engine,
            player,
            activities,
            replay: Arc::default(),
            listening: Arc::new(listening),
            runtime: Handle::current(),
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
        self.activities.ports.bank()
    }

    /// The ports, in the order in which they were opened; the built-in one is the first.
    pub fn ports(&self) -> Vec<PortState> {
        self.activities.ports.states()
    }

    /// The channels of the built-in synth that each instance plays on.
    pub fn synth_channels(&self) -> HashMap<InstanceId, Vec<Channel>> {
        self.activities.synth_channels()
    }

    /// Future changes of ports: devices that are unplugged or plugged in again.
    pub fn port_changes(&self) -> broadcast::Receiver<PortChange> {
        self.activities.ports.changes()
    }

    /// Applies a rig to ports and controls.
    pub fn set_rig(&self, rig: &Rig) -> Result<(), ConductorError> {
        self.activities.controls.send_if_modified(|controls| {
            let changed = *controls != rig.controls;
            controls.clone_from(&rig.controls);
            changed
        });
        self.activities.ports.set_rig(&rig.ports)?;
        self.replay.set_route(&rig.replay, &self.activities.ports)
    }

    /// Opens the replay bus, on a player of its own and with its own voices behind `synth`. It sounds
    /// where the rig says. Must be called on a tokio runtime; the second call replaces the bus.
    ///
    /// # Errors
    ///
    /// [`ConductorError::Music`] if the player has ended; [`ConductorError::PortMissing`] if the port that
    /// the rig names is not connected: the bus is open then, and silent.
    pub fn open_replay_bus(
        &self,
        player: Player,
        synth: Box<dyn Sink>,
    ) -> Result<Arc<ReplayBus>, ConductorError> {
        let bus = Arc::new(ReplayBus::start(player, synth)?);
        self.replay.open(&bus, &self.activities.ports)?;
        Ok(bus)
    }

    /// The replay bus, if it was opened.
    pub fn replay_bus(&self) -> Option<Arc<ReplayBus>> {
        self.replay.bus()
    }

    /// Whether the replay bus plays, and every change of that. Without a bus nothing ever changes.
    pub fn watch_replay(&self) -> watch::Receiver<ReplayActivity> {
        let bus = self.replay_bus();
        bus.map_or_else(
            || watch::Sender::default().subscribe(),
            |bus| bus.watch_activity(),
        )
    }

    /// The listening score in use: it plays the events of workflows that play no note themselves. `None`:
    /// they are silent.
    pub fn listening_score(&self) -> Option<&Arc<ListeningScore>> {
        self.listening.score.as_ref()
    }

    /// Whether events sound by a listening score, and every change of that: the audio device must be open
    /// while they do.
    pub fn watch_listening(&self) -> watch::Receiver<ListeningActivity> {
        self.listening.watch()
    }

    /// Makes events of another engine audible, as those of workflows that play no note.
    pub fn listen_to(&self, commit: Arc<Committed>, moment: ForeignMoment) {
        self.listening.foreign(commit, moment);
    }

    /// Waits until nothing is pending and nothing sounds, the last sounds of events included.
    pub async fn until_silent(&self) {
        self.listening.until_over().await;
        self.player.until_silent().await;
    }

    /// Silences everything: what plays and what is replayed. See [`Player::panic`].
    ///
    /// # Errors
    ///
    /// [`ConductorError::Music`] if the player has ended.
    pub fn panic(&self) -> Result<(), ConductorError> {
        if let Some(bus) = self.replay_bus() {
            bus.stop();
        }
        self.listening.silence();
        Ok(self.player.panic()?)
    }

    /// The port that a rig names: `synth`, or part of an output's name.
    pub fn port(&self, name: &str) -> Result<PortId, ConductorError> {
        let port = match name {
            BUILT_IN => Port::Synth,
            pattern => Port::Named(pattern.to_owned()),
        };
        let port = self.activities.ports.choose(&[port]);
        port.map_err(|missing| ConductorError::PortMissing(missing.to_string()))
    }

    /// The MIDI ports of the system, and every change of them; `None` without MIDI output.
    pub fn watch_ports(&self) -> Option<watch::Receiver<Arc<PortNames>>> {
        self.activities.ports.watch_names()
    }

    /// The rig's controls, and every change of them.
    pub fn watch_controls(&self) -> watch::Receiver<Controls> {
        self.activities.controls.subscribe()
    }

    /// Starts a score as a workflow instance, at once, ignoring its schedule. An id cannot be used again.
    pub async fn perform(
        &self,
        document: &Document,
        id: Option<InstanceId>,
        input: Value,
    ) -> Result<InstanceId, ConductorError> {
        let start = ScoreInput::new(document, input);
        let id = self.start_call(document, id, &start).await?;
        self.activities.assign_channels(&id);
        Ok(id)
    }

    /// Performs a score on its schedule, or once if it has none. With `every` and `after` it starts at once,
    /// with `cron` at the first matching time, with `on` it waits for its events. `runs` limits the runs of
    /// `after` and `on`; the others continue until their schedule, [`schedule_name`], is deleted. Returns the
    /// instance that was started.
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
            self.activities.assign_channels(&id);
            return Ok(Some(id));
        };
        let times = match recurrence {
            Recurrence::After(_) | Recurrence::On(_) => {
                start.runs = runs;
                let id = self.start_call(document, id, &start).await?;
                self.activities.assign_channels(&id);
                return Ok(Some(id));
            }
            Recurrence::At(times) => times.clone(),
        };
        let name = schedule_name(document);
        let begun = match &times {
            Times::Every(_) => {
                let call = self.start_call(document, id, &start);
                let id = call.tag(SCHEDULE_TAG, name.as_str()).await?;
                self.activities.assign_channels(&id);
                Some(id)
            }
            Times::Cron(_) | Times::CronIn { .. } => None,
        };
        let input = Payload::encode(&start).expect("texts, numbers and JSON always become JSON");
        // After a break, the score continues with the next time: missed performances are skipped.
        let schedule = Schedule::new(times, &document.name, input)
            .overlap(Overlap::Allow)
            .catch_up(CatchUp::None);
        // A score that is launched again starts now, and its times count from now.
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

    /// Ends the schedule that started an instance. Instances that it has started continue.
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

    /// Sets the latest text of a score. Instances that loop use it from their next repetition; a running
    /// repetition does not change.
    pub fn revise(&self, document: &Document) {
        self.activities.revisions.put(document);
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
        let _paused = self.activities.event_receivers.pause_emitting().await;
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

    /// Stops: releases every note and closes recordings. Open instances stay open.
    pub async fn close(&self) -> Result<(), ConductorError> {
        // What is still to be committed must not be lost.
        self.end_fault(&FaultTarget::Disk);
        self.engine.stop().await;
        self.replay.close();
        // Fails only if the player has ended.
        let _ = self.activities.ports.say_farewell();
        Ok(self.player.shutdown()?)
    }
}

/// The tag with the name of the schedule that started an instance.
pub const SCHEDULE_TAG: &str = "schedule";

/// The name of a score's schedule.
pub fn schedule_name(document: &Document) -> ScheduleName {
    let name = format!("{}/{}", document.namespace, document.name);
    // Both are host names: together 127 bytes at most, and no control characters.
    ScheduleName::new(name).expect("two host names and a slash make a name")
}

/// The setup of a conductor's engine.
fn engine_setup(setup: &Setup, clock: Clock) -> engine::Setup {
    engine::Setup {
        recovery: setup.recovery.clone(),
        clock,
        limits: setup.limits,
        crash: setup.crash,
        ..engine::Setup::default()
    }
}

/// The same setup with the activities's clock, so that both agree to the nanosecond.
fn on_its_clock(setup: engine::Setup, activities: &ScoreActivities) -> engine::Setup {
    engine::Setup {
        clock: activities.clock,
        ..setup
    }
}

/// Builds the activities. Open instances will continue where they stopped.
fn assemble(setup: Setup, clock: Clock) -> Result<Arc<ScoreActivities>, ConductorError> {
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
    let mut activities = ScoreActivities::new(
        player,
        clock,
        ports,
        archive,
        event_receivers,
        setup.secrets,
        setup.looping,
    );
    activities.prepare_to_resume(&open)?;
    Ok(Arc::new(activities))
}
