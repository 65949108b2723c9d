//! The set list panel: pieces, notes, clock, and what its keys and buttons do.

use std::{sync::Arc, time::Duration};

use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable;
use fermata::{
    conductor::{
        control_surface::ControlAction,
        setlist::{PieceStart, PreviousPiece},
    },
    engine::InstanceId,
    music::Beat,
    stage::Host,
    view::{
        Command, ControlSurfaceCommand, PieceCard, PieceNumber, Projector, ScoreId, SetlistCommand,
        SetlistPosition, SetlistView,
    },
};

use crate::{
    TestWindow,
    concert::{BEGIN, concert},
};

const NOTES: &str = "Welcome everybody.\nThe bass never stops.";

/// Three pieces: one that plays, one at a bar, and one by hand.
pub fn list() -> SetlistView {
    let piece = |score: &str, title: &str, notes: &str, start| PieceCard {
        score: ScoreId(score.into()),
        title: Some(title.into()),
        notes: notes.into(),
        start,
        previous: PreviousPiece::Continues,
        tour: [].into(),
    };
    let pieces = [
        piece("bass", "The bass", NOTES, PieceStart::ByHand),
        piece("drummer", "The drummer", "", PieceStart::AtBar(60)),
        piece("finale", "Finale", "Thank you.", PieceStart::ByHand),
    ];
    let mut position = SetlistPosition::default();
    let bass = InstanceId::new("ostinato-1").unwrap();
    position.start(PieceNumber::FIRST, Some(bass), BEGIN);
    SetlistView {
        title: "A show".into(),
        pieces: pieces.into(),
        position,
        awaited: None,
        problem: None,
    }
}

fn with(list: SetlistView) -> Projector {
    let mut projector = concert();
    projector.setlist(list);
    projector
}

/// The window with them.
pub fn window() -> TestWindow {
    TestWindow::open(&show())
}

/// The concert with them.
pub fn show() -> Projector {
    with(list())
}

fn sent(window: &TestWindow) -> Vec<Command> {
    let is_select = |command: &Command| {
        matches!(
            command,
            Command::ControlSurface(ControlSurfaceCommand::Select(_))
        )
    };
    let all = window.host.take().into_iter();
    all.filter(|command| !is_select(command)).collect()
}

#[test]
fn page_down_page_up_and_backspace_move_in_the_set_list() {
    let mut window = TestWindow::open(&with(list()));
    for (key, command) in [
        (Key::PageDown, SetlistCommand::Next),
        (Key::PageUp, SetlistCommand::Previous),
        (Key::Backspace, SetlistCommand::Reset),
    ] {
        window.press(key);
        assert_eq!(sent(&window), [command.into()]);
    }
}

#[test]
fn without_a_set_list_the_keys_say_so_and_there_is_no_panel() {
    let mut window = TestWindow::open(&concert());
    for key in [Key::PageDown, Key::PageUp, Key::Backspace] {
        window.press(key);
        assert_eq!(sent(&window), []);
        let now = window.host.now();
        let (answer, _) = window.harness.state().state().answered(now).unwrap();
        assert!(answer.effect.contains("no set list is open"), "{answer}");
    }
    assert!(
        window
            .harness
            .query_by_label_contains("Speaker's notes")
            .is_none()
    );
}

#[test]
fn the_panel_shows_pieces_notes_clock_and_what_comes_next() {
    let mut list = list();
    list.awaited = Some(Beat::ZERO);
    let mut window = TestWindow::open(&with(list));
    for name in [
        "Set list: A show",
        "Piece 1: The bass, playing",
        "Piece 3: Finale",
    ] {
        window.harness.get_by_label(name);
    }
    window
        .harness
        .get_by_label_contains("Piece 2: The drummer, now");
    window
        .harness
        .get_by_label_contains("Speaker's notes: Welcome everybody.");
    window
        .harness
        .get_by_label_contains("since the first piece");
    window
        .harness
        .get_by_label_contains("Next: 2 The drummer, starts now, at bar 60");
    window.host.pass(Duration::from_secs(3600));
    window.steps(2);
    window.harness.get_by_label_contains(", 1:0");
}

#[test]
fn ctrl_l_hides_the_panel_and_shows_it_again() {
    let mut window = TestWindow::open(&with(list()));
    window.press_with(Modifiers::COMMAND, Key::L);
    assert!(window.harness.query_by_label("Set list: A show").is_none());
    window.press_with(Modifiers::COMMAND, Key::L);
    window.harness.get_by_label("Set list: A show");
}

#[test]
fn a_click_goes_to_a_piece_and_the_buttons_do_what_the_keys_do() {
    let mut window = TestWindow::open(&with(list()));
    window.harness.get_by_label("Piece 3: Finale").click();
    window.steps(2);
    let third = SetlistCommand::GoTo(PieceNumber::at(2));
    assert_eq!(sent(&window), [third.into()]);
    for (action, command) in [
        (ControlAction::NextPiece, SetlistCommand::Next),
        (ControlAction::PreviousPiece, SetlistCommand::Previous),
        (ControlAction::ResetScene, SetlistCommand::Reset),
    ] {
        window.harness.get_by_label(&action.description()).click();
        window.steps(2);
        assert_eq!(sent(&window), [command.into()]);
    }
}

#[test]
fn the_search_finds_a_piece_by_its_number() {
    let mut window = TestWindow::open(&with(list()));
    window.press_with(Modifiers::COMMAND, Key::P);
    window.harness.event(Event::Text("piece 3".to_owned()));
    window.steps(2);
    window.press(Key::Enter);
    let third = SetlistCommand::GoTo(PieceNumber::at(2));
    assert_eq!(sent(&window), [third.into()]);
}

#[test]
fn in_learn_mode_the_actions_of_the_set_list_can_be_mapped() {
    let mut window = TestWindow::open(&with(list()));
    window.press_with(Modifiers::COMMAND, Key::M);
    for action in [
        ControlAction::NextPiece,
        ControlAction::PreviousPiece,
        ControlAction::ResetScene,
    ] {
        let name = format!("Map {action}");
        let mut found = window.harness.query_all_by_label(&name);
        assert!(found.next().is_some(), "{name}");
    }
}

#[test]
fn an_error_in_the_file_is_shown_in_the_panel() {
    let mut list = list();
    list.problem = Some("setlist.yaml:3:5: unknown key `scroe`; did you mean `score`?".into());
    let window = TestWindow::open(&with(list));
    window
        .harness
        .get_by_label_contains("Error in the set list: setlist.yaml:3:5");
}

#[test]
fn a_long_list_shows_the_lines_around_the_current_piece() {
    let mut list = list();
    let one = list.pieces[2].clone();
    list.pieces = (0..200)
        .map(|place| PieceCard {
            title: Some(format!("Song {}", place + 1).into()),
            ..one.clone()
        })
        .collect::<Arc<[_]>>();
    list.position.current = PieceNumber::at(149);
    let window = TestWindow::open(&with(list));
    window.harness.get_by_label_contains("Piece 150: Song 150");
    window.harness.get_by_label_contains("Piece 151: Song 151");
    assert!(
        window
            .harness
            .query_by_label_contains("Piece 2: Song 2")
            .is_none()
    );
}

#[test]
fn before_the_first_piece_the_panel_is_beside_the_scores() {
    let mut projector = crate::empty();
    let mut list = list();
    list.position = SetlistPosition::default();
    projector.setlist(list);
    let mut window = TestWindow::open(&projector);
    window.harness.get_by_label("Piece 1: The bass, ready");
    window.harness.get_by_label("Start The stubborn drummer");
    window.press(Key::PageDown);
    assert_eq!(sent(&window), [SetlistCommand::Next.into()]);
}
