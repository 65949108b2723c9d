//! Commands that carry data: events, inputs, times and files, by keys, by names and by the search.

use std::{path::PathBuf, sync::Arc};

use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable;
use fermata::{
    engine::{EventKind, InstanceId, Payload, TimerOrigin},
    score::{AwaitedEvent, Schema},
    view::{
        Command, EngineCommand, EntryInFolder, FileCommand, FolderEntry, FolderListing,
        HistorySource, Moment, Overlay, Playhead, Projector, ScoreFacts, ScoreId,
    },
};
use serde_json::{Value, json};

use super::{
    TestWindow,
    concert::{Voice, at, cards, concert},
};

fn id(text: &str) -> InstanceId {
    InstanceId::new(text).unwrap()
}

/// A workflow alone on the stage that waits for these events.
fn waiting(names: &[&str], events: Vec<AwaitedEvent>) -> Projector {
    let mut projector = Projector::new();
    let mut voice = Voice::new("booking", "booking-1", 150.0);
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let origin = TimerOrigin::ExternalEvents { names };
    let fire_at = None;
    voice.add(at(151.0), EventKind::TimerCreated { fire_at, origin });
    let facts = ScoreFacts {
        title: "Booking".to_owned(),
        events: events.into(),
        ..ScoreFacts::default()
    };
    projector.score_facts(&voice.id, facts);
    projector.committed(&voice.committed());
    projector
}

fn event(kind: &str, schema: Value) -> AwaitedEvent {
    AwaitedEvent {
        kind: kind.to_owned(),
        samples: Vec::new(),
        needs_sample: false,
        schema: Some(schema),
    }
}

fn approval() -> AwaitedEvent {
    let decision = json!({ "enum": ["allow", "skip"] });
    let properties = json!({ "decision": decision });
    event(
        "approval",
        json!({ "type": "object", "properties": properties, "required": ["decision"] }),
    )
}

fn raised(event: &str, data: Value) -> Command {
    let command = EngineCommand::RaiseEvent {
        instance: id("booking-1"),
        event: event.into(),
        data,
    };
    command.into()
}

impl TestWindow {
    fn enter_text(&mut self, text: &str) {
        self.harness.event(Event::Text(text.to_owned()));
        self.steps(2);
    }

    fn click(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
        self.steps(3);
    }

    fn has_form(&self) -> bool {
        matches!(self.harness.state().state().overlay, Overlay::Form(_))
    }

    fn answer(&self) -> String {
        let state = self.harness.state().state();
        let now = fermata::stage::Host::now(&*self.host);
        let answered = state.answered(now);
        answered.map_or_else(String::new, |(answer, _)| answer.to_string())
    }
}

#[test]
fn an_approval_is_given_with_one_key_in_the_form_that_c_opens() {
    for (key, decision) in [
        (Key::A, "allow"),
        (Key::Num1, "allow"),
        (Key::S, "skip"),
        (Key::Num2, "skip"),
    ] {
        let mut window = TestWindow::open(&waiting(&["approval"], vec![approval()]));
        window.press(Key::C);
        assert_eq!(window.host.take(), [], "null is not raised");
        window.harness.get_by_label("Raise “approval” on Booking");
        window.harness.get_by_label("decision: allow");
        window.press(key);
        let data = json!({ "decision": decision });
        assert_eq!(window.host.take(), [raised("approval", data)]);
        assert!(!window.has_form());
        let said = format!("sending “approval” with {decision} to Booking…");
        assert_eq!(window.answer(), said);
    }
}

#[test]
fn options_are_clicked_and_stepped_through_as_well() {
    let mut window = TestWindow::open(&waiting(&["approval"], vec![approval()]));
    window.click("Send “approval” to Booking");
    window.click("decision: skip");
    let skip = raised("approval", json!({ "decision": "skip" }));
    assert_eq!(window.host.take(), std::slice::from_ref(&skip));
    window.press(Key::C);
    window.press(Key::ArrowRight);
    window.press(Key::ArrowRight);
    assert_eq!(window.host.take(), [], "stepping only chooses");
    window.press(Key::Enter);
    assert_eq!(window.host.take(), [skip]);
}

#[test]
fn what_the_filters_ask_for_is_offered_where_there_is_no_schema() {
    let samples = vec![
        json!({ "decision": "allow" }),
        json!({ "decision": "skip" }),
    ];
    let asked = AwaitedEvent {
        samples,
        needs_sample: true,
        schema: None,
        ..approval()
    };
    let mut window = TestWindow::open(&waiting(&["approval"], vec![asked]));
    window.press(Key::C);
    window.click("Data: allow");
    let allow = raised("approval", json!({ "decision": "allow" }));
    assert_eq!(window.host.take(), [allow]);
}

#[test]
fn one_of_several_events_is_chosen_first() {
    let mut window = TestWindow::open(&waiting(&["approval", "stop"], vec![approval()]));
    window.press(Key::C);
    window
        .harness
        .get_by_label("Booking waits for one of these");
    window.press(Key::Num2);
    assert_eq!(window.host.take(), [raised("stop", Value::Null)]);
    window.press(Key::C);
    window.press(Key::ArrowRight);
    window.press(Key::Enter);
    window.harness.get_by_label("Raise “approval” on Booking");
    window.press(Key::A);
    let allow = raised("approval", json!({ "decision": "allow" }));
    assert_eq!(window.host.take(), [allow]);
}

#[test]
fn without_a_schema_c_raises_at_once_and_shift_c_asks_for_json() {
    let mut window = TestWindow::open(&waiting(&["go"], Vec::new()));
    window.press(Key::C);
    assert_eq!(window.host.take(), [raised("go", Value::Null)]);
    window.press_with(Modifiers::SHIFT, Key::C);
    window.enter_text("{\"n\": ");
    assert!(window.has("Data (JSON): this JSON is not complete"));
    window.press(Key::Enter);
    assert_eq!(window.host.take(), []);
    window.enter_text("1}");
    assert!(!window.has("this JSON is not complete"));
    window.press(Key::Enter);
    assert_eq!(window.host.take(), [raised("go", json!({ "n": 1 }))]);
    window.click("Raise an event with data on Booking");
    window.enter_text("bravo");
    assert!(window.has("it is taken as the text \"bravo\""));
    window.click("Raise");
    assert_eq!(window.host.take(), [raised("go", json!("bravo"))]);
}

#[test]
fn a_form_is_filled_by_tab_and_typing_and_says_what_is_wrong_in_place() {
    let schema = json!({
        "type": "object",
        "required": ["hall", "seats"],
        "properties": {
            "hall": { "type": "string" },
            "seats": { "type": "integer", "maximum": 400 },
            "open": { "type": "boolean" },
        },
    });
    let mut window = TestWindow::open(&waiting(&["book"], vec![event("book", schema)]));
    window.press(Key::C);
    window.enter_text("Space is typed");
    window.press(Key::Tab);
    window.enter_text("4000");
    assert!(window.has("seats: 4000 is greater than the maximum of 400"));
    window.press(Key::Backspace);
    assert!(!window.has("greater than"));
    window.press_with(Modifiers::SHIFT, Key::Tab);
    window.press(Key::End);
    window.enter_text("!");
    window.press(Key::Tab);
    window.press(Key::Tab);
    window.press(Key::N);
    assert_eq!(window.host.take(), [], "there is more to fill");
    window.press(Key::Enter);
    let data = json!({ "hall": "Space is typed!", "seats": 400, "open": false });
    assert_eq!(window.host.take(), [raised("book", data)]);
}

#[test]
fn escape_closes_a_form_and_sends_nothing() {
    let mut window = TestWindow::open(&waiting(&["approval"], vec![approval()]));
    for key in [Key::C, Key::G, Key::O] {
        let modifiers = match key {
            Key::C => Modifiers::NONE,
            _ => Modifiers::COMMAND,
        };
        window.press_with(modifiers, key);
        assert!(window.has_form(), "{key:?}");
        window.press(Key::P);
        window.press(Key::Escape);
        assert!(!window.has_form(), "{key:?}");
        window.host.pass(std::time::Duration::from_secs(2));
    }
    window.press_with(Modifiers::SHIFT, Key::C);
    window.click("Cancel");
    assert!(!window.has_form());
    assert_eq!(window.host.take(), []);
}

#[test]
fn an_event_for_a_workflow_that_has_ended_meanwhile_is_refused_in_words() {
    let mut window = TestWindow::open(&waiting(&["go"], Vec::new()));
    window.press_with(Modifiers::SHIFT, Key::C);
    let mut projector = Projector::new();
    let mut voice = Voice::new("booking", "booking-1", 150.0);
    let output = Payload::null();
    voice.add(at(152.0), EventKind::ExecutionCompleted { output });
    projector.committed(&voice.committed());
    window.show(&projector);
    window.press(Key::Enter);
    assert_eq!(window.host.take(), []);
    assert!(window.has("the workflow has ended"));
}

#[test]
fn a_score_is_started_with_the_input_that_was_typed() {
    let mut projector = concert();
    let schema = json!({
        "type": "object",
        "properties": {
            "key": { "type": "string", "default": "c4" },
            "rounds": { "type": "integer" },
        },
    });
    let mut scores = cards();
    scores[1].input = Some(Schema::compile(schema).unwrap());
    projector.scores(scores);
    let start = |score: &str, input: Value| {
        let score = ScoreId(score.into());
        Command::from(EngineCommand::StartWith { score, input })
    };
    let mut window = TestWindow::open(&projector);
    window.press_with(Modifiers::SHIFT, Key::S);
    window.enter_text("stubb");
    assert!(window.has("Selected: The stubborn drummer"));
    window.press(Key::Enter);
    window
        .harness
        .get_by_label("Start The stubborn drummer with an input");
    window.enter_text("8");
    window.press(Key::Enter);
    let input = json!({ "key": "c4", "rounds": 8 });
    assert_eq!(window.host.take(), [start("stubborn-drummer", input)]);

    // By the search, and without a schema.
    window.press_with(Modifiers::COMMAND, Key::P);
    window.enter_text("start tutti with");
    window.press(Key::Enter);
    window.enter_text("[1]");
    window.press(Key::Enter);
    assert_eq!(window.host.take(), [start("tutti", json!([1]))]);

    // By the button on its card.
    window.press(Key::S);
    window.click("Start The stubborn drummer with an input");
    assert!(window.has_form());
    assert_eq!(window.host.take(), []);
}

#[test]
fn a_score_that_needs_an_input_asks_for_it_when_it_is_started() {
    let mut projector = Projector::new();
    let schema = json!({
        "type": "object", "required": ["hall"], "properties": { "hall": { "type": "string" } },
    });
    let mut scores = cards();
    scores[2].input = Some(Schema::compile(schema).unwrap());
    projector.scores(scores);
    for by_key in [true, false] {
        let mut window = TestWindow::open(&projector);
        window.press(Key::S);
        match by_key {
            true => window.press(Key::Num3),
            false => window.click("Start Tutti"),
        }
        assert_eq!(window.host.take(), []);
        window.enter_text("Aalto");
        window.press(Key::Enter);
        let (score, input) = (ScoreId("tutti".into()), json!({ "hall": "Aalto" }));
        let start = EngineCommand::StartWith { score, input };
        assert_eq!(window.host.take(), [start.into()]);
    }
}

#[test]
fn an_ended_workflow_is_restarted_and_an_open_one_is_left_alone() {
    let mut projector = concert();
    let mut ended = Voice::new("finale", "finale-1", 100.0);
    let output = Payload::null();
    ended.add(at(160.0), EventKind::ExecutionCompleted { output });
    projector.committed(&ended.committed());
    let mut window = TestWindow::open(&projector);
    window.press(Key::Num1);
    window.press_with(Modifiers::COMMAND, Key::R);
    assert_eq!(window.host.take(), []);
    let said = "Ctrl+R · Bass is still open: end it first (hold T)";
    assert_eq!(window.answer(), said);
    let place = (1..=8).find(|n| window.at(*n).as_str() == "finale-1");
    window.press([Key::Num8, Key::Num7][usize::from(place == Some(7))]);
    assert_eq!(window.selected(), "finale-1");
    window.press_with(Modifiers::COMMAND, Key::R);
    let restart = EngineCommand::Restart(id("finale-1"));
    assert_eq!(window.host.take(), [restart.into()]);
    assert_eq!(window.answer(), "Ctrl+R · restarting finale…");
}

#[test]
fn the_playhead_goes_to_a_bar_a_time_and_an_event() {
    let mut window = TestWindow::open(&concert());
    window.press(Key::Num1);
    let go = |window: &mut TestWindow, text: &str| {
        window.press_with(Modifiers::COMMAND, Key::G);
        window.enter_text(text);
        window.press(Key::Enter);
        match window.harness.state().state().playhead.clone() {
            Playhead::At(moment) => moment,
            other => panic!("{other:?}"),
        }
    };
    let near = |moment: &Moment, beat: f64| moment.at.0.abs_diff(at(beat).0) < 1000;
    let bar = go(&mut window, "17");
    assert!(near(&bar, 64.0), "{bar:?}");
    let beat = go(&mut window, "17.3");
    assert!(near(&beat, 66.0), "{beat:?}");
    let elapsed = go(&mut window, "1:30");
    assert!(near(&elapsed, 144.0), "{elapsed:?}");
    let event = go(&mut window, "#4");
    let (lane, count) = event.step.clone().unwrap();
    assert_eq!((lane.as_str(), count.0), ("ostinato-1", 5));
    assert!(window.has("Replay: return to live"));
    for (wrong, said) in [
        ("400", "Time: bar 400 was not played: the latest is bar 41"),
        ("soon", "Time: \"soon\" is no time"),
        ("17.9", "Time: bar 17 has no beat 9: it has 4"),
        ("59:00", "Time: 59:00 is not there yet"),
    ] {
        window.press_with(Modifiers::COMMAND, Key::G);
        window.enter_text(wrong);
        window.press(Key::Enter);
        assert!(window.has(said), "{wrong}");
        window.press(Key::Escape);
        window.host.pass(std::time::Duration::from_secs(2));
    }
}

#[test]
fn the_time_of_day_is_that_of_the_clock_on_the_wall() {
    let mut window = TestWindow::open(&concert());
    let zone = jiff::tz::TimeZone::system();
    let moment = jiff::Timestamp::from_nanosecond(i128::from(at(96.0).0)).unwrap();
    let text = moment.to_zoned(zone).strftime("%H:%M:%S").to_string();
    window.press_with(Modifiers::COMMAND, Key::G);
    window.enter_text(&text);
    window.press(Key::Enter);
    let whole_second = at(96.0).0 / 1_000_000_000 * 1_000_000_000;
    let expected = Playhead::At(Moment::new(fermata::engine::Timestamp(whole_second)));
    assert_eq!(window.harness.state().state().playhead, expected);
}

#[test]
fn a_file_is_found_by_typing_and_completing_its_path() {
    let entry = |name: &str, kind| FolderEntry {
        name: name.to_owned(),
        kind,
    };
    let listing = FolderListing {
        entries: vec![
            entry("songs", EntryInFolder::Folder),
            entry("aria.mid", EntryInFolder::File),
            entry("arioso.yaml", EntryInFolder::File),
        ],
        problem: None,
    };
    let mut window = TestWindow::open(&concert());
    window.press_with(Modifiers::COMMAND, Key::O);
    let asked = || window.host.asked_folder.lock().unwrap().clone();
    assert_eq!(asked().as_deref(), Some("~/"));
    *window.host.folder.lock().unwrap() = Some(Arc::new(listing));
    window.steps(2);
    window.press(Key::Enter);
    assert!(window.has("File: choose a file in this folder"));
    window.enter_text("so");
    assert!(window.has("Selected: songs/"));
    window.press(Key::Tab);
    assert_eq!(
        window.host.asked_folder.lock().unwrap().as_deref(),
        Some("~/songs/")
    );
    window.enter_text("ari");
    assert!(window.has("Selected: aria.mid"));
    window.press(Key::ArrowDown);
    window.press(Key::Enter);
    let path = PathBuf::from("~/songs/arioso.yaml");
    assert_eq!(window.host.take(), [FileCommand::Open(path).into()]);
    assert!(!window.has_form());

    // The next file is probably in the same folder.
    window.press_with(Modifiers::COMMAND, Key::O);
    window.steps(2);
    window.click("aria.mid");
    let path = PathBuf::from("~/songs/aria.mid");
    assert_eq!(window.host.take(), [FileCommand::Open(path).into()]);

    let problem = Some("/x/ cannot be read: no such folder".to_owned());
    let unreadable = FolderListing {
        entries: Vec::new(),
        problem,
    };
    *window.host.folder.lock().unwrap() = Some(Arc::new(unreadable));
    window.press_with(Modifiers::COMMAND, Key::O);
    assert!(window.has("File: /x/ cannot be read"));
}

#[test]
fn the_history_of_the_selected_lane_is_exported_and_that_of_a_file_is_not() {
    let mut projector = concert();
    let mut window = TestWindow::open(&projector);
    window.press(Key::Num2);
    window.press_with(Modifiers::COMMAND, Key::E);
    let export = FileCommand::Export {
        instance: id("stubborn-drummer-7"),
        run: 1,
    };
    assert_eq!(window.host.take(), [export.into()]);
    assert_eq!(window.answer(), "Ctrl+E · exporting Drummer");
    let source = HistorySource::File("encore.json".into());
    projector.open_history(super::histories::opened(1, "file: x", source));
    window.show(&projector);
    window.host.take();
    window.press_with(Modifiers::COMMAND, Key::E);
    assert_eq!(window.host.take(), []);
    assert_eq!(window.answer(), "Ctrl+E · encore comes from a file");
}
