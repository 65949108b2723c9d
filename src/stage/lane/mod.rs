//! Paints the timeline of one lane: one mesh for all shapes, then the labels that fit.
//!
//! | file | paints |
//! |---|---|
//! | this one | where the parts of a lane are |
//! | `shapes` | the shape of each item |
//! | `branches` | forks, and operations without a sub-row of their own |
//! | `compensation` | what undoes other steps |
//! | `ghost` | what the original of a rerun did |
//! | `labels` | the text on an item |
//! | `name_room` | where a name has room |
//! | `legend` | the names and colors of the instruments |
//! | `waits` | the text on a wait |
//! | `veil` | dims what two compared runs have in common |

mod branches;
mod compensation;
mod ghost;
mod labels;
mod legend;
mod mark_room;
mod name_room;
mod shapes;
mod veil;
mod waits;

use egui::{Painter, Rect, Shape, Ui, pos2};

use super::{frame_context::FrameContext, mesh_builder::MeshBuilder};
use crate::{
    engine::Timestamp,
    music::Key,
    view::{
        Band, Ghost, Item, LaneModel, LaneMotion, LaneParts, Rgb, SubRows, Upcoming, Voices,
        WaitOn, visible_items,
    },
};
pub(super) use veil::Veil;

/// A lane that is being painted.
struct LanePainter<'a> {
    painter: Painter,
    row: Rect,
    parts: LaneParts,
    voices: Voices,
    /// Whether each voice has a band of its own.
    separate_voices: bool,
    color: Rgb,
    /// The lane's clock: frozen while the lane is paused.
    clock: Timestamp,
    /// Whether its open pause ends at the next bar line.
    waits_for_bar: bool,
    veil: Option<Veil>,
    frame: &'a FrameContext<'a>,
    mesh: MeshBuilder,
    /// The right edge of the last label of a seam.
    seam_end: f32,
    /// The right edge of the names of the instruments.
    legend_end: f32,
    /// The lines of braces, which are above the bars, and their points.
    braces: Vec<Shape>,
    dots: MeshBuilder,
    /// The brackets of compensations, which are above the bars, and their levels.
    brackets: MeshBuilder,
    compensations: u32,
    motion: LaneMotion,
}

/// Smallest height of a voice with a band of its own, in points.
const MIN_VOICE_HEIGHT: f32 = 14.0;

/// Paints a lane's timeline in its row, clipped to `clip`.
pub(super) fn paint(ui: &Ui, clip: Rect, row: Rect, lane: &LaneModel, frame: &FrameContext<'_>) {
    paint_veiled(ui, clip, row, lane, None, frame);
}

/// The same, with a veil over its shapes.
pub(super) fn paint_veiled(
    ui: &Ui,
    clip: Rect,
    row: Rect,
    lane: &LaneModel,
    veil: Option<Veil>,
    frame: &FrameContext<'_>,
) {
    let band = Band {
        top: row.top(),
        bottom: row.bottom(),
    };
    let ghost = Ghost::of(&lane.id, frame.live, frame.wall);
    let mut voices = lane.voices();
    if let Some(ghost) = &ghost {
        voices.join(&ghost.original.voices());
    }
    let parts = LaneParts::of(band, voices.len(), lane.sub_rows());
    let share = parts.notes.height() / voices.len().max(1) as f32;
    let mut painter = LanePainter {
        painter: ui.painter_at(clip),
        row,
        parts,
        separate_voices: voices.len() > 1 && share >= MIN_VOICE_HEIGHT,
        voices,
        color: lane.color(),
        clock: lane.frozen_at().unwrap_or(frame.now),
        waits_for_bar: lane.waits_for_bar(),
        veil,
        frame,
        mesh: MeshBuilder::default(),
        seam_end: f32::MIN,
        legend_end: f32::MIN,
        braces: Vec::new(),
        dots: MeshBuilder::default(),
        brackets: MeshBuilder::default(),
        compensations: 0,
        motion: frame.motion(lane),
    };
    let live = frame
        .live
        .lane(&lane.id)
        .filter(|_| frame.state.is_replay());
    let upcoming = match live {
        Some(live) => Upcoming::Recorded(live),
        None => Upcoming::Predicted(&frame.snapshot.transport),
    };
    let view = &frame.state.viewport;
    let items = visible_items(lane, view, upcoming, frame.now, parts.rows);
    if let Some(ghost) = &ghost {
        painter.ghost(ghost);
    }
    painter.measure_compensations(&items);
    for item in &items {
        painter.shape(item);
    }
    painter.mesh.flush(&painter.painter);
    painter.painter.extend(std::mem::take(&mut painter.braces));
    painter.dots.flush(&painter.painter);
    painter.brackets.flush(&painter.painter);
    if let Some(veil) = veil {
        veil.paint(&painter.painter, row);
    }
    painter.legend(lane);
    if let Some(ghost) = &ghost {
        painter.ghost_label(ui, ghost);
    }
    let mut rest = items.iter().peekable();
    while let Some(item) = rest.next() {
        let next = rest.peek().map_or(f32::MAX, |next| next.left);
        painter.label(item, next - item.left, &items);
    }
}

impl LanePainter<'_> {
    /// The rectangle between two offsets from the left edge, in a band.
    fn span(&self, left: f32, right: f32, band: Band) -> Rect {
        // Coordinates far outside of the window would lose precision.
        let from = (self.row.left() + left).max(self.row.left() - 50.0);
        let to = (self.row.left() + right).min(self.row.right() + 50.0);
        Rect::from_min_max(pos2(from, band.top), pos2(to.max(from + 1.0), band.bottom))
    }

    /// The band of a key, in a lane whose voices share one band.
    fn key_band(&self, key: Key) -> Band {
        self.parts
            .note(key, self.voices.keys().unwrap_or((key, key)))
    }

    /// The band of a note.
    fn note_band(&self, instrument: &str, key: Key) -> Band {
        match self
            .voices
            .find(instrument)
            .filter(|_| self.separate_voices)
        {
            Some((index, voice)) => self
                .parts
                .voice(index, self.voices.len())
                .note(key, (voice.low, voice.high)),
            None => self.key_band(key),
        }
    }

    /// The line of a backoff: between notes and activities, or in its sub-row.
    fn between(&self, rows: SubRows) -> f32 {
        match self.has_sub_rows() {
            true => middle(self.rows(rows)),
            false => (self.parts.notes.bottom + self.parts.strip.top) / 2.0,
        }
    }

    /// Whether the activities are in several sub-rows.
    fn has_sub_rows(&self) -> bool {
        self.parts.rows.count() > 1
    }

    /// The band of sub-rows.
    fn rows(&self, rows: SubRows) -> Band {
        Band {
            top: self.parts.sub_row(rows.first).top,
            bottom: self.parts.sub_row(rows.last).bottom,
        }
    }

    /// The band of a wait: its sub-row, if there are any.
    fn wait_band(&self, item: &Item, on: &WaitOn) -> Band {
        match self.has_sub_rows() && !on.is_timeout() {
            true => self.rows(item.rows),
            false => self.middle(),
        }
    }

    /// The full height of the lane.
    fn whole(&self) -> Band {
        Band {
            top: self.row.top() + 2.0,
            bottom: self.row.bottom() - 4.0,
        }
    }

    /// The band of waits.
    fn middle(&self) -> Band {
        let height = self.row.height();
        Band {
            top: self.row.top() + height * 0.19,
            bottom: self.row.top() + height * 0.66,
        }
    }
}

/// The middle of a band.
fn middle(band: Band) -> f32 {
    (band.top + band.bottom) / 2.0
}
