//! Two runs compared, driven by keys, buttons and accessible names.

use std::{sync::Arc, time::Duration};

use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable;
use fermata::{
    engine::{
        Committed, EventId, EventKind, Failure, Fork, History, InstanceId, Payload, Status,
        Timestamp,
    },
    view::{
        Command, ComparedPair, ComparedRuns, FoundHistories, HistoryCard, HistoryCommand,
        HistoryQuery, MadeComparison, MoreHistories, Playhead, Projector, ReplayCommand,
        RunHistory, RunOf,
    },
};

use crate::{
    TestWindow,
    concert::{Voice, at, concert, transport},
    painted::texts_of,
};

/// An order of two clusters, of which Ankara fails; `second` is what becomes of its second attempt.
fn order(id: &str, second: Option<&str>) -> Voice {
    let mut voice = Voice::new("cities", id, 0.0);
    for beat in 1..=3 {
        voice.play(f64::from(beat), 0.9, &[48 + beat as u8]);
    }
    let payload = |text: &str| Payload::encode(text).unwrap();
    let scheduled = voice.schedule(at(4.0), "Ankara", payload("order-7"));
    voice.start(at(4.0), scheduled, 1);
    let failed = |attempt, retry_at| EventKind::TaskFailed {
        scheduled,
        attempt,
        failure: Failure::new("capacity", "no capacity"),
        retry_at,
        heartbeat: None,
    };
    voice.add(at(5.0), failed(1, Some(at(6.0))));
    voice.start(at(6.0), scheduled, 2);
    match second {
        Some(result) => {
            let result = payload(result);
            voice.add(at(7.0), EventKind::TaskCompleted { scheduled, result });
            voice.schedule(at(7.0), "Replication", payload(id));
        }
        None => {
            voice.add(at(7.0), failed(2, None));
        }
    }
    voice
}

/// A commit of a rerun from an event on.
fn rerun_of(source: &str, from: u64, voice: &Voice) -> Committed {
    let mut commit = voice.committed();
    let of = Fork {
        instance: InstanceId::new(source).unwrap(),
        run: 1,
        from: EventId(from),
        source: None,
        seed: None,
    };
    commit.instance.fork = Some(of.clone());
    if let Some(EventKind::ExecutionStarted { fork, .. }) =
        commit.events.first_mut().map(|first| &mut first.kind)
    {
        *fork = Some(Box::new(of));
    }
    commit
}

fn run(commit: &Committed) -> RunHistory {
    RunHistory {
        name: commit.instance.id.to_string(),
        run: 1,
        history: History {
            instance: commit.instance.id.clone(),
            events: commit.events.clone(),
        },
    }
}

fn made(one: &Committed, other: &Committed) -> MadeComparison {
    let runs = ComparedRuns::of(run(one), run(other), transport());
    MadeComparison::Made(Arc::new(runs.unwrap()))
}

fn run_of(id: &str) -> RunOf {
    let instance = InstanceId::new(id).unwrap();
    RunOf { instance, run: 1 }
}

/// A window with an order and its rerun, which is selected.
fn window() -> (TestWindow, MadeComparison) {
    let order_7 = order("order-7", None).committed();
    let rerun = rerun_of("order-7", 15, &order("order-7-rerun", Some("ank-1")));
    let mut projector = Projector::new();
    for commit in [&order_7, &rerun] {
        projector.committed(commit);
    }
    let mut window = TestWindow::open(&projector);
    let place = (1..=2).find(|place| window.at(*place).as_str() == "order-7-rerun");
    let digit = [Key::Num1, Key::Num2][place.unwrap() - 1];
    window.press(digit);
    (window, made(&rerun, &order_7))
}

impl TestWindow {
    fn names(&self, label: &str) -> bool {
        let mut named = self.harness.query_all_by_label_contains(label);
        named.next().is_some()
    }

    fn presses(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
        self.steps(3);
    }

    /// The moment that is shown, in beats after the start.
    fn beat(&self) -> f64 {
        match &self.harness.state().state().playhead {
            Playhead::At(moment) => moment.at.since(at(0.0)).as_secs_f64() * 96.0 / 60.0,
            other => panic!("{other:?}"),
        }
    }

    fn heard(&self) -> Vec<ReplayCommand> {
        std::mem::take(&mut self.host.replayed.lock().unwrap())
    }
}

#[test]
fn a_rerun_is_compared_with_its_source_difference_by_difference() {
    let (mut window, made) = window();
    window.press(Key::V);
    assert!(window.names("Both histories are read and compared"));
    let asked = window.host.compared.lock().unwrap().clone().unwrap();
    assert_eq!(
        (&asked.one, &asked.other),
        (&run_of("order-7-rerun"), &run_of("order-7"))
    );
    assert_eq!(window.host.take(), [], "nothing sounds before it is made");

    *window.host.comparison.lock().unwrap() = made;
    window.steps(2);
    let compare = |pair: Option<ComparedPair>| Command::from(HistoryCommand::Compare(pair));
    assert_eq!(window.host.take(), [compare(Some(asked))]);
    assert!(window.names("Two runs of cities"));
    assert!(window.names("order-7 · as it was, left ear"));
    assert!(window.names("order-7-rerun · rerun from event 15, right ear"));
    assert!(window.names("first difference: Ankara, attempt 2"));
    assert!(window.names("from here they differ"));
    assert!(window.names("as it was: event 14, Ankara, Failed, attempt 2: no capacity"));
    assert!(window.names("rerun from event 15: event 14, Ankara, Completed, ank-1"));
    assert!(window.names("then Ankara failed (attempt 2: no capacity) in the first"));
    assert!((window.beat() - 7.0).abs() < 0.01, "{}", window.beat());

    window.press(Key::N);
    assert!(window.names("difference 2 of 2: Replication"));
    assert!(window.names("as it was: nothing here"));
    window.press_with(Modifiers::SHIFT, Key::N);
    assert!(window.names("first difference: Ankara, attempt 2"));
    window.presses("To the next difference");
    assert!(window.names("difference 2 of 2: Replication"));
    window.presses("To the previous difference");
    assert!(window.names("first difference: Ankara, attempt 2"));

    window.presses("Close the comparison");
    assert!(!window.names("Two runs of cities"));
    assert_eq!(window.harness.state().state().playhead, Playhead::Live);
    assert_eq!(window.host.take(), [compare(None)]);
}

/// The texts in the ruler between the title and the lanes.
fn ruler(window: &TestWindow) -> Vec<String> {
    let texts = texts_of(window.harness.output());
    let place = |name: &str| {
        let mut found = texts.iter().filter(|(text, _)| text.starts_with(name));
        found.next().unwrap().1
    };
    let (title, lane) = (place("Two runs of"), place("left ear"));
    let between = title.bottom()..lane.top();
    let texts = texts
        .iter()
        .filter(|(_, rect)| between.contains(&rect.center().y));
    texts.map(|(text, _)| text.clone()).collect()
}

#[test]
fn the_ruler_of_a_comparison_counts_bars_and_shows_the_clock_that_is_chosen() {
    let (mut window, _) = window();
    window.press(Key::V);
    let [one, other] = ["bass-1", "bass-2"].map(|id| {
        let mut bass = Voice::new("bass", id, 0.0);
        (0..12).for_each(|beat| bass.play(f64::from(beat), 0.9, &[40]));
        bass.committed()
    });
    *window.host.comparison.lock().unwrap() = made(&one, &other);
    window.steps(2);
    let has = |window: &TestWindow, begin: &str| {
        let texts = ruler(window);
        assert!(texts.iter().any(|text| text == "2"), "bars: {texts:?}");
        texts.iter().filter(|text| text.starts_with(begin)).count() >= 2
    };
    assert!(has(&window, "0:0"), "{:?}", ruler(&window));
    window.press_with(Modifiers::SHIFT, Key::V);
    assert!(has(&window, "08:00:0"), "{:?}", ruler(&window));
    assert!(!has(&window, "0:0"));
    assert!(window.names("Two runs of bass"), "it stays open");
}

#[test]
fn one_playhead_plays_both_and_steps_through_the_events_of_both() {
    let (mut window, made) = window();
    *window.host.comparison.lock().unwrap() = made;
    window.press(Key::V);
    window.steps(2);
    window.heard();
    window.press(Key::Home);
    assert!(window.beat().abs() < 0.01);
    window.press(Key::ArrowRight);
    assert!((window.beat() - 0.9).abs() < 0.01, "{}", window.beat());
    window.press(Key::ArrowLeft);
    window.presses("Play both");
    assert!(window.harness.state().state().is_playing_back());
    let plays = |heard: Vec<ReplayCommand>| {
        let plays = heard.into_iter().filter_map(|command| match command {
            ReplayCommand::Play { from, .. } => Some(from),
            _ => None,
        });
        plays.collect::<Vec<Timestamp>>()
    };
    assert_eq!(plays(window.heard()), [at(0.0)]);
    window.host.pass(Duration::from_secs(2));
    window.steps(2);
    window.press(Key::G);
    assert!((window.beat() - 3.2).abs() < 0.1, "{}", window.beat());
    window.press(Key::End);
    assert!(window.beat() > 6.9);
    let sent: Vec<_> = window.host.take();
    let is_engine = |command: &&Command| matches!(command, Command::Engine(_));
    assert_eq!(
        sent.iter().find(is_engine),
        None,
        "nothing is asked of the engine"
    );
    window.heard();
    window.press(Key::Escape);
    assert_eq!(window.heard().last(), Some(&ReplayCommand::Stop));
}

#[test]
fn closing_a_comparison_shows_the_moment_that_was_shown_before() {
    let (mut window, made) = window();
    *window.host.comparison.lock().unwrap() = made;
    let slider = window.harness.get_by_label_contains("Playhead");
    slider.set_value_accesskit(2.0);
    window.steps(2);
    let before = window.harness.state().state().clone();
    window.press(Key::V);
    window.steps(2);
    assert_ne!(window.harness.state().state().playhead, before.playhead);
    window.press(Key::Plus);
    window.press(Key::Escape);
    let after = window.harness.state().state();
    assert_eq!(after.playhead, before.playhead);
    assert_eq!(after.viewport.from, before.viewport.from);
    assert_eq!(after.viewport.ns_per_point, before.viewport.ns_per_point);
}

#[test]
fn without_an_obvious_counterpart_a_run_is_chosen_from_the_histories() {
    let mut projector = concert();
    let mut window = TestWindow::open(&projector);
    window.press(Key::Num1);
    let selected = window.selected();
    window.press(Key::V);
    assert_eq!(
        window.host.take(),
        [HistoryCommand::Find(String::new()).into()]
    );
    let card = |id: &str| HistoryCard {
        id: InstanceId::new(id).unwrap(),
        workflow: "encore".to_owned(),
        run: 1,
        status: Status::Failed,
        started_at: at(0.0),
        closed_at: Some(at(20.0)),
        tags: Vec::new(),
    };
    projector.found_histories(FoundHistories {
        query: HistoryQuery::default(),
        cards: vec![card(&selected), card("encore-8"), card("encore-9")].into(),
        more: MoreHistories::None,
    });
    *window.host.snapshot.lock().unwrap() = projector.snapshot();
    window.steps(2);
    let about = format!("2 histories · choose one to compare with run 1 of {selected}");
    assert!(window.names(&about), "itself is not offered");
    window.press(Key::ArrowDown);
    window.harness.event(Event::Key {
        key: Key::Enter,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::NONE,
    });
    window.steps(2);
    let asked = window.host.compared.lock().unwrap().clone().unwrap();
    assert_eq!(asked.one, run_of(&selected));
    assert_eq!(asked.other, run_of("encore-9"));
}

#[test]
fn a_run_that_cannot_be_read_is_said_in_the_panel() {
    let (mut window, _) = window();
    let problem = "Run 1 of order-7 cannot be read: it was purged".into();
    *window.host.comparison.lock().unwrap() = MadeComparison::Failed(problem);
    window.press(Key::V);
    assert!(window.names("Run 1 of order-7 cannot be read"));
    window.press(Key::Space);
    assert_eq!(window.host.take(), [], "no lane behind it is paused");
    window.press(Key::Escape);
    assert!(!window.names("cannot be read"));
}
