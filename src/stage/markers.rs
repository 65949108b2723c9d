//! The markers: flags with their names in a strip above the ruler. A click on a name lets it be changed.

use std::sync::Arc;

use egui::{
    Align2, Id, Key, Rect, Role, Ui, UiBuilder, pos2,
    text::{CCursor, CCursorRange},
    text_edit::TextEditState,
    vec2,
};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, text_within, translucent},
};
use crate::{
    engine::Timestamp,
    view::{Markers, Naming, Rgb},
};

/// The color of markers.
const COLOR: Rgb = Rgb::LANES[0];

/// The height of the strip; none without markers.
pub(super) fn height(frame: &FrameContext<'_>) -> f32 {
    match frame.state.markers.is_empty() {
        true => 0.0,
        false => frame.sizes.pt(30.0).max(20.0),
    }
}

/// A marker on screen.
struct Flag {
    at: Timestamp,
    name: Arc<str>,
    x: f32,
    /// The room for the name, up to the next flag.
    room: f32,
}

/// Paints the markers, and the field for the name of one.
pub(super) fn show(ui: &mut Ui, ruler: Rect, lanes: Rect, left: f32, frame: &mut FrameContext<'_>) {
    if frame.state.markers.is_empty() {
        return;
    }
    let bottom = ruler.top() + height(frame);
    let strip = Rect::from_min_max(pos2(left, ruler.top()), pos2(ruler.right(), bottom));
    poles(ui, strip, lanes, frame);
    let naming = frame.state.naming.as_ref().map(|naming| naming.at);
    let (named, others): (Vec<_>, Vec<_>) = flags(strip, frame)
        .into_iter()
        .partition(|flag| naming == Some(flag.at));
    let plate = named.first().map(|flag| plate(strip, flag.x, frame));
    let is_covered = |flag: &Flag| {
        plate.is_some_and(|plate| plate.right() > flag.x && plate.left() < flag.x + flag.room)
    };
    for flag in others.iter().filter(|flag| !is_covered(flag)) {
        name(ui, strip, flag, frame);
    }
    if let Some(plate) = plate {
        field(ui, plate, frame);
    }
}

/// Where the field for the name of a marker is.
fn plate(strip: Rect, x: f32, frame: &FrameContext<'_>) -> Rect {
    let sizes = frame.sizes;
    let wide = sizes.pt(240.0).max(150.0);
    let from = (x + sizes.pt(17.0)).clamp(strip.left(), (strip.right() - wide).max(strip.left()));
    Rect::from_min_size(pos2(from, strip.top()), vec2(wide, strip.height()))
}

/// The flags that are in view, from left to right.
fn flags(strip: Rect, frame: &FrameContext<'_>) -> Vec<Flag> {
    let view = &frame.state.viewport;
    let x = |at| strip.left() + view.x(at);
    let named = frame.state.naming.as_ref().map(|naming| naming.at);
    let markers: Vec<_> = frame.state.markers.iter().collect();
    let following = markers.iter().skip(1).map(|next| x(next.at));
    let ends = following.chain([strip.right()]);
    let flags = markers.iter().zip(ends).map(|(marker, end)| Flag {
        at: marker.at,
        name: marker.name.clone(),
        x: x(marker.at),
        room: end.min(strip.right()) - x(marker.at),
    });
    let in_view = |flag: &Flag| flag.x >= strip.left() && flag.x <= strip.right();
    // The field stays in sight while the performance goes on.
    let shown = |flag: &Flag| in_view(flag) || named == Some(flag.at);
    flags.filter(shown).collect()
}

/// The poles through the lanes, with a flag on top.
fn poles(ui: &Ui, strip: Rect, lanes: Rect, frame: &FrameContext<'_>) {
    let painter = ui.painter_at(Rect::from_min_max(strip.min, lanes.max));
    let size = frame.sizes.pt(13.0);
    let mut mesh = MeshBuilder::default();
    for marker in frame.state.markers.iter() {
        let x = strip.left() + frame.state.viewport.x(marker.at);
        if x < strip.left() - size || x > strip.right() {
            continue;
        }
        // The numbers of the bars are between both parts.
        for (top, bottom) in [(strip.top(), strip.bottom()), (lanes.top(), lanes.bottom())] {
            let pole = Rect::from_min_max(pos2(x - 1.0, top), pos2(x + 1.0, bottom));
            mesh.rect(pole, translucent(COLOR, 0.6));
        }
        let top = strip.center().y - size / 2.0;
        let tip = pos2(x + size, top + size / 2.0);
        let flag = [pos2(x, top), tip, pos2(x, top + size)];
        mesh.polygon(&flag, color32(COLOR));
    }
    mesh.flush(&painter);
}

/// The name of a marker, which can be clicked.
fn name(ui: &Ui, strip: Rect, flag: &Flag, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let painter = ui.painter_at(strip);
    let from = flag.x + sizes.pt(19.0);
    let room = flag.room - sizes.pt(25.0);
    let mut bounds = Rect::from_min_max(
        pos2(flag.x, strip.top()),
        pos2(flag.x + sizes.pt(15.0), strip.bottom()),
    );
    if room > sizes.pt(24.0) {
        let place = text_within(
            &painter,
            pos2(from, strip.center().y),
            Align2::LEFT_CENTER,
            &flag.name,
            Font::Bold.id(sizes.pt(17.0).max(11.5)),
            color32(COLOR),
            room,
        );
        bounds = bounds.union(place);
    }
    let title = format!("Marker {}: rename", flag.name);
    let id = ("marker", flag.at);
    let seen = bounds.intersect(strip);
    let response = button::area(ui, seen, id, Role::Button, &title);
    let mut ring = MeshBuilder::default();
    button::focus_ring(&mut ring, &response, seen);
    ring.flush(&painter);
    if response.clicked() {
        frame.state.begin_naming(flag.at);
    }
}

/// The field for a name. Enter keeps it, and so does a click elsewhere; Escape leaves the name as it was.
fn field(ui: &mut Ui, plate: Rect, frame: &mut FrameContext<'_>) {
    let sizes = frame.sizes;
    let Some(Naming {
        at,
        mut typed,
        begun,
    }) = frame.state.naming.clone()
    else {
        return;
    };
    let mut mesh = MeshBuilder::default();
    mesh.round(plate, sizes.pt(5.0), color32(Rgb::BUTTON));
    mesh.outline(plate, sizes.pt(5.0), 1.5, color32(COLOR));
    mesh.flush(ui.painter());
    let font = Font::Bold.id(sizes.pt(17.0).max(11.5));
    let present = frame
        .state
        .markers
        .at(at)
        .map(|marker| marker.name.to_string());
    let hint = egui::RichText::new(present.unwrap_or_default()).font(font.clone());
    let inner = plate.shrink2(vec2(sizes.pt(8.0), sizes.pt(3.0)));
    let mut inside = ui.new_child(UiBuilder::new().max_rect(inner));
    let edit = egui::TextEdit::singleline(&mut typed)
        .font(font)
        .hint_text(hint)
        .char_limit(Markers::MAX_NAME)
        .margin(egui::Margin::ZERO)
        .frame(egui::Frame::NONE)
        .desired_width(inner.width());
    let response = inside.add(edit);
    response.widget_info(|| egui::WidgetInfo::labeled(Role::TextInput, true, "Name of the marker"));
    if !begun {
        response.request_focus();
        select_all(&inside, response.id, typed.chars().count());
    }
    let kept = inside.input(|input| input.key_pressed(Key::Enter));
    let left = begun && !response.has_focus();
    frame.state.naming = Some(Naming {
        at,
        typed,
        begun: true,
    });
    if begun && (kept || left) {
        frame.state.end_naming();
    }
}

/// Selects the whole name, so that typing replaces it.
fn select_all(ui: &Ui, field: Id, length: usize) {
    let mut state = TextEditState::load(ui.ctx(), field).unwrap_or_default();
    let whole = CCursorRange::two(CCursor::new(0), CCursor::new(length));
    state.cursor.set_char_range(Some(whole));
    state.store(ui.ctx(), field);
}
