//! The position of the playhead in the top bar: bar and beat, and the second clock. A performance without
//! music has only the clock.

use egui::{Align2, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    icons,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, layout_line, text, translucent},
};
use crate::view::{Action, Rgb, SecondClock, lights_beats};

/// Paints it from `left` on; returns its right edge.
pub(super) fn show(ui: &Ui, rect: Rect, left: f32, frame: &mut FrameContext<'_>) -> f32 {
    if !frame.has_music {
        return large_clock(ui, rect, left, frame);
    }
    let right = bars(ui, rect, left, frame);
    let right = beats(ui, rect, right, frame);
    match frame.sizes.design_points(rect.width()) > 1500.0 {
        true => small_clock(ui, rect, right, frame),
        false => right,
    }
}

/// Bar and beat.
fn bars(ui: &Ui, rect: Rect, left: f32, frame: &FrameContext<'_>) -> f32 {
    let sizes = frame.sizes;
    let (bar, beat) = frame.snapshot.transport.position(frame.now);
    let y = rect.center().y;
    let right = left + sizes.pt(146.0);
    // A large bar number moves the rest to the right.
    let number = format!("{bar}.{beat}");
    let font = Font::Bold.id(sizes.pt(50.0));
    let wide = layout_line(ui.painter(), &number, font.clone(), color32(Rgb::TEXT))
        .size()
        .x;
    let right = right.max(left + sizes.pt(28.0) + wide);
    let big = text(
        ui.painter(),
        pos2(right, y),
        Align2::RIGHT_CENTER,
        number,
        font,
        color32(Rgb::TEXT),
    );
    unit(ui, rect, big.right(), "bar", frame)
}

/// A word below the middle, after a number.
fn unit(ui: &Ui, rect: Rect, left: f32, word: &str, frame: &FrameContext<'_>) -> f32 {
    let sizes = frame.sizes;
    text(
        ui.painter(),
        pos2(left + sizes.pt(8.0), rect.center().y + sizes.pt(11.0)),
        Align2::LEFT_CENTER,
        word,
        Font::Medium.id(sizes.pt(17.0)),
        color32(Rgb::MUTED),
    )
    .right()
}

/// A dot for each beat of the bar.
fn beats(ui: &Ui, rect: Rect, left: f32, frame: &FrameContext<'_>) -> f32 {
    let sizes = frame.sizes;
    let transport = &frame.snapshot.transport;
    let (_, beat) = transport.position(frame.now);
    let y = rect.center().y;
    let mut dots = MeshBuilder::default();
    let count = i64::from(transport.beats_in_bar(frame.now));
    let mut x = left + sizes.pt(38.0);
    let shown = match sizes.design_points(rect.width()) > 1500.0 {
        true => count.min(12),
        false => 0,
    };
    let lights = lights_beats(transport.tempo, transport.beats_in_bar(frame.now));
    for n in 1..=shown {
        let lit = transport.rolling && n == beat && lights;
        let color = match lit {
            true => color32(Rgb::TEXT),
            false => color32(Rgb::LINE.over(Rgb::MUTED, 0.75)),
        };
        if lit {
            let spot = Rect::from_center_size(pos2(x, y), vec2(sizes.pt(16.0), sizes.pt(16.0)));
            dots.glow(
                spot,
                sizes.pt(8.0),
                sizes.pt(10.0),
                translucent(Rgb::TEXT, 0.3),
            );
        }
        icons::dot(&mut dots, pos2(x, y), sizes.pt(8.0), color);
        x += sizes.pt(30.0);
    }
    dots.flush(ui.painter());
    x
}

/// The second clock beside the bars.
fn small_clock(ui: &Ui, rect: Rect, left: f32, frame: &mut FrameContext<'_>) -> f32 {
    let sizes = frame.sizes;
    let at = pos2(left + sizes.pt(8.0), rect.center().y);
    clock(ui, at, sizes.pt(27.0), frame) + sizes.pt(22.0)
}

/// The second clock in the place of the bars.
fn large_clock(ui: &Ui, rect: Rect, left: f32, frame: &mut FrameContext<'_>) -> f32 {
    let sizes = frame.sizes;
    let at = pos2(left + sizes.pt(34.0), rect.center().y);
    let right = clock(ui, at, sizes.pt(50.0), frame);
    let right = match frame.clock.shows {
        SecondClock::Elapsed => unit(ui, rect, right, "elapsed", frame),
        SecondClock::Wall => right,
    };
    right + sizes.pt(38.0)
}

/// The clock's reading, which is a button that switches it; returns its right edge.
fn clock(ui: &Ui, at: egui::Pos2, size: f32, frame: &mut FrameContext<'_>) -> f32 {
    let reading = frame.clock.reading(frame.now);
    let font = Font::Bold.id(size);
    let color = color32(Rgb::TEXT);
    // Every digit has the same room, so that nothing moves with each second.
    let widest: String = reading
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    let room = layout_line(ui.painter(), widest, font.clone(), color).size();
    let galley = layout_line(ui.painter(), &reading, font, color);
    let place = Rect::from_min_size(at - vec2(0.0, room.y / 2.0), room);
    let grip = place.expand2(vec2(frame.sizes.pt(8.0), 2.0));
    let name = format!("Clock, {}: {reading}", frame.clock.shows.name());
    let response = button::area(ui, grip, "clock", Role::Button, &name);
    let mut mesh = MeshBuilder::default();
    if response.hovered() {
        mesh.round(grip, frame.sizes.pt(8.0), color32(Rgb::BUTTON));
    }
    button::focus_ring(&mut mesh, &response, grip);
    mesh.flush(ui.painter());
    ui.painter().galley(place.min, galley, color);
    if response.clicked() {
        frame.act(Action::Clock);
    }
    place.right()
}
