//! The filter below the lanes: a field, and how many lanes it hides.

use egui::{Align2, Rect, Role, Ui, UiBuilder, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, text},
};
use crate::view::{FilterField, Rgb, StageLanes};

/// Paints it if it is open. Returns the area that is left for the lanes.
pub(super) fn show(
    ui: &mut Ui,
    rect: Rect,
    lanes: &StageLanes,
    frame: &mut FrameContext<'_>,
) -> Rect {
    let Some(FilterField { mut typed, begun }) = frame.state.filter.clone() else {
        return rect;
    };
    let sizes = frame.sizes;
    let (rest, bar) = rect.split_top_bottom_at_y(rect.bottom() - sizes.pt(52.0));
    let plate = bar.shrink2(vec2(sizes.pt(10.0), sizes.pt(6.0)));
    let mut mesh = MeshBuilder::default();
    mesh.round(plate, sizes.pt(8.0), color32(Rgb::BUTTON));
    mesh.outline(plate, sizes.pt(8.0), 1.5, color32(Rgb::EDGE));
    mesh.flush(ui.painter());
    let words = match (lanes.shown(), lanes.filtered) {
        (0, _) => "No lane matches · Ctrl+F shows all".to_owned(),
        (shown, 0) => format!("{shown} lanes"),
        (shown, hidden) => format!("{shown} shown, {hidden} hidden · Ctrl+F shows all"),
    };
    let font = Font::Bold.id(sizes.pt(18.0).max(12.0));
    let at = plate.right_center() - vec2(sizes.pt(16.0), 0.0);
    let count = text(
        ui.painter(),
        at,
        Align2::RIGHT_CENTER,
        &words,
        font,
        color32(Rgb::TEXT),
    );
    button::label(ui, count, "filtered", Role::Status, &words);
    let left = plate.left() + sizes.pt(16.0);
    let field = Rect::from_min_max(
        pos2(left, plate.top() + sizes.pt(7.0)),
        pos2(count.left() - sizes.pt(16.0), plate.bottom()),
    );
    let font = Font::Medium.id(sizes.pt(21.0).max(13.0));
    let hint = "Filter: a name, open, ended, failed, paused, tag:name=value";
    let hint = egui::RichText::new(hint).font(font.clone());
    let mut inside = ui.new_child(UiBuilder::new().max_rect(field));
    let edit = egui::TextEdit::singleline(&mut typed)
        .font(font)
        .hint_text(hint)
        .frame(egui::Frame::NONE)
        .desired_width(field.width());
    let response = inside.add(edit);
    response.widget_info(|| egui::WidgetInfo::labeled(Role::TextInput, true, "Filter the lanes"));
    if !begun {
        response.request_focus();
    }
    let done = inside.input(|input| input.key_pressed(egui::Key::Enter));
    if done && response.has_focus() {
        response.surrender_focus();
    }
    frame.state.filter = Some(FilterField { typed, begun: true });
    rest
}
