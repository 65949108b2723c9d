//! Motion: it asks for frames only while something moves, and it can be turned off.

use std::{sync::atomic::Ordering, time::Duration};

use egui::{Event, Key, Modifiers, Pos2, RawInput, Rect, ViewportId, vec2};
use fermata::{
    engine::{EventKind, Payload, Status},
    stage::Stage,
    view::Projector,
};

use super::concert::{FakeHost, Voice, at};

/// A lane that was terminated at beat 120.
fn terminated() -> Projector {
    let mut lane = Voice::new("order", "order-1", 100.0);
    let scheduled = lane.schedule(at(110.0), "charge", Payload::null());
    lane.start(at(110.0), scheduled, 1);
    let reason = "enough".to_owned();
    let kind = EventKind::ExecutionTerminated {
        reason,
        output: None,
    };
    lane.ends(at(120.0), kind, Status::Terminated);
    let mut projector = Projector::new();
    projector.committed(&lane.committed());
    projector
}

/// How soon the window wants to be painted again, so long after the termination. `presses` of Shift M come
/// first.
fn next_frame(after: Duration, presses: usize) -> Duration {
    let projector = terminated();
    let host = FakeHost::new(projector.snapshot());
    let now = at(120.0) + after;
    host.now.store(now.0, Ordering::Relaxed);
    let ctx = egui::Context::default();
    let mut stage = Stage::new(host, &ctx);
    let mut delay = Duration::ZERO;
    let key = |pressed| Event::Key {
        key: Key::M,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers: Modifiers::SHIFT,
    };
    let keys = (0..presses).map(|_| vec![key(true), key(false)]);
    let events = keys.chain(vec![Vec::new(); 12]);
    for (frame, events) in events.enumerate() {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 720.0))),
            time: Some(frame as f64 * 5.0),
            events,
            ..RawInput::default()
        };
        let mut output = ctx.run_ui(input, |ui| stage.show(ui));
        output.textures_delta.clear();
        delay = output.viewport_output[&ViewportId::ROOT].repaint_delay;
    }
    delay
}

#[test]
fn it_asks_for_frames_only_while_something_moves_and_can_be_turned_off() {
    let [early, late] = [100, 600].map(Duration::from_millis);
    assert_eq!(next_frame(early, 0), Duration::ZERO, "the shutter closes");
    assert_eq!(next_frame(early, 2), Duration::ZERO, "turned off and on");
    assert!(next_frame(early, 1) > early, "motion is off");
    assert_eq!(next_frame(late, 0), Duration::MAX, "nothing moves any more");
}
