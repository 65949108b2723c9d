//! Tours of set lists, step by step.

use super::*;
use crate::{
    conductor::{
        Direction,
        control_surface::{ControlAction, LaneTarget},
        setlist::{PieceStart, PreviousPiece, Setlist},
    },
    engine::{EventKind, Payload},
    view::{
        Projector,
        command::ScoreId,
        navigation::Stop,
        setlist::{PieceCard, SetlistPosition},
        test_history::{TestHistory, s},
    },
};

const NEXT: TourAct = TourAct::Go(SetlistCommand::Next);

fn n(number: usize) -> PieceNumber {
    PieceNumber::at(number - 1)
}

fn pieces(tours: &[&str]) -> Setlist {
    let pieces = tours
        .iter()
        .map(|tour| format!("- score: prelude\n  tour: {tour}\n"));
    let text = format!("pieces:\n{}", pieces.collect::<String>());
    Setlist::parse(&text, std::path::Path::new("tour.yaml"), wrong_keys).unwrap()
}

/// A show that plays what a tour asks for at once.
struct Show {
    projector: Projector,
    list: SetlistView,
    tour: Tour,
    now: Timestamp,
    started: usize,
}

impl Show {
    fn new(mode: TourMode, tours: &[&str]) -> Self {
        let cards = pieces(tours).pieces.into_iter().map(|piece| PieceCard {
            score: ScoreId("prelude".into()),
            title: None,
            notes: "".into(),
            start: PieceStart::ByHand,
            previous: PreviousPiece::Terminates,
            tour: piece.tour.into(),
        });
        let list = SetlistView {
            title: "A tour".into(),
            pieces: cards.collect(),
            position: SetlistPosition::default(),
            awaited: None,
            problem: None,
        };
        Self {
            projector: Projector::new(),
            list,
            tour: Tour::new(mode).unwrap(),
            now: s(0.0),
            started: 0,
        }
    }

    /// What the tour does at a time.
    fn at(&mut self, seconds: f64) -> Vec<TourAct> {
        self.now = s(seconds);
        self.projector.setlist(self.list.clone());
        let acts = self.tour.advance(&self.projector.snapshot(), self.now);
        for act in &acts {
            match act {
                TourAct::Go(SetlistCommand::Next) => self.next(),
                TourAct::Go(SetlistCommand::Reset) => drop(self.list.position.reset()),
                TourAct::Go(command) => {
                    self.list.position.go(*command, self.list.pieces.len());
                }
                _ => {}
            }
        }
        acts
    }

    fn next(&mut self) {
        let Some(piece) = self.list.position.next(self.list.pieces.len()) else {
            return;
        };
        self.started += 1;
        let id = InstanceId::new(format!("piece-{}", self.started)).unwrap();
        self.list.position.start(piece, Some(id), self.now);
    }

    fn lane(&mut self, id: &str, ends: bool) {
        let mut history = TestHistory::new(id);
        history.note(1.0, 1.0, 40);
        if ends {
            let output = Payload::null();
            history.add(2.0, EventKind::ExecutionCompleted { output });
        }
        self.projector.committed(&history.commit());
    }

    fn caption(&self) -> Option<String> {
        self.tour.caption().map(|caption| caption.to_string())
    }

    fn key(&self) -> Option<String> {
        self.tour.key(self.now).map(|key| key.to_string())
    }
}

fn to(piece: usize) -> [TourAct; 2] {
    [SetlistCommand::Reset, SetlistCommand::GoTo(n(piece))].map(TourAct::Go)
}

fn select(id: &str) -> TourAct {
    TourAct::Select(InstanceId::new(id).unwrap())
}

#[test]
fn a_tour_says_and_presses_what_its_steps_say_and_goes_from_piece_to_piece() {
    let tours = [
        "[{ say: Listen. }, { after: 4, press: Space, say: It pauses. }, { after: 2, say: '' }]",
        "[{ after: 1 }]",
    ];
    let mut show = Show::new(TourMode::Once, &tours);
    assert_eq!(show.at(0.0), [NEXT]);
    assert_eq!(show.at(0.1), [select("piece-1")]);
    assert_eq!(show.at(0.1), []);
    assert_eq!(show.caption().as_deref(), Some("Listen."));
    assert_eq!(show.at(4.0), [], "it is not due");
    let pause = Action::Control(ControlAction::Pause(LaneTarget::Selected));
    assert_eq!(show.at(4.1), [TourAct::Press(pause)]);
    assert_eq!(show.caption().as_deref(), Some("It pauses."));
    assert_eq!(show.key().as_deref(), Some("Space"));
    assert_eq!(show.at(6.1), []);
    assert_eq!(show.caption(), None, "the captions of the score are back");
    assert_eq!(show.at(6.2), to(2));
    assert_eq!(show.at(7.0), [], "it is silent for a moment");
    assert_eq!(show.at(8.0), [NEXT]);
    assert_eq!(show.at(8.0), [select("piece-2")]);
    assert_eq!(show.key(), None, "it was shown long enough");
    assert_eq!(show.at(9.0), []);
    assert_eq!(show.at(9.0), [], "the last piece is over");
    assert_eq!(show.at(12.0), [], "the last caption is read");
    assert_eq!(show.at(13.0), [TourAct::Leave]);
    assert_eq!(show.at(14.0), []);
    assert!(!show.tour.is_running());
}

#[test]
fn a_step_may_wait_for_the_end_of_its_piece_and_a_piece_without_steps_plays_to_its_end() {
    for tour in ["[{ after: end, say: Done. }]", "[]"] {
        let mut show = Show::new(TourMode::Once, &[tour, "[]"]);
        show.at(0.0);
        show.lane("piece-1", false);
        assert_eq!(show.at(0.1), [select("piece-1")]);
        assert_eq!(show.at(500.0), [], "it plays");
        show.lane("piece-1", true);
        assert_eq!(show.at(501.0), []);
        assert_eq!(show.at(501.0), to(2));
        assert_eq!(show.at(503.0), [NEXT]);
    }
}

#[test]
fn the_next_piece_waits_until_nothing_plays() {
    let mut show = Show::new(TourMode::Once, &["[{ after: 1 }]", "[]"]);
    for at in [0.0, 0.0, 1.0] {
        show.at(at);
    }
    show.lane("piece-1", false);
    assert_eq!(show.at(1.0), to(2));
    assert_eq!(show.at(5.0), [], "it has not ended");
    show.lane("piece-1", true);
    assert_eq!(show.at(5.0), [NEXT]);
}

#[test]
fn a_repeated_tour_begins_again() {
    for pieces in [1, 2] {
        let mut show = Show::new(TourMode::Repeated, &["[{ after: 1 }]"].repeat(pieces));
        let mut begun = Vec::new();
        for tenth in 0..200 {
            for act in show.at(f64::from(tenth) / 10.0) {
                if let TourAct::Select(lane) = act {
                    begun.push((lane.to_string(), show.list.position.current));
                }
            }
        }
        assert!(begun.len() > 5, "{begun:?}");
        for (place, (lane, piece)) in begun.iter().enumerate() {
            assert_eq!(*lane, format!("piece-{}", place + 1));
            assert_eq!(*piece, n(place % pieces + 1));
        }
    }
}

#[test]
fn a_piece_that_cannot_start_is_left_out() {
    let mut show = Show::new(TourMode::Once, &["[]", "[]", "[]"]);
    show.at(0.0);
    show.list.position = SetlistPosition::default();
    assert_eq!(show.at(9.0), [], "it may still come");
    let go = TourAct::Go(SetlistCommand::GoTo(n(2)));
    assert_eq!(show.at(10.0), [go, NEXT]);
    assert_eq!(show.at(10.1), [select("piece-2")]);
}

#[test]
fn who_takes_over_ends_the_tour() {
    let mut show = Show::new(TourMode::Repeated, &["[{ say: Listen. }, { after: 1 }]"]);
    for at in [0.0, 0.1, 0.2] {
        show.at(at);
    }
    show.tour.stop();
    assert_eq!((show.caption(), show.key()), (None, None));
    assert_eq!(show.at(100.0), []);
    assert_eq!(
        show.tour.next_change(&show.projector.snapshot(), s(100.0)),
        None
    );
}

#[test]
fn a_window_that_was_opened_again_goes_on_with_the_next_piece() {
    let mut show = Show::new(TourMode::Once, &["[{ after: 50 }]", "[]"]);
    show.next();
    assert_eq!(show.at(1.0), []);
    assert_eq!(show.at(1.0), to(2));
    assert_eq!(show.at(3.0), [NEXT]);
    assert_eq!(show.at(3.1), [select("piece-2")]);
}

#[test]
fn frames_are_asked_for_when_the_next_step_is_due() {
    let mut show = Show::new(
        TourMode::Once,
        &["[{ after: 5, press: Space }, { after: end }]"],
    );
    show.at(0.0);
    show.at(0.0);
    let snapshot = show.projector.snapshot();
    let next = |show: &Show, at| show.tour.next_change(&snapshot, s(at));
    assert_eq!(next(&show, 1.0), Some(Duration::from_secs(4)));
    assert_eq!(next(&show, 9.0), Some(Duration::ZERO));
    show.lane("piece-1", false);
    show.at(5.0);
    assert_eq!(
        next(&show, 5.5),
        Some(Duration::from_secs(2)),
        "the key disappears"
    );
    assert_eq!(next(&show, 8.0), None, "the end of the piece is an event");
}

#[test]
fn keys_are_named_as_on_the_help_sheet() {
    let action = keys::action_of;
    assert_eq!(
        action("Shift+N"),
        Ok(Action::Step(Stop::Failure, Direction::Backward))
    );
    assert_eq!(action("-"), Ok(Action::ZoomOut));
    assert_eq!(action("5"), Ok(Action::Lane(5)));
    let held = action("T").unwrap_err();
    assert_eq!(held, "T has to be held: a tour cannot press it");
    let wrong = action("Shift+Spce").unwrap_err();
    assert!(
        wrong.starts_with("no action has the key Shift+Spce"),
        "{wrong}"
    );
    assert!(wrong.contains("Shift+Space"), "{wrong}");
}

#[test]
fn a_key_that_does_nothing_is_an_error_with_its_line() {
    let text = "pieces:\n- score: prelude\n  tour:\n  - press: [Space, Shift+Ü]\n";
    let error = Setlist::parse(text, std::path::Path::new("tour.yaml"), wrong_keys).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("tour.yaml:4:20"), "{error}");
    assert!(error.contains("no action has the key Shift+Ü"), "{error}");
}
