//! Text from outside (titles, ids, events, payloads, failures, ports, paths) cannot reorder or garble the
//! window: control characters and bidirectional overrides are shown as escapes.

use egui::{Event, Key, Modifiers, Pos2, Shape};
use fermata::conductor::control_surface::{ControlAction, LaneTarget, StripTarget};
use fermata::{
    engine::{EventKind, Failure, Payload, TimerOrigin},
    view::{
        AudioView, Bound, ClockView, ControlSurfaceView, Edit, InstrumentFacts, PortView,
        Projector, ScoreCard, ScoreFacts, ScoreId, TroubleView, escape::is_unsafe,
    },
};

use super::{
    TestWindow,
    concert::{Voice, at, chord, meters, transport},
};

/// Clears a terminal, rings its bell and reverses the direction of reading.
const HOSTILE: &str = "\u{1b}[2J\u{7}\u{202e}evil\u{2069}\u{9b}";
/// The same without control characters, as an instance id.
const HOSTILE_ID: &str = "id-\u{202e}evil\u{2069}";

fn hostile() -> Projector {
    let mut projector = Projector::new();
    projector.transport(transport());
    let mut voice = Voice::new(HOSTILE, HOSTILE_ID, 0.0);
    let payload = || Payload::encode(HOSTILE).unwrap();
    let mut chord = chord(HOSTILE, 150.0, 1.0, &[40, 60]);
    chord.instrument = HOSTILE.to_owned();
    let scheduled = voice.schedule(at(149.0), "play", Payload::encode(&chord).unwrap());
    voice.start(at(149.5), scheduled, 1);
    let scheduled = voice.schedule(at(150.0), HOSTILE, payload());
    voice.start(at(150.5), scheduled, 1);
    voice.add(
        at(152.0),
        EventKind::TaskFailed {
            scheduled,
            attempt: 1,
            failure: Failure::new(HOSTILE, HOSTILE),
            retry_at: Some(at(170.0)),
            heartbeat: None,
        },
    );
    let (name, input) = (HOSTILE.to_owned(), payload());
    voice.add(
        at(153.0),
        EventKind::EventSent {
            target: voice.id.clone(),
            name,
            input,
        },
    );
    let (name, input) = (HOSTILE.to_owned(), payload());
    voice.add(
        at(154.0),
        EventKind::EventRaised {
            name,
            input,
            from: Some(voice.id.clone()),
            request: None,
        },
    );
    let name = HOSTILE.to_owned();
    voice.add(
        at(155.0),
        EventKind::TimerCreated {
            fire_at: Some(at(200.0)),
            origin: TimerOrigin::ExternalEvent { name },
        },
    );
    let (name, value) = (HOSTILE.to_owned(), HOSTILE.to_owned());
    voice.add(at(156.0), EventKind::TagSet { name, value });
    voice.status(HOSTILE);
    let facts = ScoreFacts {
        title: HOSTILE.to_owned(),
        source: format!("do:\n\t- {HOSTILE}\n").into(),
        instruments: ["a", "b"]
            .map(|name| InstrumentFacts {
                name: format!("{HOSTILE}{name}"),
                color: [86, 180, 233],
            })
            .to_vec(),
        ..ScoreFacts::default()
    };
    projector.score_facts(&voice.id, facts);
    projector.edited(
        &voice.id,
        Some(Edit::Invalid {
            source: HOSTILE.into(),
            line: 1,
            message: HOSTILE.into(),
        }),
    );
    projector.committed(&voice.committed());
    projector.scores(vec![ScoreCard {
        id: ScoreId(HOSTILE.into()),
        title: HOSTILE.to_owned(),
        summary: HOSTILE.to_owned(),
        input: None,
        problem: None,
    }]);
    projector.control_surface(ControlSurfaceView {
        bound: vec![Bound {
            action: ControlAction::Mute(StripTarget::Lane(LaneTarget::Score(HOSTILE.into()))),
            control: HOSTILE.into(),
        }],
        inputs: vec![HOSTILE.into()],
        clock: Some(ClockView {
            from: HOSTILE.into(),
            tempo: None,
        }),
    });
    let mut meters = meters();
    meters.ports = vec![PortView {
        name: HOSTILE.to_owned(),
        ok: false,
        waiting: 3,
    }];
    meters.audio = AudioView::Lost(HOSTILE.to_owned());
    projector.meters(meters);
    projector.notice(HOSTILE);
    projector.trouble(Some(TroubleView::Store(HOSTILE.into())));
    projector
}

/// Every text of the last frame: painted text, and accessible names.
fn texts(window: &TestWindow) -> Vec<String> {
    fn painted(shape: &Shape, texts: &mut Vec<String>) {
        match shape {
            Shape::Text(text) => texts.push(text.galley.text().to_owned()),
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| painted(shape, texts)),
            _ => {}
        }
    }
    let output = window.harness.output();
    let mut texts = Vec::new();
    for clipped in &output.shapes {
        painted(&clipped.shape, &mut texts);
    }
    let update = output.platform_output.accesskit_update.iter();
    for (_, node) in update.flat_map(|update| &update.nodes) {
        texts.extend(
            [node.label(), node.value()]
                .into_iter()
                .flatten()
                .map(str::to_owned),
        );
    }
    texts
}

fn assert_escaped(window: &TestWindow, view: &str) {
    let texts = texts(window);
    let garbled: Vec<_> = texts
        .iter()
        .filter(|text| text.contains(is_unsafe))
        .collect();
    assert!(garbled.is_empty(), "{view}: {garbled:?}");
    let shown = texts.iter().any(|text| text.contains("\\u{202e}evil"));
    assert!(shown, "{view} shows nothing of it: {texts:?}");
}

#[test]
fn control_characters_and_bidi_overrides_are_escaped_in_every_part_of_the_window() {
    let mut window = TestWindow::open(&hostile());
    assert_escaped(&window, "lanes, inspector and toasts");
    window.harness.hover_at(Pos2::new(1000.0, 400.0));
    window.steps(2);
    assert_escaped(&window, "tooltips");
    window.press(Key::M);
    assert_escaped(&window, "meters");
    window.press(Key::S);
    assert_escaped(&window, "scores");
    window.press(Key::S);
    window.press_with(Modifiers::COMMAND, Key::P);
    window.harness.event(Event::Text("evil".to_owned()));
    window.steps(2);
    assert_escaped(&window, "search");
    window.press(Key::Escape);
    window.press_with(Modifiers::COMMAND, Key::M);
    assert_escaped(&window, "learning");
}

#[test]
fn the_list_of_scores_escapes_titles_and_problems() {
    let mut projector = Projector::new();
    projector.scores(vec![ScoreCard {
        id: ScoreId(HOSTILE.into()),
        title: HOSTILE.to_owned(),
        summary: String::new(),
        input: None,
        problem: Some(HOSTILE.to_owned()),
    }]);
    assert_escaped(&TestWindow::open(&projector), "the list of scores");
}
