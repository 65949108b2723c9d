//! The control surface with a simulated keyboard.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{
    super::{
        application::App,
        test_app::{LOOP, TestApp, until},
    },
    task::ControlSurfaceTask,
};
use crate::{
    conductor::{
        Direction, FaultChange, FaultTarget, Strip, Switch,
        control_surface::{
            ControlAction, Encoding, Gesture, LaneTarget, PlayheadAction, Press, Stop,
        },
        rig::{ClockFrom, Controls, Thru},
    },
    engine::{Committed, InstanceId, Status},
    music::{Channel, ClockMessage, InputMessage, Key, Message, Nanos, Velocity, Volume},
    view::{ControlSurfaceCommand, Projector},
};

struct TestSurface {
    app: Arc<App>,
    task: ControlSurfaceTask,
    test: TestApp,
    saved: Arc<Mutex<Vec<Controls>>>,
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

impl TestSurface {
    async fn open(rig: &str) -> Self {
        let test = TestApp::open().await;
        let app = Arc::clone(&test.app);
        let saved: Arc<Mutex<Vec<Controls>>> = Arc::default();
        let list = Arc::clone(&saved);
        let save = Box::new(move |controls: &Controls| {
            list.lock().unwrap().push(controls.clone());
            Ok(())
        });
        let mut task = ControlSurfaceTask::new(Arc::clone(&app), controls(rig), save);
        for route in &mut task.routes {
            route.connect(&app.conductor).unwrap();
        }
        Self {
            app,
            test,
            task,
            saved,
        }
    }

    async fn perform(&self, score: &str) -> InstanceId {
        self.test.perform(score).await
    }

    /// The snapshot that the window would show.
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
        let mixer = self.app.conductor.watch_mixer().borrow().clone();
        projector.mixer(mixer);
        self.app.publish(projector.snapshot());
    }

    /// Receives a message from the keyboard.
    fn receive(&mut self, message: Message) {
        self.look();
        let at = self.app.conductor.player().now();
        self.task.receive("KeyStep", InputMessage { at, message });
    }

    fn status(&self, id: &InstanceId) -> Status {
        self.test.status(id)
    }

    async fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        until(what, || is_so(self)).await;
    }

    fn played(&self) -> Vec<Message> {
        self.test.sent.all()
    }

    fn has_played(&self, wanted: Message) -> bool {
        self.played().contains(&wanted)
    }
}

const PAD: &str = r#"
[[control]]
on = "KeyStep"
note = 36
do = "pause"
lane = 1
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pad_pauses_the_first_lane_and_resumes_it() {
    let mut surface = TestSurface::open(PAD).await;
    let id = surface.perform(LOOP).await;
    surface.receive(down(36));
    surface
        .until("paused", |surface| surface.status(&id) == Status::Suspended)
        .await;
    surface.receive(up(36));
    sleep(Duration::from_millis(60)).await;
    surface.receive(down(36));
    surface
        .until("resumed", |surface| surface.status(&id) == Status::Running)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_momentary_pad_pauses_a_lane_while_it_is_pressed() {
    let mut surface = TestSurface::open(&format!("{PAD}press = \"momentary\"\n")).await;
    assert_eq!(surface.task.controls.bindings[0].press, Press::Momentary);
    let id = surface.perform(LOOP).await;
    surface.receive(down(36));
    surface
        .until("paused", |surface| surface.status(&id) == Status::Suspended)
        .await;
    surface.receive(up(36));
    sleep(Duration::from_millis(60)).await;
    surface.task.settle();
    surface
        .until("resumed", |surface| surface.status(&id) == Status::Running)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_learned_control_is_saved_and_acts_only_after_learn_mode() {
    let mut surface = TestSurface::open("").await;
    let id = surface.perform(LOOP).await;
    surface
        .until("running", |surface| surface.status(&id) == Status::Running)
        .await;
    surface.task.execute(ControlSurfaceCommand::StartLearning);
    surface.receive(down(40));
    assert!(surface.saved.lock().unwrap().is_empty());
    let pause = ControlAction::Pause(LaneTarget::Number(1));
    surface
        .task
        .execute(ControlSurfaceCommand::Learn(pause.clone()));
    surface.receive(down(36));
    surface.receive(down(37));
    assert_eq!(surface.status(&id), Status::Running);
    let saved = surface.saved.lock().unwrap().last().cloned().unwrap();
    assert_eq!(saved.bindings.len(), 1);
    assert_eq!(saved.bindings[0].source.to_string(), "KeyStep note 36");
    assert_eq!(saved.bindings[0].action, pause);

    surface.task.execute(ControlSurfaceCommand::StopLearning);
    surface.receive(down(36));
    surface
        .until("paused", |surface| surface.status(&id) == Status::Suspended)
        .await;
    surface.task.execute(ControlSurfaceCommand::StartLearning);
    surface.task.execute(ControlSurfaceCommand::Unmap(pause));
    assert!(
        surface
            .saved
            .lock()
            .unwrap()
            .last()
            .unwrap()
            .bindings
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn midi_thru_sounds_at_once_and_no_note_hangs_when_the_keyboard_is_unplugged() {
    let mut surface = TestSurface::open("").await;
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
    surface.task.apply(controls);
    let app = Arc::clone(&surface.app);
    surface.task.routes[0].connect(&app.conductor).unwrap();
    let fifth = Channel::from_number(5).unwrap();
    surface.receive(down(60));
    surface.receive(down(64));
    surface.receive(up(64));
    surface
        .until("heard", |surface| surface.has_played(up(64).on(fifth)))
        .await;
    assert_eq!(surface.played()[0], down(60).on(fifth));
    assert!(!surface.has_played(up(60).on(fifth)));
    surface.task.apply(Controls::default());
    surface
        .until("released", |surface| surface.has_played(up(60).on(fifth)))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_score_answers_on_the_note_that_was_played() {
    let rig = "[[notes]]\nfrom = \"KeyStep\"\nraise = \"note\"\n";
    let mut surface = TestSurface::open(rig).await;
    let score = include_str!("../../../scores/studies/your-turn.yaml");
    let id = surface
        .perform(&score.replace("tempo: 104", "tempo: 400"))
        .await;
    surface
        .until("listening", |surface| {
            surface.look();
            let snapshot = surface.app.snapshot();
            snapshot
                .lane(&id)
                .is_some_and(|lane| lane.cues().next().is_some())
        })
        .await;
    surface.receive(down(62));
    let answer = Key::new(72 + 2).unwrap();
    surface.until("answered", |surface| {
        let is_it = |m: &Message| matches!(m, Message::NoteOn(_, key, v) if *key == answer && v.number() == 100);
        surface.played().iter().any(is_it)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_transport_follows_the_clock_of_the_keyboard() {
    let mut surface = TestSurface::open("").await;
    let clock = ClockFrom {
        from: "KeyStep".into(),
    };
    surface.task.apply(Controls {
        clock: Some(clock),
        ..Controls::default()
    });
    let player = surface.app.conductor.player().clone();
    surface.receive(Message::Clock(ClockMessage::Start));
    // 150 beats a minute; what the machine adds in waiting is in the stamps only if it is slow.
    let tick = Duration::from_nanos(60_000_000_000 / 150 / 24);
    let begin = Instant::now();
    for n in 0..48_u32 {
        tokio::time::sleep_until(begin + tick * n).await;
        let at = Nanos::ZERO + (begin + tick * n).duration_since(player.origin());
        let message = Message::Clock(ClockMessage::Tick);
        surface
            .task
            .receive("KeyStep", InputMessage { at, message });
    }
    let transport = player.transport();
    assert!(transport.is_rolling());
    let tempo = transport.tempo(player.now()).beats_per_minute();
    assert!((tempo - 150.0).abs() < 0.5, "{tempo}");
    surface.receive(Message::Clock(ClockMessage::Stop));
    surface
        .until("standing", |surface| {
            !surface.app.conductor.player().transport().is_rolling()
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_muted_lane_keeps_playing_silently() {
    let surface = TestSurface::open("").await;
    surface
        .app
        .conductor
        .mute(Strip::Instrument("bass".into()), Switch::On);
    let id = surface.perform(LOOP).await;
    let performed = |surface: &TestSurface| {
        let archive = surface.app.conductor.engine().archive();
        archive.history(&id).unwrap().len() > 30
    };
    surface.until("performed", performed).await;
    let is_note = |m: &Message| matches!(m, Message::NoteOn(..));
    assert!(!surface.played().iter().any(is_note));
    surface
        .app
        .conductor
        .mute(Strip::Instrument("bass".into()), Switch::Toggle);
    surface
        .until("heard", |surface| surface.played().iter().any(is_note))
        .await;
}

const VOLUME: &str = r#"
[[control]]
on = "KeyStep"
cc = 7
do = "volume"
lane = 1

[[control]]
on = "KeyStep"
note = 40
do = "softer"
lane = 1
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fader_sets_the_volume_of_a_lane_once_it_has_reached_it() {
    let mut surface = TestSurface::open(VOLUME).await;
    let id = surface.perform(LOOP).await;
    let volume = |surface: &TestSurface| {
        let mixer = surface.app.conductor.watch_mixer();
        let volume = mixer.borrow().volume(&id);
        volume.to_string()
    };
    let is_volume = |m: &Message| matches!(m, Message::Volume(..));
    // Far from 0 dB, it changes nothing.
    surface.receive(Message::Control(Channel::FIRST, 7, 20));
    sleep(Duration::from_millis(50)).await;
    assert_eq!(volume(&surface), "0 dB");
    assert!(!surface.played().iter().any(is_volume));
    // Of 127 steps from -60 to +6 dB, 115 is about 0 dB.
    surface.receive(Message::Control(Channel::FIRST, 7, 115));
    surface.receive(Message::Control(Channel::FIRST, 7, 104));
    surface
        .until("set", |surface| volume(surface) == "−6 dB")
        .await;
    surface.receive(down(40));
    surface
        .until("softer", |surface| volume(surface) == "−7 dB")
        .await;
    let heard = Message::Volume(Channel::FIRST, Volume::from_decibels(-7.0));
    surface
        .until("heard", |surface| {
            let played = surface.played();
            let last = played.iter().rfind(|m| is_volume(m));
            last.is_some_and(|last| last.on(Channel::FIRST) == heard)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn injected_faults_are_failures_in_the_history() {
    let surface = TestSurface::open("").await;
    let bass = FaultTarget::Instrument("bass".into());
    let changed = surface
        .app
        .conductor
        .change_fault(&bass, FaultChange::rate(1.0));
    changed.unwrap();
    let id = surface.perform(LOOP).await;
    surface
        .until("failing", |surface| {
            let archive = surface.app.conductor.engine().archive();
            let events = archive.history(&id).unwrap();
            let mut names = events.iter().map(|event| event.kind.name());
            names.any(|name| name == "TaskFailed")
        })
        .await;
    let is_note = |m: &Message| matches!(m, Message::NoteOn(..));
    assert!(!surface.played().iter().any(is_note));
}

const WHEEL: &str = r#"
[[control]]
on = "KeyStep"
cc = 60
do = "jog"
encoder = "binary-offset"

[[control]]
on = "KeyStep"
cc = 61
do = "scrub"

[[control]]
on = "KeyStep"
note = 40
do = "step"
by = "bar"
direction = "backward"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wheel_a_fader_and_a_pad_move_the_playhead_of_the_window() {
    let mut surface = TestSurface::open(WHEEL).await;
    for value in [65, 66, 63] {
        surface.receive(Message::Control(Channel::FIRST, 60, value));
    }
    surface.receive(Message::Control(Channel::FIRST, 61, 127));
    surface.receive(down(40));
    surface.receive(up(40));
    let intents = surface.app.take_playhead_intents().into_iter();
    let intents: Vec<_> = intents
        .map(|intent| (intent.action, intent.gesture))
        .collect();
    let back = PlayheadAction::Step(Stop::Bar, Direction::Backward);
    let expected = [
        (PlayheadAction::Jog, Gesture::Ticks(2)),
        (PlayheadAction::Scrub, Gesture::Value(1.0)),
        (back, Gesture::Toggle),
    ];
    assert_eq!(intents, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wheel_is_learned_with_its_encoding_and_a_pad_cannot_jog() {
    let mut surface = TestSurface::open("").await;
    surface.task.execute(ControlSurfaceCommand::StartLearning);
    let jog = ControlAction::Playhead(PlayheadAction::Jog);
    surface
        .task
        .execute(ControlSurfaceCommand::Learn(jog.clone()));
    surface.receive(down(40));
    assert!(surface.saved.lock().unwrap().is_empty());
    surface.receive(Message::Control(Channel::FIRST, 60, 65));
    let saved = surface.saved.lock().unwrap().last().cloned().unwrap();
    assert_eq!(saved.bindings[0].action, jog);
    assert_eq!(saved.bindings[0].encoding, Encoding::BinaryOffset);
    surface.task.execute(ControlSurfaceCommand::StopLearning);
    surface.receive(Message::Control(Channel::FIRST, 60, 62));
    let intents = surface.app.take_playhead_intents();
    assert_eq!(intents[0].gesture, Gesture::Ticks(-2));
}
