//! ControlSurface at work, with a keyboard made of nothing.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::json;
use tokio::{
    runtime::Handle,
    time::{Instant, sleep, timeout},
};

use super::{
    super::{host::App, library::Library, recordings::Recordings},
    ToControlSurface,
    task::ControlSurfaceTask,
};
use crate::{
    conductor::{
        Conductor, Outputs, Rounds, Setup, Strip, Switch,
        control_surface::{ControlAction, LaneTarget, Press},
        rig::{ClockFrom, Controls, Thru},
    },
    engine::{Committed, InstanceId, Recovery, RedbStore, Status},
    music::{
        Arrived, Channel, ClockMessage, Journal, Key, Message, Nanos, Player, Sent, Sink,
        SinkError, Velocity,
    },
    score::Document,
    view::{Learn, Projector},
};

/// Keeps what it is sent.
#[derive(Clone, Default)]
struct Tape(Arc<Mutex<Vec<Message>>>);

impl Sink for Tape {
    fn send(&mut self, sent: &Sent) -> Result<(), SinkError> {
        self.0.lock().unwrap().push(sent.message);
        Ok(())
    }
}

struct Hall {
    app: Arc<App>,
    task: ControlSurfaceTask,
    tape: Tape,
    kept: Arc<Mutex<Vec<Controls>>>,
}

fn controls(rig: &str) -> Controls {
    toml_edit::de::from_str(rig).unwrap()
}

fn down(number: u8) -> Message {
    let key = Key::new(number).unwrap();
    Message::NoteOn(Channel::FIRST, key, Velocity::new(100).unwrap())
}

fn up(number: u8) -> Message {
    Message::NoteOff(Channel::FIRST, Key::new(number).unwrap())
}

impl Hall {
    async fn open(rig: &str) -> Self {
        let tape = Tape::default();
        let journal = Journal::new();
        let recorder = Recordings::new(journal.handle(), None);
        let setup = Setup {
            store: Arc::new(RedbStore::in_memory().unwrap()),
            recovery: Recovery::OpenInstances,
            player: Player::start(journal).unwrap(),
            synth: Box::new(tape.clone()),
            outputs: Outputs::BuiltInOnly,
            only_port: None,
            rounds: Rounds::One,
        };
        let conductor = Conductor::start(setup).await.unwrap();
        let library = Library::with(&[]).unwrap();
        let app = Arc::new(App::new(conductor, library, recorder, Handle::current()));
        let kept: Arc<Mutex<Vec<Controls>>> = Arc::default();
        let keep = Arc::clone(&kept);
        let keep = Box::new(move |controls: &Controls| {
            keep.lock().unwrap().push(controls.clone());
            Ok(())
        });
        let mut task = ControlSurfaceTask::new(Arc::clone(&app), controls(rig), keep);
        for route in &mut task.routes {
            route.connect(&app.conductor).unwrap();
        }
        Self {
            app,
            task,
            tape,
            kept,
        }
    }

    async fn perform(&self, score: &str) -> InstanceId {
        let document = Document::parse(score, "score").unwrap();
        let conductor = &self.app.conductor;
        conductor.perform(&document, None, json!({})).await.unwrap()
    }

    /// What the stage would show by now.
    fn look(&self) {
        let archive = self.app.conductor.engine().archive();
        let mut projector = Projector::new();
        for instance in archive.list().unwrap() {
            let events = archive.history(&instance.id).unwrap();
            projector.committed(&Committed {
                instance,
                events,
                annotations: Vec::new(),
                log: Vec::new(),
            });
        }
        self.app.publish(projector.snapshot());
    }

    /// A message comes in from the keyboard.
    fn touch(&mut self, message: Message) {
        self.look();
        let at = self.app.conductor.player().now();
        self.task.hear("KeyStep", Arrived { at, message });
    }

    fn status(&self, id: &InstanceId) -> Status {
        let archive = self.app.conductor.engine().archive();
        archive.summary(id).unwrap().status
    }

    async fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let waiting = async {
            while !is_so(self) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        let patience = Duration::from_secs(60);
        assert!(timeout(patience, waiting).await.is_ok(), "never {what}");
    }

    fn played(&self) -> Vec<Message> {
        self.tape.0.lock().unwrap().clone()
    }

    fn has_played(&self, wanted: Message) -> bool {
        self.played().contains(&wanted)
    }
}

const LOOP: &str = r#"
document:
  dsl: 1.0.0
  namespace: test
  name: loop
  version: 1.0.0
  metadata: { fermata: { tempo: 240, instruments: { bass: { patch: bass } } } }
do:
  - on: { call: play, with: { instrument: bass, pattern: "c2*8", repeat: 200 } }
"#;

const PAD: &str = r#"
[[control]]
on = "KeyStep"
note = 36
do = "pause"
lane = 1
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pad_pauses_the_first_lane_and_resumes_it() {
    let mut hall = Hall::open(PAD).await;
    let id = hall.perform(LOOP).await;
    hall.touch(down(36));
    hall.until("paused", |hall| hall.status(&id) == Status::Suspended)
        .await;
    hall.touch(up(36));
    sleep(Duration::from_millis(60)).await;
    hall.touch(down(36));
    hall.until("resumed", |hall| hall.status(&id) == Status::Running)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_momentary_pad_holds_a_lane_as_long_as_it_is_held() {
    let mut hall = Hall::open(&format!("{PAD}press = \"momentary\"\n")).await;
    assert_eq!(hall.task.controls.bindings[0].press, Press::Momentary);
    let id = hall.perform(LOOP).await;
    hall.touch(down(36));
    hall.until("paused", |hall| hall.status(&id) == Status::Suspended)
        .await;
    hall.touch(up(36));
    sleep(Duration::from_millis(60)).await;
    hall.task.settle();
    hall.until("resumed", |hall| hall.status(&id) == Status::Running)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_learned_does_nothing_yet_is_kept_and_acts_afterwards() {
    let mut hall = Hall::open("").await;
    let id = hall.perform(LOOP).await;
    hall.until("running", |hall| hall.status(&id) == Status::Running)
        .await;
    hall.task.told(ToControlSurface::Learn(Learn::Open));
    hall.touch(down(40));
    assert!(hall.kept.lock().unwrap().is_empty());
    let pause = ControlAction::Pause(LaneTarget::Place(1));
    hall.task
        .told(ToControlSurface::Learn(Learn::Choose(pause.clone())));
    hall.touch(down(36));
    hall.touch(down(37));
    assert_eq!(hall.status(&id), Status::Running);
    let kept = hall.kept.lock().unwrap().last().cloned().unwrap();
    assert_eq!(kept.bindings.len(), 1);
    assert_eq!(kept.bindings[0].source.to_string(), "KeyStep note 36");
    assert_eq!(kept.bindings[0].action, pause);

    hall.task.told(ToControlSurface::Learn(Learn::Close));
    hall.touch(down(36));
    hall.until("paused", |hall| hall.status(&id) == Status::Suspended)
        .await;
    hall.task.told(ToControlSurface::Learn(Learn::Open));
    hall.task
        .told(ToControlSurface::Learn(Learn::Forget(pause)));
    assert!(
        hall.kept
            .lock()
            .unwrap()
            .last()
            .unwrap()
            .bindings
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_played_is_heard_at_once_and_nothing_hangs_when_the_keyboard_is_gone() {
    let mut hall = Hall::open("").await;
    let thru = Thru {
        from: "KeyStep".into(),
        to: "synth".into(),
        channel: Channel::from_number(5),
        program: None,
    };
    let controls = Controls {
        thru: vec![thru],
        ..Controls::default()
    };
    hall.task.take_up(controls);
    let app = Arc::clone(&hall.app);
    hall.task.routes[0].connect(&app.conductor).unwrap();
    let fifth = Channel::from_number(5).unwrap();
    hall.touch(down(60));
    hall.touch(down(64));
    hall.touch(up(64));
    hall.until("heard", |hall| hall.has_played(up(64).on(fifth)))
        .await;
    assert_eq!(hall.played()[0], down(60).on(fifth));
    assert!(!hall.has_played(up(60).on(fifth)));
    hall.task.take_up(Controls::default());
    hall.until("let go", |hall| hall.has_played(up(60).on(fifth)))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_score_answers_what_is_played_on_the_note_that_was_played() {
    let rig = "[[notes]]\nfrom = \"KeyStep\"\nraise = \"note\"\n";
    let mut hall = Hall::open(rig).await;
    let score = include_str!("../../../scores/your-turn.yaml");
    let id = hall
        .perform(&score.replace("tempo: 104", "tempo: 400"))
        .await;
    hall.until("listening", |hall| {
        hall.look();
        let snapshot = hall.app.snapshot();
        snapshot
            .lane(&id)
            .is_some_and(|lane| lane.cues().next().is_some())
    })
    .await;
    hall.touch(down(62));
    let answer = Key::new(72 + 2).unwrap();
    hall.until("answered", |hall| {
        let is_it = |m: &Message| matches!(m, Message::NoteOn(_, key, v) if *key == answer && v.number() == 100);
        hall.played().iter().any(is_it)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_transport_goes_by_the_clock_of_the_keyboard() {
    let mut hall = Hall::open("").await;
    let clock = ClockFrom {
        from: "KeyStep".into(),
    };
    hall.task.take_up(Controls {
        clock: Some(clock),
        ..Controls::default()
    });
    let player = hall.app.conductor.player().clone();
    hall.touch(Message::Clock(ClockMessage::Start));
    // 150 beats a minute; what the machine adds in waiting is in the stamps only if it is slow.
    let tick = Duration::from_nanos(60_000_000_000 / 150 / 24);
    let begin = Instant::now();
    for n in 0..48_u32 {
        tokio::time::sleep_until(begin + tick * n).await;
        let at = Nanos::ZERO + (begin + tick * n).duration_since(player.origin());
        let message = Message::Clock(ClockMessage::Tick);
        hall.task.hear("KeyStep", Arrived { at, message });
    }
    let transport = player.transport();
    assert!(transport.is_rolling());
    let tempo = transport.tempo(player.now()).beats_per_minute();
    assert!((tempo - 150.0).abs() < 0.5, "{tempo}");
    hall.touch(Message::Clock(ClockMessage::Stop));
    hall.until("standing", |hall| {
        !hall.app.conductor.player().transport().is_rolling()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_muted_lane_plays_on_unheard() {
    let hall = Hall::open("").await;
    hall.app
        .conductor
        .mute(Strip::Instrument("bass".into()), Switch::On);
    let id = hall.perform(LOOP).await;
    let performed = |hall: &Hall| {
        let archive = hall.app.conductor.engine().archive();
        archive.history(&id).unwrap().len() > 30
    };
    hall.until("performed", performed).await;
    let is_note = |m: &Message| matches!(m, Message::NoteOn(..));
    assert!(!hall.played().iter().any(is_note));
    hall.app
        .conductor
        .mute(Strip::Instrument("bass".into()), Switch::Over);
    hall.until("heard", |hall| hall.played().iter().any(is_note))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_by_hand_are_failures_in_the_history() {
    let hall = Hall::open("").await;
    hall.app.conductor.set_faults("bass", 1.0);
    let id = hall.perform(LOOP).await;
    hall.until("failing", |hall| {
        let archive = hall.app.conductor.engine().archive();
        let events = archive.history(&id).unwrap();
        let mut names = events.iter().map(|event| event.kind.name());
        names.any(|name| name == "TaskFailed")
    })
    .await;
    let is_note = |m: &Message| matches!(m, Message::NoteOn(..));
    assert!(!hall.played().iter().any(is_note));
}
