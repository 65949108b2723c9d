//! Histories of the store and exported files: found, opened, replayed and closed.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use egui::{DroppedFile, Event, HoveredFile, Key, Modifiers};
use egui_kittest::kittest::Queryable;
use fermata::{
    engine::{Committed, EventKind, InstanceId, Payload, Status, Timestamp},
    music::Beat,
    score::calls::Performed,
    view::{
        Command, FileCommand, FoundHistories, HistoryCard, HistoryCommand, HistoryQuery,
        HistorySource, Moment, MoreHistories, OpenedHistory, Opening, OpeningNumber, Overlay,
        Playhead, Projector, ReplayCommand, TransportView,
    },
};

use super::{
    TestWindow,
    concert::{Voice, at, concert},
};

/// A week in nanoseconds.
const WEEK: u64 = 7 * 86_400 * 1_000_000_000;

fn id(text: &str) -> InstanceId {
    InstanceId::new(text).unwrap()
}

/// What an instance did a week ago: 16 notes, then it completed.
fn last_week(name: &str) -> Committed {
    let mut voice = Voice::new("encore", name, 0.0);
    for beat in 1..=16 {
        voice.play(f64::from(beat), 0.9, &[48 + beat as u8]);
    }
    let result = Payload::null();
    voice.add(at(20.0), EventKind::ExecutionCompleted { output: result });
    let mut commit = voice.committed();
    for event in &mut commit.events {
        event.at = Timestamp(event.at.0 - WEEK);
    }
    commit
}

pub fn opened(number: u64, name: &str, source: HistorySource) -> OpenedHistory {
    let (number, transport) = (OpeningNumber(number), TransportView::default());
    let runs = [last_week(name)];
    OpenedHistory::fold(number, &id(name), &runs, source, transport).unwrap()
}

fn card(name: &str, status: Status) -> HistoryCard {
    HistoryCard {
        id: id(name),
        workflow: "encore".to_owned(),
        run: 2,
        status,
        started_at: Timestamp(at(0.0).0 - WEEK),
        closed_at: Some(Timestamp(at(20.0).0 - WEEK)),
        tags: vec!["venue=hall".to_owned()],
    }
}

fn found(cards: Vec<HistoryCard>, more: MoreHistories) -> FoundHistories {
    FoundHistories {
        query: HistoryQuery::default(),
        cards: cards.into(),
        more,
    }
}

/// A file that is dropped. The window must not read it itself.
#[derive(Debug)]
struct Dropped(PathBuf);

impl DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        panic!("the window never waits for a disk")
    }
}

impl TestWindow {
    pub fn show(&mut self, projector: &Projector) {
        *self.host.snapshot.lock().unwrap() = projector.snapshot();
        self.steps(2);
    }

    pub fn has(&self, label: &str) -> bool {
        let mut found = self.harness.query_all_by_label_contains(label);
        found.next().is_some()
    }
}

#[test]
fn a_history_is_found_by_typing_and_opened_with_enter() {
    let mut projector = concert();
    let mut window = TestWindow::open(&projector);
    window.press(Key::H);
    let find = |typed: &str| Command::from(HistoryCommand::Find(typed.to_owned()));
    assert_eq!(window.host.take(), [find("")]);
    window.harness.event(Event::Text("enc".to_owned()));
    window.steps(2);
    assert_eq!(window.host.take(), [find("enc")]);
    assert!(window.has("Searching"));
    let cards = vec![
        card("encore-9", Status::Completed),
        card("encore-8", Status::Failed),
    ];
    projector.found_histories(found(cards, MoreHistories::NextPage));
    window.show(&projector);
    assert!(window.has("Selected: Open encore, encore-9 · run 2 · venue=hall, Completed, "));
    assert!(window.has("The newest 2 histories"));
    window.press(Key::ArrowDown);
    window.press(Key::ArrowDown);
    assert!(window.has("Selected: Show more"));
    window.press(Key::Enter);
    assert_eq!(window.host.take(), [HistoryCommand::More.into()]);
    window.press(Key::ArrowUp);
    window.press(Key::Enter);
    let open = HistoryCommand::Open(id("encore-8"));
    assert_eq!(window.host.take(), [open.into()]);
    assert_eq!(window.harness.state().state().overlay, Overlay::None);
}

#[test]
fn what_is_typed_wrongly_is_said_and_escape_closes_the_panel() {
    let mut projector = concert();
    let mut window = TestWindow::open(&projector);
    window.press(Key::H);
    let query = HistoryQuery::parse("status:well", at(0.0));
    let none = found(Vec::new(), MoreHistories::None);
    projector.found_histories(FoundHistories { query, ..none });
    window.show(&projector);
    assert!(window.has("Unknown status “well”"));
    assert!(window.has("No such history."));
    window.press(Key::Escape);
    assert_eq!(window.harness.state().state().overlay, Overlay::None);
    assert_eq!(window.harness.state().state().playhead, Playhead::Live);
}

#[test]
fn an_opened_history_is_replayed_alone_until_it_is_left_or_dismissed() {
    let mut projector = concert();
    let mut window = TestWindow::open(&projector);
    assert!(window.has("Bass, Running"));
    let scale = window.harness.state().state().viewport.ns_per_point;
    projector.open_history(opened(1, "encore-9", HistorySource::Store));
    window.show(&projector);
    let start = Timestamp(at(0.0).0 - WEEK);
    let playhead = window.harness.state().state().playhead.clone();
    assert_eq!(playhead, Playhead::At(Moment::new(start)));
    assert!(window.has("encore, Running"), "as it was at its start");
    assert!(window.has("opened from the store"));
    assert!(!window.has("Bass, Running"), "tonight is not last week");
    window.harness.get_by_label("Replay: return to live");
    let show = HistoryCommand::Show(Some(id("encore-9")));
    assert_eq!(window.host.take(), [show.into()]);
    let replayed = std::mem::take(&mut *window.host.replayed.lock().unwrap());
    assert_eq!(replayed, [ReplayCommand::Seek(start)]);

    // It can be scrubbed to its end, and not beyond.
    window.press(Key::End);
    assert!(window.has("encore, Completed"));
    let slider = window.harness.get_by_label_contains("Playhead, 1");
    slider.set_value_accesskit(1e9);
    window.steps(2);
    assert!(window.has("encore, Completed"));

    window.press(Key::Escape);
    assert!(window.has("Bass, Running"));
    assert!(!window.has("encore, "));
    let back = window.harness.state().state().viewport.ns_per_point;
    assert_eq!(back, scale, "tonight is as large as before");
    assert_eq!(
        window.host.take(),
        [Command::from(HistoryCommand::Show(None))]
    );
    let stopped = window.host.replayed.lock().unwrap().pop();
    assert_eq!(stopped, Some(ReplayCommand::Stop));

    // It is at hand until it is dismissed.
    window.press(Key::H);
    window.host.take();
    assert!(window.has("Selected: Open encore, opened from the store"));
    window.press(Key::Enter);
    assert!(window.has("encore, Running"));
    window.host.take();
    window.harness.get_by_label("Dismiss encore").click();
    window.steps(2);
    let dismiss = HistoryCommand::Dismiss(id("encore-9")).into();
    assert!(window.host.take().contains(&dismiss));
    assert!(window.has("Bass, Running"));
}

#[test]
fn a_history_that_is_on_the_stage_is_replayed_where_it_is() {
    let mut projector = concert();
    let on_stage = card("ostinato-1", Status::Running);
    projector.found_histories(found(vec![on_stage], MoreHistories::None));
    let mut window = TestWindow::open(&projector);
    window.press(Key::H);
    window.host.take();
    window.press(Key::Enter);
    assert_eq!(window.host.take(), []);
    assert_eq!(window.selected(), "ostinato-1");
    let playhead = window.harness.state().state().playhead.clone();
    assert_eq!(playhead, Playhead::At(Moment::new(at(0.0))));
}

#[test]
fn a_file_that_is_dropped_onto_the_window_is_opened() {
    let mut projector = concert();
    let mut window = TestWindow::open(&projector);
    let path = PathBuf::from("/music/encore.json");
    let hovered = HoveredFile::default();
    window.harness.input_mut().hovered_files.push(hovered);
    window.steps(1);
    assert!(window.has("Drop a score, a MIDI file or an exported history"));
    window.harness.input_mut().hovered_files.clear();
    let dropped = Arc::new(Dropped(path.clone()));
    window.harness.input_mut().dropped_files.push(dropped);
    window.steps(2);
    assert_eq!(window.host.take(), [FileCommand::Open(path).into()]);
    let (number, name) = (OpeningNumber(1), Arc::from("encore.json"));
    projector.opening_history(Opening {
        number,
        name,
        read: 20,
        events: 80,
    });
    window.show(&projector);
    window
        .harness
        .get_by_label("Reading encore.json: 20 of 80 events");
    let source = HistorySource::File("encore.json".into());
    projector.open_history(opened(1, "file: x", source));
    projector.opening_ended(number);
    window.show(&projector);
    assert!(!window.has("Reading encore.json"));
    assert!(window.has("opened from encore.json"));
    window.host.take();
    window.press(Key::Enter);
    assert_eq!(window.host.take(), [], "a file cannot be rerun");
    window.press(Key::D);
    let dismiss = HistoryCommand::Dismiss(id("file: x")).into();
    assert!(window.host.take().contains(&dismiss));
}

#[test]
fn a_file_with_impossible_times_can_be_replayed_and_left() {
    let mut commit = last_week("odd");
    let times = [0, 1, u64::MAX, 5, u64::MAX / 2, u64::MAX - 1, 0];
    for (event, at) in commit.events.iter_mut().zip(times.into_iter().cycle()) {
        event.at = Timestamp(at);
    }
    let played = Performed {
        at: Beat::ZERO,
        onset: Timestamp(u64::MAX),
        until: Timestamp(0),
    };
    let result = Payload::encode(&played).unwrap();
    for event in &mut commit.events {
        if let EventKind::TaskCompleted { result: played, .. } = &mut event.kind {
            *played = result.clone();
        }
    }
    let (source, transport) = (HistorySource::File("odd".into()), TransportView::default());
    let number = OpeningNumber(1);
    let odd = OpenedHistory::fold(number, &id("odd"), &[commit], source, transport).unwrap();
    let mut projector = concert();
    projector.open_history(odd);
    let mut window = TestWindow::open(&projector);
    assert!(window.has("opened from odd"));
    let keys = [Key::End, Key::ArrowLeft, Key::N, Key::A, Key::Home, Key::G];
    for key in keys {
        window.press(key);
        window.press(Key::Minus);
        window.press(Key::Plus);
        for scroll in [Key::PageUp, Key::PageDown] {
            window.press_with(Modifiers::SHIFT, scroll);
        }
    }
    window.press(Key::L);
    assert!(window.has("Bass, Running"));
}
