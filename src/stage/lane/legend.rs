//! The legend of a lane with several instruments.

use egui::{Rect, Vec2, pos2, vec2};

use super::{
    super::{
        mesh_builder::MeshBuilder,
        theme::{Font, color32, layout_line, translucent},
    },
    LanePainter,
};
use crate::view::{BarColors, LaneModel, LaneParts, Rgb};

impl LanePainter<'_> {
    /// Names the instruments and their colors if there are several: beside their bands, or in a line.
    pub(super) fn legend(&mut self, lane: &LaneModel) {
        if self.voices.len() < 2 || self.row.height() < LaneParts::LOW {
            return;
        }
        let sizes = self.frame.sizes;
        let size = sizes.pt(15.0).max(10.5);
        let mut x = self.row.left() + sizes.pt(10.0);
        for (index, voice) in self.voices.iter().enumerate() {
            let y = match self.separate_voices {
                true => {
                    let band = self.parts.voice(index, self.voices.len()).notes;
                    (band.top + band.bottom) / 2.0
                }
                false => self.row.top() + size * 0.75,
            };
            let color = color32(lane.color_of(&voice.name));
            let font = Font::Bold.id(size);
            let words = color32(Rgb::TEXT);
            let galley = layout_line(&self.painter, &voice.name, font, words);
            let swatch = size * 0.6;
            let whole = vec2(swatch + size * 0.5 + galley.size().x, galley.size().y);
            let at = pos2(x, y - whole.y / 2.0);
            let mut mesh = MeshBuilder::default();
            let plate = Rect::from_min_size(at, whole).expand2(vec2(5.0, 0.0));
            mesh.round(plate, 4.0, translucent(Rgb::BACKGROUND, BarColors::PLATE));
            let mark = Rect::from_center_size(pos2(x + swatch / 2.0, y), Vec2::splat(swatch));
            mesh.round(mark, 2.0, color);
            mesh.flush(&self.painter);
            let text_at = pos2(x + swatch + size * 0.5, at.y);
            self.painter.galley(text_at, galley, words);
            self.legend_end = self.legend_end.max(plate.right());
            if !self.separate_voices {
                x = plate.right() + size;
            }
        }
    }
}
