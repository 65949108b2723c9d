//! The token of a running task: a caret that points to the right, with the number of its branch if the score
//! has several.

use egui::{Align2, Painter, Pos2, Rect, pos2, vec2};

use super::{
    mesh_builder::MeshBuilder,
    theme::{Font, color32, text},
};
use crate::view::{BranchNumber, Rgb};

/// Paints the tokens at one place. `branches`: how many the score has.
pub(super) fn paint(
    painter: &Painter,
    rect: Rect,
    tokens: &[BranchNumber],
    branches: u32,
    lane: Rgb,
) {
    let Some(first) = tokens.first() else {
        return;
    };
    let color = first.color(lane);
    let mut mesh = MeshBuilder::default();
    if branches < 2 {
        let size = (rect.height() * 0.5).min(rect.width());
        let tip = pos2(rect.left() + size, rect.center().y);
        let back = |dy: f32| pos2(rect.left(), tip.y + dy * size * 0.55);
        mesh.polygon(&[back(-1.0), tip, back(1.0)], color32(color));
        mesh.flush(painter);
        return;
    }
    let height = rect.height().min(rect.width());
    let plate = Rect::from_center_size(rect.center(), vec2(height * 1.2, height));
    let point = height * 0.32;
    let body = Rect::from_min_max(plate.min, pos2(plate.right() - point, plate.bottom()));
    mesh.polygon(&outline(body, point), color32(color));
    mesh.flush(painter);
    let words = match tokens {
        [one] => one.on_token().to_string(),
        [one, two] => format!("{},{}", one.on_token(), two.on_token()),
        many => format!("{}×", many.len()),
    };
    let size = match words.len() {
        1 => height * 0.86,
        2 => height * 0.68,
        _ => height * 0.5,
    };
    let at = body.center() + vec2(point * 0.3, 0.0);
    let font = Font::Bold.id(size);
    text(
        painter,
        at,
        Align2::CENTER_CENTER,
        words,
        font,
        color32(color.text()),
    );
}

/// A rectangle with a point at its right side.
fn outline(body: Rect, point: f32) -> [Pos2; 5] {
    [
        body.left_top(),
        body.right_top(),
        pos2(body.right() + point, body.center().y),
        body.right_bottom(),
        body.left_bottom(),
    ]
}
