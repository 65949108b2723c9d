//! Folds what the engine and the player tell into snapshots for the window.
//!
//! While nothing happens no frame is painted; while nothing is open this sleeps.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep, sleep_until},
};

use super::{
    edits::Edits,
    host::{App, Told},
};
use crate::{
    conductor::{BUILT_IN, foresee},
    engine::{Committed, EngineError, Event, EventId, EventKind, Feed, InstanceId, Status},
    music::{Beat, Nanos, Sound, SoundState, Tempo, Transport},
    score::{Document, ScoreInput, TaskEvent, TaskProgress},
    view::{
        AudioView, InstrumentFacts, LineRange, MetersView, PortView, Projector, ScoreFacts,
        TransportView,
    },
};

/// The shortest time between two snapshots.
const BETWEEN: Duration = Duration::from_millis(12);
/// How often the meters are read while something sounds.
const METERS: Duration = Duration::from_millis(250);
/// Closed instances that are shown from earlier performances.
const RECENT: usize = 12;
/// How often it is asked whether the store can be written, while something is open.
const STORE: Duration = Duration::from_secs(1);
/// How far ahead notes are foreseen, and how near the end of them they are foreseen anew, in bars.
const FORESEEN_BARS: i64 = 6;
const FORESEEN_LEAST: i64 = 3;
/// How long the loudspeaker stays awake after the last note.
const AWAKE: Duration = Duration::from_secs(6);

/// Projects until the engine stops.
pub(super) async fn run(app: Arc<App>, sound: Sound, virtual_port: Option<String>) {
    let told = app
        .told
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    // The engine stopped before the stage was open, or somebody projects already.
    let (Some(told), Ok(feed)) = (told, app.conductor.engine().subscribe().await) else {
        return;
    };
    let mut projection = Projection {
        transport: app.conductor.player().watch_transport(),
        projector: Projector::new(),
        lanes: HashMap::new(),
        awake_until: None,
        shown: None,
        shown_tempo: None,
        app,
        sound,
        virtual_port,
        told,
        edits: Edits::default(),
    };
    projection.begin(&feed);
    projection.run(feed).await;
}

struct Projection {
    app: Arc<App>,
    sound: Sound,
    /// The port that other programs can connect to.
    virtual_port: Option<String>,
    told: mpsc::UnboundedReceiver<Told>,
    edits: Edits,
    transport: watch::Receiver<Transport>,
    projector: Projector,
    lanes: HashMap<InstanceId, Lane>,
    /// When the loudspeaker may rest.
    awake_until: Option<Instant>,
    /// The version of the snapshot that is shown.
    shown: Option<u64>,
    /// The tempo that is shown.
    shown_tempo: Option<Tempo>,
}

/// What is kept of a lane beside what is shown.
#[derive(Default)]
struct Lane {
    /// Which run of the instance this is.
    run: u32,
    document: Option<Document>,
    /// Tasks that are being done, innermost last.
    doing: Vec<String>,
    /// Up to which beat notes have been foreseen.
    foreseen: Option<Beat>,
    history: Vec<Event>,
    closed: bool,
}

impl Projection {
    /// What there was before the window was opened.
    fn begin(&mut self, feed: &Feed) {
        let cards = self
            .app
            .library
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .cards();
        self.projector.scores(cards);
        let archive = self.app.conductor.engine().archive().clone();
        let open: HashSet<_> = feed.open.iter().map(|open| open.id.clone()).collect();
        let all = archive.list().unwrap_or_default();
        let mut latest: HashMap<_, usize> = HashMap::new();
        for (place, run) in all.iter().enumerate() {
            latest.insert(run.id.clone(), place);
        }
        let mut shown = latest.into_values().collect::<Vec<_>>();
        shown.sort_unstable();
        let mut shown: Vec<_> = shown
            .into_iter()
            .filter_map(|place| all.get(place))
            .collect();
        let closed = shown.iter().filter(|s| !open.contains(&s.id)).count();
        let mut skip = closed.saturating_sub(RECENT);
        shown.retain(|summary| {
            let skipped = !open.contains(&summary.id) && skip > 0;
            skip -= usize::from(skipped);
            !skipped
        });
        for summary in shown {
            if let Ok(events) = archive.history(&summary.id) {
                self.committed(&Committed {
                    instance: summary.clone(),
                    events,
                    annotations: Vec::new(),
                });
            }
        }
        self.transport();
        self.meters();
        self.publish();
    }

    /// Shows what is new; what is not new costs no frame.
    fn publish(&mut self) {
        let snapshot = self.projector.snapshot();
        if self.shown != Some(snapshot.version) {
            self.shown = Some(snapshot.version);
            self.app.publish(snapshot);
        }
    }

    async fn run(&mut self, mut feed: Feed) {
        loop {
            let rolling = self.transport.borrow().is_rolling();
            let meters = async {
                if rolling || self.awake_until.is_some() {
                    sleep(METERS).await;
                } else {
                    std::future::pending::<()>().await;
                }
            };
            let store = async {
                if self.lanes.values().any(|lane| !lane.closed) {
                    sleep(STORE).await;
                } else {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                committed = feed.next() => match committed {
                    Some(committed) => self.committed(&committed),
                    None => return self.ended(),
                },
                changed = self.transport.changed() => {
                    if changed.is_err() { return; }
                    self.transport();
                }
                told = self.told.recv() => if let Some(told) = told {
                    self.told(told);
                },
                () = meters => {
                    self.meters();
                    self.tempo();
                }
                () = store => {}
            }
            let trouble = self.app.conductor.engine().trouble();
            self.projector
                .trouble(trouble.map(|error| error.to_string()));
            while let Some(committed) = feed.try_next() {
                self.committed(&committed);
            }
            self.foresee();
            self.publish();
            sleep_until(Instant::now() + BETWEEN).await;
        }
    }

    /// The engine has stopped; the stage says why and stays as it is.
    fn ended(&mut self) {
        self.projector.notice(EngineError::Stopped.to_string());
        self.app.publish(self.projector.snapshot());
    }

    fn told(&mut self, told: Told) {
        match told {
            Told::Notice(notice) => self.projector.notice(notice),
            Told::Scores(cards) => self.projector.scores(cards),
            Told::Saved(saved) => {
                self.projector.notice(self.edits.take(&saved));
                for (id, lane) in &self.lanes {
                    if let Some(document) = lane.document.as_ref().filter(|_| !lane.closed) {
                        self.projector.edited(id, self.edits.of(document));
                    }
                }
            }
        }
    }

    fn committed(&mut self, committed: &Committed) {
        let id = &committed.instance.id;
        let run = committed.instance.run;
        let lane = self.lanes.entry(id.clone()).or_default();
        if run < lane.run {
            return;
        }
        if run > lane.run {
            *lane = Lane {
                run,
                ..Lane::default()
            };
        }
        lane.closed = committed.instance.status.is_closed();
        let known = lane.history.last().map(|event| event.id);
        let fresh = committed
            .events
            .iter()
            .filter(|event| Some(event.id) > known);
        lane.history.extend(fresh.cloned());
        if let Some(Event {
            id: EventId(0),
            kind: EventKind::ExecutionStarted { input, .. },
            ..
        }) = committed.events.first()
            && lane.document.is_none()
            && let Ok(input) = input.decode::<ScoreInput>()
            && let Ok(document) = Document::parse(&input.score, "score")
        {
            self.projector.score_facts(id, facts(&document));
            self.projector.edited(id, self.edits.of(&document));
            lane.document = Some(document);
        }
        if committed
            .events
            .iter()
            .any(|event| turns_the_music(&event.kind))
        {
            lane.foreseen = None;
        }
        self.projector.committed(committed);
        for note in &committed.annotations {
            if let Ok(progress) = note.decode::<TaskProgress>() {
                let (task, event) = (progress.task, progress.event);
                if event.is_end() || event == TaskEvent::Started {
                    lane.doing.retain(|doing| *doing != task);
                }
                if event == TaskEvent::Started {
                    lane.doing.push(task);
                }
            }
        }
        if !committed.annotations.is_empty() {
            self.projector.task_progress(id, lane.lines());
        }
        if lane.closed {
            self.projector.task_progress(id, None);
            self.projector.edited(id, None);
            self.projector.foreseen(id, Vec::new());
            lane.history = Vec::new();
        }
    }

    fn transport(&mut self) {
        let transport = *self.transport.borrow_and_update();
        if transport.is_rolling() {
            self.sound.wake();
            self.awake_until = None;
        } else {
            self.awake_until = Some(Instant::now() + AWAKE);
        }
        let (clock, player) = (
            self.app.conductor.engine().clock(),
            self.app.conductor.player(),
        );
        let now = player.now();
        let wall = clock.at(player.origin() + now.since(Nanos::ZERO));
        self.shown_tempo = Some(transport.tempo(now));
        self.projector.transport(TransportView {
            rolling: transport.is_rolling(),
            anchor: (wall, transport.position(now)),
            tempo: transport.tempo(now).beats_per_minute(),
            bar: transport.meter().bar(),
        });
    }

    /// A change of tempo that was ahead has come.
    fn tempo(&mut self) {
        let tempo = {
            let transport = self.transport.borrow();
            transport.tempo(self.app.conductor.player().now())
        };
        if self.shown_tempo != Some(tempo) {
            self.transport();
        }
    }

    fn meters(&mut self) {
        if self
            .awake_until
            .is_some_and(|until| until <= Instant::now())
        {
            self.awake_until = None;
            self.sound.rest();
        }
        let player = self.app.conductor.player();
        let meters = player.meters();
        let ports = player.ports().into_iter();
        let virtual_port = self
            .virtual_port
            .clone()
            .map(|name| PortView { name, ok: true });
        let commit = self.app.conductor.engine().metrics().last_commit;
        let micros = |d: Duration| u64::try_from(d.as_micros()).unwrap_or(u64::MAX);
        self.projector.meters(MetersView {
            late_us: micros(meters.median),
            commit_us: micros(commit),
            voices: u32::try_from(meters.sounding).unwrap_or(u32::MAX),
            ports: ports
                .filter(|port| port.name != BUILT_IN)
                .map(|port| PortView {
                    ok: port.failures == 0,
                    name: port.name,
                })
                .chain(virtual_port)
                .collect(),
            audio: match self.sound.state() {
                SoundState::Device { name, .. } => AudioView::On(name),
                SoundState::Silent(reason) => AudioView::Lost(reason),
            },
        });
    }

    /// Looks ahead for the lanes whose future runs out.
    fn foresee(&mut self) {
        let player = self.app.conductor.player();
        let transport = player.transport();
        if !transport.is_rolling() {
            return;
        }
        let here = transport.position(player.now());
        let bar = transport.meter().bar();
        let archive = self.app.conductor.engine().archive().clone();
        for (id, lane) in &mut self.lanes {
            if lane.document.is_none() || lane.history.is_empty() {
                continue;
            }
            if lane
                .foreseen
                .is_some_and(|until| until > here + bar * FORESEEN_LEAST)
            {
                continue;
            }
            let until = here + bar * FORESEEN_BARS;
            let Ok(summary) = archive.summary(id) else {
                continue;
            };
            let notes = if summary.status == Status::Running {
                foresee(id, &lane.history, until, |at| transport.in_phase(at, here))
            } else {
                Vec::new()
            };
            lane.foreseen = Some(until);
            self.projector.foreseen(id, notes);
        }
    }
}

impl Lane {
    /// The lines of the innermost task that is being done.
    fn lines(&self) -> Option<LineRange> {
        let document = self.document.as_ref()?;
        let pointer = self.doing.last()?;
        let mut lines = None;
        document.each_task(&mut |task| {
            if task.pointer == *pointer {
                lines = Some(LineRange {
                    first: *task.lines.start(),
                    last: *task.lines.end(),
                });
            }
        });
        lines
    }
}

fn facts(document: &Document) -> ScoreFacts {
    let instruments = document.instruments.iter();
    ScoreFacts {
        title: document.title.clone(),
        source: Arc::clone(&document.source),
        loops: document.loops,
        instruments: instruments
            .map(|instrument| InstrumentFacts {
                name: instrument.name.clone(),
                color: [
                    instrument.color.red,
                    instrument.color.green,
                    instrument.color.blue,
                ],
            })
            .collect(),
    }
}

/// After these what was foreseen may no longer come.
fn turns_the_music(kind: &EventKind) -> bool {
    !matches!(
        kind,
        EventKind::TaskScheduled { .. }
            | EventKind::TaskStarted { .. }
            | EventKind::TaskCompleted { .. }
            | EventKind::TaskHeartbeat { .. }
            | EventKind::TimerCreated { .. }
            | EventKind::EventSent { .. }
            | EventKind::CustomStatusSet { .. }
            | EventKind::TagSet { .. }
            | EventKind::VersionMarked { .. }
    )
}
