//! A made-up concert of seven workflows, as from the engine's feed.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use fermata::{
    conductor::ScoreRun,
    engine::{
        Committed, Event, EventId, EventKind, Failure, InstanceId, InstanceSummary, Parent,
        ParentClosePolicy, Payload, RetryPolicy, Status, Tags, Timeouts, TimerOrigin, Timestamp,
    },
    music::{Beat, Beats, GrantedBy, Key, MeterMap, Priority, Velocity},
    score::calls::{Performed, Play},
    stage::{Host, Waker},
    view::{
        Arrangement, AudioView, Command, ComparedPair, ControlSurfaceCommand, EditedScore,
        EventPlace, Explanation, FolderListing, GivenByControl, InstrumentFacts, LaneModel,
        LineRange, MadeComparison, Markers, MetersView, PlayheadIntent, PlayheadIntents, PortView,
        Projector, ReplayCommand, ScoreCard, ScoreFacts, ScoreId, Settings, Snapshot, TourMode,
        TransportView,
    },
};

/// When the made-up concert begins.
pub const BEGIN: Timestamp = Timestamp(1_800_000_000_000_000_000);
/// Nanoseconds a beat, at 96 a minute.
const BEAT: f64 = 60e9 / 96.0;
/// The bar at which the picture is taken, counted from 0.
pub const NOW: f64 = 40.6 * 4.0;

/// The moment of a beat.
pub fn at(beat: f64) -> Timestamp {
    BEGIN + Duration::from_nanos((beat * BEAT) as u64)
}

/// One instance whose history grows.
pub struct Voice {
    pub id: InstanceId,
    workflow: String,
    status: Status,
    events: Vec<Event>,
    started: Timestamp,
    parent: Option<Parent>,
}

impl Voice {
    pub fn new(workflow: &str, id: &str, beat: f64) -> Self {
        let mut voice = Self {
            id: InstanceId::new(id).unwrap(),
            workflow: workflow.to_owned(),
            status: Status::Running,
            events: Vec::new(),
            started: at(beat),
            parent: None,
        };
        let name = workflow.to_owned();
        voice.add(
            at(beat),
            EventKind::ExecutionStarted {
                name,
                input: Payload::null(),
                version: None,
                run: 1,
                seed: 1,
                parent: None,
                fork: None,
                tags: Tags::new(),
                start_at: None,
                limits: None,
                custom_status: None,
                deadline: None,
                code: Default::default(),
            },
        );
        voice
    }

    /// Makes it a child.
    fn child_of(&mut self, of: Parent) {
        self.parent = Some(of);
        if let Some(EventKind::ExecutionStarted { parent, .. }) =
            self.events.first_mut().map(|first| &mut first.kind)
        {
            parent.clone_from(&self.parent);
        }
    }

    pub fn add(&mut self, at: Timestamp, kind: EventKind) -> EventId {
        let id = EventId(self.events.len() as u64);
        self.events.push(Event { id, at, kind });
        id
    }

    pub fn schedule(&mut self, at: Timestamp, name: &str, input: Payload) -> EventId {
        let kind = EventKind::TaskScheduled {
            name: name.to_owned(),
            input,
            retry: Some(Box::new(RetryPolicy::attempts(8))),
            timeouts: Timeouts::default(),
        };
        self.add(at, kind)
    }

    pub fn start(&mut self, at: Timestamp, scheduled: EventId, attempt: u32) {
        self.add(at, EventKind::TaskStarted { scheduled, attempt });
    }

    /// A chord: scheduled a beat ahead, started when its turn comes, handed over 60 ms early.
    pub fn play(&mut self, beat: f64, length: f64, keys: &[u8]) {
        let play = chord("strike", beat, length, keys);
        let ahead = Duration::from_millis(60);
        let begin = at(beat - 0.1);
        let asked = self.schedule(begin, "play", Payload::encode(&play).unwrap());
        self.start(at(beat - 0.04), asked, 1);
        let done = Performed {
            at: play.at,
            onset: at(beat),
            until: at(beat + length),
        };
        let over = Timestamp(at(beat + length).0 - ahead.as_nanos() as u64);
        if over > at(NOW) {
            return;
        }
        let result = Payload::encode(&done).unwrap();
        self.add(
            over,
            EventKind::TaskCompleted {
                scheduled: asked,
                result,
            },
        );
    }

    /// A chord that is sounding now: its activity completes before it ends.
    pub fn sounds(&mut self, beat: f64, length: f64, keys: &[u8]) {
        let play = chord("strike", beat, length, keys);
        let asked = self.schedule(at(beat - 0.1), "play", Payload::encode(&play).unwrap());
        self.start(at(beat - 0.08), asked, 1);
        let done = Performed {
            at: play.at,
            onset: at(beat),
            until: at(beat + length),
        };
        let result = Payload::encode(&done).unwrap();
        self.add(
            at(beat - 0.05),
            EventKind::TaskCompleted {
                scheduled: asked,
                result,
            },
        );
    }

    /// It ends.
    pub fn ends(&mut self, at: Timestamp, kind: EventKind, status: Status) {
        self.add(at, kind);
        self.status = status;
    }

    pub fn status(&mut self, words: &str) {
        let status = Payload::encode(words).unwrap();
        self.add(at(NOW - 0.1), EventKind::CustomStatusSet { status });
    }

    pub fn committed(&self) -> Committed {
        Committed {
            annotations: Vec::new(),
            log: Vec::new(),
            instance: InstanceSummary {
                status: self.status,
                started_at: self.started,
                parent: self.parent.clone(),
                ..InstanceSummary::new(self.id.clone(), self.workflow.as_str())
            },
            events: self.events.clone(),
        }
    }
}

pub fn chord(task: &str, beat: f64, length: f64, keys: &[u8]) -> Play {
    Play {
        task: task.to_owned(),
        instrument: "first".to_owned(),
        keys: keys.iter().map(|k| Key::new(*k).unwrap()).collect(),
        at: Beat(Beats::from_f64(beat)),
        length: Beats::from_f64(length),
        velocity: Velocity::default(),
    }
}

fn facts(title: &str, color: [u8; 3], source: &str) -> ScoreFacts {
    ScoreFacts {
        title: title.to_owned(),
        source: source.into(),
        instruments: vec![InstrumentFacts {
            name: "first".to_owned(),
            color,
        }],
        ..ScoreFacts::default()
    }
}

const SCORE: &str = "\
do:
  - groove:
      for: { each: bar, in: \"${ [range(16)] }\" }
      do:
        - strike:
            try:
              - hit:
                  call: play
                  with: { pattern: \"bd hh sn [hh hh]\" }
            catch:
              retry:
                delay: { milliseconds: 750 }
                backoff: { exponential: {} }
                limit: { attempt: { count: 8 } }
        - breathe: { call: rest, with: { beats: 1 } }
";

/// The score cards of the concert.
pub fn cards() -> Vec<ScoreCard> {
    let card = |id: &str, title: &str, summary: &str| ScoreCard {
        id: ScoreId(id.into()),
        title: title.to_owned(),
        summary: summary.to_owned(),
        input: None,
        problem: None,
    };
    let mut cards = vec![
        card(
            "ostinato",
            "Ostinato",
            "A workflow that never ends: four notes, over and over, each one durable.",
        ),
        card(
            "stubborn-drummer",
            "The stubborn drummer",
            "Retries with exponential backoff, heard.",
        ),
        card(
            "tutti",
            "Tutti",
            "Fan-out and fan-in: four sections begin together and wait for the last.",
        ),
        card(
            "call-and-response",
            "Call and response",
            "Waits for a cue from the audience, or continues alone after twenty seconds.",
        ),
        card(
            "two-cities",
            "Two cities",
            "A cluster in two regions: one fails, the other takes the melody.",
        ),
    ];
    cards.push(ScoreCard {
        id: ScoreId("broken".into()),
        title: "Unfinished".to_owned(),
        summary: String::new(),
        input: None,
        problem: Some("Line 12: there is no task “fanfare” to go to.".to_owned()),
    });
    cards
}

fn bass() -> Voice {
    let mut voice = Voice::new("ostinato", "ostinato-1", 0.0);
    let mut beat = 0.0;
    for n in 0.. {
        let keys: &[u8] = &[[36], [41], [36], [43]][n % 4];
        if beat + 1.0 > NOW {
            voice.sounds(beat, 0.92, keys);
            break;
        }
        voice.play(beat, 0.92, keys);
        beat += 1.0;
    }
    voice.status("bar 17 of the loop");
    voice
}

fn drummer() -> Voice {
    let mut voice = Voice::new("stubborn-drummer", "stubborn-drummer-7", 4.0);
    for step in 16..=(39 * 4 + 3) * 2 - 2 {
        let beat = f64::from(step) / 2.0;
        let keys: &[u8] = &[[36], [42], [38], [42], [46]][(step % 5) as usize];
        voice.play(beat, 0.22, keys);
    }
    let fails = [(157.6, 0.3), (159.3, 0.4), (161.9, 0.35)];
    let play = chord("strike", 158.0, 0.25, &[38]);
    let asked = voice.schedule(at(157.2), "play", Payload::encode(&play).unwrap());
    for (n, (beat, long)) in fails.into_iter().enumerate() {
        let attempt = n as u32 + 1;
        voice.start(at(beat - long), asked, attempt);
        let failure = Failure::new("outage", ["outage", "outage", "timeout"][n]);
        let pause = [1.0, 2.2, 3.0][n];
        voice.add(
            at(beat),
            EventKind::TaskFailed {
                scheduled: asked,
                attempt,
                failure,
                retry_at: Some(at(beat + pause)),
                heartbeat: None,
            },
        );
    }
    voice
}

fn strings() -> Voice {
    let mut voice = Voice::new("tutti", "tutti-3", 40.0);
    for bars in (10..40).step_by(2) {
        let beat = f64::from(bars) * 4.0;
        for (n, key) in [48u8, 55, 60, 64].into_iter().enumerate() {
            let start = beat + n as f64 * 0.1;
            voice.play(start, 7.5 - n as f64 * 0.4, &[key]);
        }
    }
    for (n, key) in [48u8, 55, 60, 64].into_iter().enumerate() {
        voice.sounds(160.0 + n as f64 * 0.1, 7.5 - n as f64 * 0.4, &[key]);
    }
    voice.status("fan-out: 3 of 4 sections in");
    voice
}

fn cellos() -> Voice {
    let mut voice = Voice::new("section", "tutti-3/section-3", 60.0);
    let keys = [40u8, 44, 42, 47];
    for n in 0..51usize {
        let beat = 60.0 + n as f64 * 2.0;
        match beat + 2.0 < NOW {
            true => voice.play(beat, 1.85, &[keys[n % 4] + (n % 3) as u8]),
            false => voice.sounds(beat, 1.85, &[keys[n % 4] + (n % 3) as u8]),
        }
    }
    voice.status("child of Strings");
    voice
}

fn oboe() -> Voice {
    let mut voice = Voice::new("call-and-response", "call-and-response-2", 140.0);
    for n in 0..7usize {
        voice.play(
            142.0 + n as f64 * 2.0,
            1.6,
            &[[72u8], [74], [76], [74], [77], [79], [72]][n],
        );
    }
    let name = "applause".to_owned();
    voice.add(
        at(154.4),
        EventKind::TimerCreated {
            fire_at: Some(at(168.4)),
            origin: TimerOrigin::ExternalEvent { name },
        },
    );
    voice
}

fn harp() -> Voice {
    let mut voice = Voice::new("prelude", "prelude-4", 120.0);
    for n in 0..46usize {
        let keys = [60u8, 64, 67, 72, 76, 67, 72, 62];
        voice.play(132.0 + n as f64 * 0.5, 0.45, &[keys[n % 8]]);
    }
    let reason = "tuning".to_owned();
    let freeze_time = true;
    voice.add(
        at(155.2),
        EventKind::ExecutionSuspended {
            reason,
            freeze_time,
        },
    );
    voice.status = Status::Suspended;
    voice
}

fn istanbul() -> Voice {
    let mut voice = Voice::new("two-cities", "two-cities-1", 142.0);
    let names = ["create cluster", "replicate", "verify"];
    for (n, name) in names.into_iter().enumerate() {
        let beat = 143.0 + n as f64 * 7.0;
        let asked = voice.schedule(at(beat), name, Payload::encode("eu-central").unwrap());
        voice.start(at(beat + 0.8), asked, 1);
        if n < 2 {
            let result = Payload::encode("ready").unwrap();
            voice.add(
                at(beat + 6.5),
                EventKind::TaskCompleted {
                    scheduled: asked,
                    result,
                },
            );
        }
    }
    voice.status("creating cluster, replication waits");
    voice
}

/// A workflow with two children that compensates its steps, and one of the children.
pub fn tour() -> [Voice; 2] {
    let mut tour = Voice::new("tour", "tour-1", 120.0);
    let [created, _] = ["concert", "press"].map(|name| {
        let kind = EventKind::ChildWorkflowInstanceCreated {
            instance: InstanceId::new("tour-1/1").unwrap(),
            name: name.to_owned(),
            input: Payload::null(),
            retry: None,
            on_close: ParentClosePolicy::Terminate,
            detached: name == "press",
        };
        tour.add(at(121.0), kind)
    });
    let name = "cancel the hall".to_owned();
    let registered = tour.add(at(130.0), EventKind::CompensationRegistered { name });
    let (target, name) = (tour.id.clone(), "tickets".to_owned());
    let input = Payload::null();
    tour.add(
        at(131.0),
        EventKind::EventSent {
            target,
            name,
            input,
        },
    );
    let scheduled = tour.schedule(at(132.0), "print", Payload::null());
    tour.start(at(132.5), scheduled, 1);
    let details = Payload::encode("page 3").unwrap();
    tour.add(at(140.0), EventKind::TaskHeartbeat { scheduled, details });
    let reason = "rain".to_owned();
    tour.add(
        at(145.0),
        EventKind::ExecutionCancelRequested {
            reason,
            waits_for_children: true,
        },
    );
    tour.add(at(150.0), EventKind::CompensationStarted { registered });
    let mut concert = Voice::new("concert", "tour-1/1", 121.0);
    concert.child_of(Parent {
        instance: tour.id.clone(),
        created,
        attached: true,
        run: 1,
    });
    [tour, concert]
}

/// Everything that the picture shows, folded.
pub fn concert() -> Projector {
    let mut projector = Projector::new();
    projector.transport(transport());
    let voices = [
        (bass(), facts("Bass", [86, 180, 233], SCORE)),
        (drummer(), facts("Drummer", [240, 228, 66], SCORE)),
        (strings(), facts("Strings", [53, 205, 158], SCORE)),
        (cellos(), facts("Cellos", [53, 205, 158], SCORE)),
        (oboe(), facts("Oboe", [224, 138, 196], SCORE)),
        (harp(), facts("Harp", [124, 152, 247], SCORE)),
        (istanbul(), facts("Istanbul", [240, 164, 20], "")),
    ];
    for (voice, facts) in voices {
        projector.score_facts(&voice.id, facts);
        projector.committed(&voice.committed());
        let ghosts = match voice.workflow.as_str() {
            "ostinato" => (163..200)
                .map(|n| {
                    chord(
                        "walk",
                        f64::from(n),
                        0.92,
                        &[[36u8, 41, 36, 43][n as usize % 4]],
                    )
                })
                .collect(),
            "stubborn-drummer" => (332..400)
                .map(|n| {
                    chord(
                        "strike",
                        f64::from(n) / 2.0,
                        0.22,
                        &[[36u8, 42, 38, 42, 46][n as usize % 5]],
                    )
                })
                .collect(),
            "tutti" => [48u8, 55, 60, 64]
                .into_iter()
                .enumerate()
                .map(|(n, key)| {
                    chord(
                        "tutti",
                        168.0 + n as f64 * 0.1,
                        7.5 - n as f64 * 0.4,
                        &[key],
                    )
                })
                .collect(),
            "section" => (0..8)
                .map(|n| {
                    chord(
                        "section",
                        164.0 + f64::from(n) * 2.0,
                        1.85,
                        &[[40u8, 44, 42, 47][n as usize % 4]],
                    )
                })
                .collect(),
            _ => Vec::new(),
        };
        projector.upcoming(&voice.id, ghosts, Beat::ZERO);
        let lines = LineRange {
            first: 11,
            last: 14,
        };
        projector.task_progress(&voice.id, Some(lines));
    }
    projector.scores(cards());
    projector.meters(meters());
    projector
}

pub fn transport() -> TransportView {
    TransportView {
        rolling: true,
        anchor: (BEGIN, Beat::ZERO),
        tempo: 96.0,
        meters: MeterMap::default(),
    }
}

pub fn meters() -> MetersView {
    let port = |name: &str, ok| PortView {
        name: name.to_owned(),
        ok,
        waiting: 0,
    };
    MetersView {
        late_us: 212,
        late: 3,
        priority: Some(Priority::Granted(GrantedBy::System)),
        commit_us: 1400,
        voices: 11,
        ports: vec![port("Grind", true), port("Volca Drum", true)],
        audio: AudioView::On("default".to_owned()),
        ..MetersView::default()
    }
}

/// A host with a fixed clock and a list of the commands that it received.
pub struct FakeHost {
    pub snapshot: Mutex<Arc<Snapshot>>,
    pub sent: Mutex<Vec<Command>>,
    /// What the replay bus was told.
    pub replayed: Mutex<Vec<ReplayCommand>>,
    /// The lane that the stage says is selected.
    pub selected: Mutex<Option<InstanceId>>,
    pub now: AtomicU64,
    /// What controls ask of the playhead.
    pub intents: Mutex<PlayheadIntents>,
    /// What pads have done.
    pub given: Mutex<Vec<GivenByControl>>,
    /// The markers that are kept.
    pub kept: Mutex<Markers>,
    /// The arrangement of the lanes that is kept.
    pub arranged: Mutex<Arrangement>,
    /// The explained replay.
    pub explanation: Mutex<Option<Arc<Explanation>>>,
    /// The comparison, and which one was asked for.
    pub comparison: Mutex<MadeComparison>,
    pub compared: Mutex<Option<ComparedPair>>,
    /// The replay of the run that is shown.
    pub score_run: Mutex<Option<Arc<ScoreRun>>>,
    /// The folder that is read, and the one that was asked for.
    pub folder: Mutex<Option<Arc<FolderListing>>>,
    pub asked_folder: Mutex<Option<String>>,
    /// The text of the score that is edited.
    pub edited: Mutex<Option<Arc<EditedScore>>>,
    /// How often the stage looked: once a frame.
    pub looked: AtomicU64,
    /// The next look at the snapshot panics.
    pub fail: AtomicBool,
    /// The settings that were kept.
    pub settings: Mutex<Settings>,
    /// Whether the set list performs itself.
    pub tour: Mutex<TourMode>,
}

impl FakeHost {
    pub fn new(snapshot: Arc<Snapshot>) -> Arc<Self> {
        Arc::new(Self {
            snapshot: Mutex::new(snapshot),
            sent: Mutex::new(Vec::new()),
            replayed: Mutex::default(),
            selected: Mutex::default(),
            now: AtomicU64::new(at(NOW).0),
            looked: AtomicU64::new(0),
            intents: Mutex::default(),
            given: Mutex::default(),
            kept: Mutex::default(),
            arranged: Mutex::default(),
            explanation: Mutex::default(),
            comparison: Mutex::default(),
            compared: Mutex::default(),
            score_run: Mutex::default(),
            fail: AtomicBool::default(),
            settings: Mutex::default(),
            tour: Mutex::default(),
            folder: Mutex::default(),
            asked_folder: Mutex::default(),
            edited: Mutex::default(),
        })
    }

    /// Time passes.
    pub fn pass(&self, time: Duration) {
        self.now
            .fetch_add(time.as_nanos() as u64, Ordering::Relaxed);
    }

    /// What was asked since the last call.
    pub fn take(&self) -> Vec<Command> {
        std::mem::take(&mut self.sent.lock().unwrap())
    }
}

impl Host for FakeHost {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.looked.fetch_add(1, Ordering::Relaxed);
        if self.fail.swap(false, Ordering::Relaxed) {
            panic!("the host failed");
        }
        self.snapshot.lock().unwrap().clone()
    }

    fn send(&self, command: Command) {
        match command {
            Command::ControlSurface(ControlSurfaceCommand::Select(lane)) => {
                *self.selected.lock().unwrap() = lane
            }
            Command::KeepMarkers(markers) => *self.kept.lock().unwrap() = markers,
            Command::KeepSettings(settings) => *self.settings.lock().unwrap() = *settings,
            Command::KeepArrangement(lanes) => *self.arranged.lock().unwrap() = lanes,
            Command::Replay(command) => self.replayed.lock().unwrap().push(command),
            command => self.sent.lock().unwrap().push(command),
        }
    }

    fn set_waker(&self, _: Waker) {}

    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::Relaxed))
    }

    fn loudness(&self, instance: &InstanceId) -> f32 {
        // Lanes are as loud as their names are long: every bar another one.
        0.004 * instance.as_str().len() as f32
    }

    fn tour(&self) -> TourMode {
        *self.tour.lock().unwrap()
    }

    fn playhead_intents(&self) -> Vec<PlayheadIntent> {
        self.intents.lock().unwrap().take()
    }

    fn given_by_controls(&self) -> Vec<GivenByControl> {
        std::mem::take(&mut self.given.lock().unwrap())
    }

    fn kept_markers(&self) -> Markers {
        self.kept.lock().unwrap().clone()
    }

    fn kept_settings(&self) -> Settings {
        self.settings.lock().unwrap().clone()
    }

    fn kept_arrangement(&self) -> Arrangement {
        self.arranged.lock().unwrap().clone()
    }

    fn explanation(&self, _: &InstanceId, _: Timestamp) -> Option<Arc<Explanation>> {
        self.explanation.lock().unwrap().clone()
    }

    fn comparison(&self, pair: &ComparedPair) -> MadeComparison {
        *self.compared.lock().unwrap() = Some(pair.clone());
        self.comparison.lock().unwrap().clone()
    }

    fn folder(&self, folder: &str, _: Timestamp) -> Option<Arc<FolderListing>> {
        *self.asked_folder.lock().unwrap() = Some(folder.to_owned());
        self.folder.lock().unwrap().clone()
    }

    fn score_run(&self, _: &Arc<LaneModel>, _: EventPlace) -> Option<Arc<ScoreRun>> {
        self.score_run.lock().unwrap().clone()
    }

    fn edited_score(&self) -> Option<Arc<EditedScore>> {
        self.edited.lock().unwrap().clone()
    }
}
