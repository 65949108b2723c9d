use jiff::tz::TimeZone;

use super::*;
use crate::{
    conductor::setlist::Setlist,
    engine::{EventKind, InstanceId, Payload, Status, Timestamp},
    music::{Beat, Beats},
    view::{
        Command, GivenAnswer,
        projector::Projector,
        snapshot::ScoreCard,
        test_history::{TestHistory, s},
        transport_view::TransportView,
    },
};

fn id(name: &str) -> InstanceId {
    InstanceId::new(name).unwrap()
}

fn n(number: usize) -> PieceNumber {
    PieceNumber::at(number - 1)
}

fn keys(names: &[&str]) -> Vec<PieceKey> {
    PieceKey::numbered(names.iter().map(|name| ((*name).to_owned(), String::new())))
}

/// Bass, then drums at bar 17, oboe at the end, harp by hand.
fn view() -> SetlistView {
    let starts = [
        PieceStart::ByHand,
        PieceStart::AtBar(17),
        PieceStart::AtEnd,
        PieceStart::ByHand,
    ];
    let pieces = ["bass", "drums", "oboe", "harp"].into_iter().zip(starts);
    let pieces = pieces.map(|(name, start)| PieceCard {
        score: ScoreId(name.into()),
        title: (name == "oboe").then(|| "The question".into()),
        notes: "Speak up.".into(),
        start,
        previous: PreviousPiece::Continues,
        tour: [].into(),
    });
    SetlistView {
        title: "A show".into(),
        pieces: pieces.collect(),
        position: SetlistPosition::default(),
        awaited: None,
        problem: None,
    }
}

fn stage() -> Projector {
    let mut projector = Projector::new();
    let cards = ["bass", "drums", "oboe", "harp"].map(|name| ScoreCard {
        id: ScoreId(name.into()),
        title: format!("The {name}"),
        summary: String::new(),
        input: None,
        problem: (name == "harp").then(|| "line 3: no beat".to_owned()),
    });
    projector.scores(cards.to_vec());
    projector
}

fn words(view: &SetlistView, projector: &Projector, now: Timestamp) -> Vec<String> {
    let snapshot = projector.snapshot();
    let states = view
        .numbers()
        .map(|piece| view.state_of(piece, &snapshot, now));
    states.map(|state| state.words()).collect()
}

#[test]
fn next_starts_the_current_piece_then_the_one_after_it_until_the_last() {
    let mut position = SetlistPosition::default();
    let mut started = Vec::new();
    while let Some(piece) = position.next(3) {
        position.start(piece, None, s(1.0));
        started.push(piece.place());
    }
    assert_eq!(started, [0, 1, 2]);
}

#[test]
fn going_back_starts_and_ends_nothing_and_next_plays_the_piece_again() {
    let mut position = SetlistPosition::default();
    position.start(n(1), Some(id("bass-1")), s(1.0));
    position.start(n(2), Some(id("drums-1")), s(2.0));
    assert!(position.go(SetlistCommand::Previous, 4));
    assert_eq!((position.current, position.has_started()), (n(1), false));
    assert_eq!(position.next(4), Some(n(1)));
    assert!(!position.go(SetlistCommand::Previous, 4), "it is the first");
    // Back at the piece that plays, next goes on as if nothing had been.
    assert!(position.go(SetlistCommand::GoTo(n(2)), 4));
    assert_eq!(position.next(4), Some(n(3)));
    assert!(
        !position.go(SetlistCommand::GoTo(n(9)), 4),
        "there is no ninth"
    );
    assert_eq!(position.instances_of(n(1)), [id("bass-1")]);
}

#[test]
fn a_reset_piece_is_ready_to_start_again() {
    let mut position = SetlistPosition::default();
    position.start(n(1), Some(id("bass-1")), s(1.0));
    assert_eq!(position.reset(), [id("bass-1")]);
    assert_eq!(position.next(4), Some(n(1)));
    position.start(n(1), Some(id("bass-2")), s(9.0));
    assert_eq!(position.latest(), Some(&id("bass-2")));
}

#[test]
fn the_clock_of_the_show_begins_with_the_first_piece() {
    let mut list = view();
    assert_eq!(list.elapsed(s(5.0)), None);
    list.position.start(n(1), None, s(10.0));
    list.position.start(n(2), None, s(40.0));
    assert_eq!(list.elapsed(s(72.0)).as_deref(), Some("1:02"));
    list.position.start(n(1), None, s(100.0));
    assert_eq!(list.elapsed(s(103.0)).as_deref(), Some("0:03"));
    let zone = TimeZone::fixed(jiff::tz::offset(2));
    let evening = Timestamp(1_800_000_000_000_000_000);
    assert_eq!(time_of_day(evening, &zone), "10:00");
}

#[test]
fn a_piece_at_a_bar_or_at_the_end_starts_by_itself_and_no_other_does() {
    let starts: Vec<_> = view().pieces.iter().map(|piece| piece.start).collect();
    let mut position = SetlistPosition::default();
    let running = Some(Status::Running);
    assert_eq!(position.awaits(&starts, None), None, "nothing was started");
    position.start(n(1), None, s(1.0));
    let at_bar = Some((n(2), PieceStart::AtBar(17)));
    assert_eq!(position.awaits(&starts, running), at_bar);
    assert_eq!(
        position.awaits(&starts, Some(Status::ContinuedAsNew)),
        at_bar
    );
    assert_eq!(position.awaits(&starts, Some(Status::Completed)), None);
    position.start(n(2), None, s(2.0));
    let at_end = Some((n(3), PieceStart::AtEnd));
    for (status, expected) in [
        (Status::Running, at_end),
        (Status::Completed, at_end),
        (Status::Failed, at_end),
        // The performer has ended it: the next one waits for the performer.
        (Status::Terminated, None),
        (Status::Canceled, None),
    ] {
        assert_eq!(position.awaits(&starts, Some(status)), expected, "{status}");
    }
    position.start(n(3), None, s(3.0));
    assert_eq!(position.awaits(&starts, running), None, "by hand");
    position.go(SetlistCommand::GoTo(n(2)), 4);
    assert_eq!(
        position.awaits(&starts, running),
        None,
        "another piece is current"
    );
}

#[test]
fn a_changed_list_keeps_its_place() {
    let before = keys(&["bass", "drums", "bass", "oboe"]);
    let mut position = SetlistPosition::default();
    position.start(n(3), Some(id("bass-7")), s(1.0));
    // A piece was added before: the second bass is the fourth piece.
    let moved = position.follow(&before, &keys(&["harp", "bass", "drums", "bass", "oboe"]));
    assert_eq!((moved.current, moved.started), (n(4), Some(n(4))));
    assert_eq!(moved.instances_of(n(4)), [id("bass-7")]);
    assert_eq!(moved.since, Some(s(1.0)));
    // The piece that plays was removed: next is what came after it.
    let moved = position.follow(&before, &keys(&["bass", "drums", "oboe"]));
    assert_eq!(moved.next(3), Some(n(3)));
    // Everything else was removed.
    let moved = position.follow(&before, &keys(&["harp"]));
    assert_eq!(moved.next(1), Some(n(1)));
    // A piece that is not started stays where it is, within the list.
    let ready = SetlistPosition {
        current: n(4),
        ..SetlistPosition::default()
    };
    assert_eq!(
        ready.follow(&before, &keys(&["drums", "harp"])).current,
        n(2)
    );
}

#[test]
fn each_piece_says_how_it_is() {
    let (mut list, mut projector) = (view(), stage());
    assert_eq!(
        words(&list, &projector, s(0.0)),
        ["ready", "at bar 17", "after 2", "error"]
    );
    let mut bass = TestHistory::new("bass-1");
    projector.committed(&bass.commit());
    list.position.start(n(1), Some(id("bass-1")), s(0.0));
    assert_eq!(
        words(&list, &projector, s(1.0))[..2],
        ["playing", "at bar 17"]
    );
    bass.pause(2.0);
    projector.committed(&bass.commit());
    assert_eq!(words(&list, &projector, s(3.0))[0], "paused");
    list.position.start(n(2), Some(id("drums-1")), s(3.0));
    let mut drums = TestHistory::new("drums-1");
    projector.committed(&drums.commit());
    assert_eq!(
        words(&list, &projector, s(3.0)),
        ["paused", "playing", "after 2", "error"]
    );
    let output = Payload::null();
    drums.add(4.0, EventKind::ExecutionCompleted { output });
    projector.committed(&drums.commit());
    assert_eq!(words(&list, &projector, s(5.0))[1], "played");
}

#[test]
fn the_countdown_counts_bars_then_beats_and_stops_with_the_transport() {
    let (mut list, mut projector) = (view(), stage());
    let bass = TestHistory::new("bass-1");
    projector.committed(&bass.commit());
    list.position.start(n(1), Some(id("bass-1")), s(0.0));
    list.awaited = Some(Beat(Beats::whole(64)));
    // A beat a second.
    let mut transport = TransportView {
        rolling: true,
        anchor: (s(0.0), Beat::ZERO),
        tempo: 60.0,
        ..TransportView::default()
    };
    projector.transport(transport);
    for (second, expected) in [
        (0.0, "in 16 bars"),
        (0.5, "in 16 bars"),
        (52.5, "in 3 bars"),
        (56.5, "in 8 beats"),
        (63.5, "in 1 beat"),
        (64.5, "now"),
    ] {
        assert_eq!(
            words(&list, &projector, s(second))[1],
            expected,
            "at {second}"
        );
    }
    let (title, when) = list.next_words(&projector.snapshot(), s(0.0));
    assert_eq!(title, "2 The drums");
    assert_eq!(when, "starts in 16 bars, at bar 17 · Page Down: now");
    transport.rolling = false;
    projector.transport(transport);
    assert_eq!(words(&list, &projector, s(0.5))[1], "at bar 17");
}

#[test]
fn a_command_says_what_it_does() {
    let (mut list, mut projector) = (view(), stage());
    let said = |list: &SetlistView, projector: &mut Projector, command: SetlistCommand| {
        projector.setlist(list.clone());
        let command = Command::from(command);
        let answer = GivenAnswer::to_commands(&[command], &projector.snapshot());
        answer.unwrap().now.effect
    };
    let next = SetlistCommand::Next;
    assert_eq!(said(&list, &mut projector, next), "next piece · 1 The bass");
    let previous = said(&list, &mut projector, SetlistCommand::Previous);
    assert_eq!(previous, "previous piece · this is the first one");
    list.position.start(n(3), None, s(0.0));
    let previous = said(&list, &mut projector, SetlistCommand::Previous);
    assert_eq!(
        previous,
        "previous piece · 2 The drums: Page Down starts it"
    );
    let reset = said(&list, &mut projector, SetlistCommand::Reset);
    assert_eq!(reset, "reset the scene · 3 The question is ready");
    list.position.start(n(4), None, s(0.0));
    assert_eq!(
        said(&list, &mut projector, next),
        "next piece · this was the last one"
    );
}

#[test]
fn the_keys_of_pieces_with_the_same_score_differ() {
    let list = Setlist::parse(
        "pieces: [{ score: ostinato }, { score: ostinato }, { score: ostinato, title: Again }]",
        std::path::Path::new("setlist.yaml"),
        |_| Vec::new(),
    );
    let keys = PieceKey::of(&list.unwrap());
    let counts: Vec<_> = keys
        .iter()
        .map(|key| (key.title.as_str(), key.nth))
        .collect();
    assert_eq!(counts, [("", 0), ("", 1), ("Again", 0)]);
}

#[test]
fn the_lanes_of_a_reset_scene_are_hidden_once_they_have_ended_and_can_be_shown_again() {
    let mut projector = stage();
    let mut bass = TestHistory::new("bass-1");
    let drums = TestHistory::new("drums-1");
    projector.committed(&bass.commit());
    projector.committed(&drums.commit());
    projector.put_away([id("bass-1")]);
    assert_eq!(projector.snapshot().lanes.len(), 2, "it is still open");
    let reason = String::new();
    bass.add(
        1.0,
        EventKind::ExecutionTerminated {
            reason,
            output: None,
        },
    );
    projector.committed(&bass.commit());
    let shown = |projector: &Projector| {
        let lanes = projector.snapshot().lanes.clone();
        lanes
            .iter()
            .map(|lane| lane.id.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(shown(&projector), ["drums-1"]);
    projector.show(None);
    assert_eq!(shown(&projector).len(), 2, "nothing was deleted");
}
