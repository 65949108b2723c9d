use super::*;
use crate::{
    engine::{EventId, EventKind, Failure, Payload, Status},
    view::{
        command::{Command, HistoryCommand},
        lane::LaneModel,
        lane_numbers::LaneNumbers,
        playhead::Playhead,
        projector::Projector,
        snapshot::ScoreCard,
        sub_rows::Slot,
        test_history::{TestHistory, s},
        timeline_entry::{EntryKind, Outcome, Purpose, TimelineEntry},
        ui_state::Overlay,
    },
};

/// An order that failed to charge a card twice, an order that waits, and a bass with a tag.
fn evening() -> Arc<Snapshot> {
    let mut projector = Projector::new();
    let mut failed = TestHistory::new("order-7");
    for at in [1.0, 3.0] {
        let task = failed.schedule(at, "charge-card", Payload::null());
        failed.fail(at + 1.0, task, 1, None);
    }
    let failure = Failure::new("test", "no money");
    failed.add(5.0, EventKind::ExecutionFailed { failure });
    failed.status = Status::Failed;
    let mut waits = TestHistory::new("order-8");
    let task = waits.schedule(1.0, "charge-card", Payload::null());
    waits.fail(2.0, task, 1, Some(20.0));
    waits.wait_for(6.0, "parcel", None);
    for history in [failed, waits, TestHistory::new("bass")] {
        projector.committed(&history.commit());
    }
    projector.scores(vec![ScoreCard {
        id: ScoreId("tutti".into()),
        title: "Tutti".to_owned(),
        summary: String::new(),
        input: None,
        problem: None,
    }]);
    let mut snapshot = Snapshot::clone(&projector.snapshot());
    for lane in &mut snapshot.lanes {
        if lane.id.as_str() == "bass" {
            let tags = [("venue".to_owned(), "Hall B".to_owned())];
            Arc::make_mut(lane).tags = Arc::new(tags.into_iter().collect());
        }
    }
    Arc::new(snapshot)
}

fn state(snapshot: &Snapshot) -> UiState {
    let mut state = UiState::default();
    state.markers.set(s(2.0));
    state.markers.rename(s(2.0), "Chorus");
    Arc::make_mut(&mut state.names).read(snapshot, usize::MAX);
    state
}

fn found(typed: &str) -> Vec<(String, &'static str)> {
    let snapshot = evening();
    let list = FoundList::of(typed, &state(&snapshot), &snapshot, s(9.0));
    let lines = list.lines.into_iter();
    lines.map(|line| (line.words, line.kind)).collect()
}

fn first(typed: &str) -> (String, &'static str) {
    found(typed).swap_remove(0)
}

#[test]
fn lanes_are_found_by_title_id_tag_and_status() {
    for (typed, lane) in [
        ("order-7", "#1 order-7 · order-7"),
        ("order-8", "#2 order-8 · order-8"),
        ("hall bass", "#3 bass · bass"),
        ("venue=hall", "#3 bass · bass"),
        ("#3", "#3 bass · bass"),
        ("#bass", "#3 bass · bass"),
    ] {
        assert_eq!(first(typed), (lane.to_owned(), "lane"), "{typed}");
    }
    let failed: Vec<_> = found("failed order");
    assert!(failed.contains(&("#1 order-7 · order-7".to_owned(), "lane")));
    let kinds: Vec<_> = found("#").into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(kinds, ["lane", "lane", "lane"]);
}

#[test]
fn what_lanes_did_is_found_by_its_name_and_by_that_of_the_lane() {
    let go = |words: &str| format!("Go to {words}");
    let lines = found("charge-card failed");
    let both = [
        go("charge-card failed, order-7"),
        go("charge-card failed, order-8"),
    ];
    let names: Vec<_> = lines.iter().map(|(words, _)| words.clone()).collect();
    // The latest first.
    assert_eq!(names[..2], both, "{names:?}");
    let one = found("charge-card failed order-8");
    assert_eq!(one[0], (go("charge-card failed, order-8"), "activity"));
    assert!(!one.iter().any(|(words, _)| words.contains("order-7")));
    let (words, kind) = first("parcel");
    assert_eq!((words, kind), (go("wait for parcel, order-8"), "event"));
}

#[test]
fn actions_scores_markers_and_histories_are_found_and_kinds_are_told() {
    assert_eq!(first("tutti"), ("Start Tutti".to_owned(), "score"));
    assert_eq!(
        first("chorus"),
        ("Go to marker Chorus".to_owned(), "marker")
    );
    assert_eq!(first("zoom in"), ("Zoom in".to_owned(), "action"));
    let last = found("last week").pop().unwrap();
    let words = "Search the store for histories: last week".to_owned();
    assert_eq!(last, (words, "histories"));
    // Without a word, it is a list of what can be done.
    let all = found("");
    assert!(all.len() > 40 && all.iter().all(|(_, kind)| *kind != "lane"));
}

#[test]
fn choosing_what_a_lane_did_goes_to_its_moment_and_opens_its_event() {
    let snapshot = evening();
    let mut state = state(&snapshot);
    let list = FoundList::of("charge failed order-7", &state, &snapshot, s(9.0));
    let choice = list.lines[0].choice.clone();
    assert_eq!(state.go_to_found(&choice, &snapshot), []);
    assert_eq!(state.selected.as_ref().unwrap().as_str(), "order-7");
    let Playhead::At(moment) = &state.playhead else {
        panic!("{:?}", state.playhead)
    };
    assert_eq!(moment.at, s(4.0), "the second failure");
    assert_eq!(state.table.open.as_ref().unwrap().0.as_str(), "order-7");
    let choice = Choice::Histories("last week".to_owned());
    let commands = state.go_to_found(&choice, &snapshot);
    let find = HistoryCommand::Find("last week".to_owned());
    assert_eq!(commands, [Command::from(find)]);
    assert!(matches!(&state.overlay, Overlay::Histories(search) if search.typed == "last week"));
}

/// So many lanes with so many attempts each, of ten activities.
fn many(lanes: usize, entries: usize) -> Snapshot {
    let tasks: Vec<Arc<str>> = (0..10).map(|n| format!("task-{n}").into()).collect();
    let lane = |place: usize| {
        let id = InstanceId::new(format!("order-{place}")).unwrap();
        let mut lane = LaneModel::new(id, place);
        for n in 0..entries {
            lane.timeline.push(TimelineEntry {
                event: EventId(n as u64),
                from: s(n as f64),
                until: Some(s(n as f64)),
                slot: Slot::default(),
                kind: EntryKind::Attempt {
                    task: Arc::clone(&tasks[n % 10]),
                    attempt: 1,
                    purpose: Purpose::Work,
                    outcome: Outcome::Completed,
                },
            });
        }
        Arc::new(lane)
    };
    let lanes: Vec<_> = (0..lanes).map(lane).collect();
    let numbers = lanes.iter().take(99).enumerate();
    let numbers = numbers.map(|(n, lane)| (n as u8 + 1, lane.id.clone()));
    Snapshot {
        numbers: Arc::new(LaneNumbers::kept(numbers)),
        lanes,
        ..Snapshot::default()
    }
}

#[test]
fn a_key_press_costs_the_same_with_a_million_events() {
    const LANES: usize = 5_000;
    let snapshot = many(LANES, 200);
    let mut state = UiState::default();
    let mut frames = 0;
    loop {
        let (read, indexed) = Arc::make_mut(&mut state.names).read(&snapshot, NameIndex::AT_ONCE);
        assert!(read <= NameIndex::AT_ONCE);
        frames += 1;
        if indexed == Indexed::Whole {
            break;
        }
    }
    assert_eq!(frames, 50);
    assert_eq!(
        Arc::make_mut(&mut state.names)
            .read(&snapshot, NameIndex::AT_ONCE)
            .0,
        0
    );
    for typed in [
        "t",
        "task-3",
        "order-4711",
        "task-3 order-4711",
        "#4711",
        "zzz",
    ] {
        let words = typed.split_whitespace().count();
        let list = FoundList::of(typed, &state, &snapshot, s(9.0));
        let Work { texts, pairs } = list.work;
        assert!(texts <= 3 * LANES * words + 500, "{typed}: {texts} texts");
        assert!(pairs <= 10 * LANES, "{typed}: {pairs} pairs");
        assert!(list.lines.len() <= FoundList::MOST + 1, "{typed}");
    }
    let list = FoundList::of("task-3", &state, &snapshot, s(9.0));
    assert_eq!(list.more, LANES - FoundList::MOST);
    let one = FoundList::of("order-4711 task-3", &state, &snapshot, s(9.0));
    assert_eq!(one.lines[0].words, "Go to task-3, order-4711");
    // A lane without a number is found as well.
    let lane = FoundList::of("#4711", &state, &snapshot, s(9.0));
    assert_eq!(lane.lines[0].words, "order-4711 · order-4711");
    let numbered = FoundList::of("#12", &state, &snapshot, s(9.0));
    assert_eq!(numbered.lines[0].words, "#12 order-11 · order-11");
}

#[test]
fn names_without_end_do_not_fill_the_memory() {
    let mut snapshot = many(1, 0);
    let lane = Arc::make_mut(&mut snapshot.lanes[0]);
    for n in 0..NameIndex::MOST_NAMES + 10 {
        lane.timeline.push(TimelineEntry {
            event: EventId(n as u64),
            from: s(0.0),
            until: None,
            slot: Slot::default(),
            kind: EntryKind::Heartbeat {
                task: "no name".into(),
                details: "".into(),
            },
        });
        lane.timeline.push(TimelineEntry {
            event: EventId(n as u64),
            from: s(0.0),
            until: None,
            slot: Slot::default(),
            kind: EntryKind::Raised {
                name: format!("event-{n}").into(),
                from: None,
            },
        });
    }
    let mut index = NameIndex::default();
    index.read(&snapshot, usize::MAX);
    assert_eq!(index.names.len(), NameIndex::MOST_NAMES);
}
