//! The questions that are asked when the window is closed: what becomes of a text that was not saved, and of
//! the pieces that play.

use egui::{Align2, Event, Key, Rect, Role, Ui, pos2, vec2};

use super::{
    button,
    frame_context::FrameContext,
    mesh_builder::MeshBuilder,
    theme::{Font, color32, layout_wrapped, text, translucent},
};
use crate::view::{Leaving, Overlay, Rgb, ScoreTextCommand, Snapshot, playing_pieces};

/// A question: its heading, and the answers with their keys, names and hints.
struct Question {
    heading: String,
    choices: [(Key, &'static str, &'static str, Choice); 3],
}

/// An answer.
#[derive(Clone, Copy)]
enum Choice {
    Leave(Leaving),
    Save,
    Discard,
    Stay,
}

impl Question {
    /// The one that is open.
    fn open(frame: &FrameContext<'_>) -> Option<Self> {
        match frame.state.overlay {
            Overlay::Unsaved => Some(Self {
                heading: frame.state.unsaved_question(),
                choices: UNSAVED,
            }),
            Overlay::Closing => Some(Self {
                heading: frame.live.performance().closing_question(),
                choices: PLAYING,
            }),
            _ => None,
        }
    }
}

const UNSAVED: [(Key, &str, &str, Choice); 3] = [
    (
        Key::S,
        "Save and close",
        "S · the file is written first",
        Choice::Save,
    ),
    (
        Key::D,
        "Discard the changes",
        "D · the file stays as it was",
        Choice::Discard,
    ),
    (Key::Escape, "Keep the window open", "Esc", Choice::Stay),
];

const PLAYING: [(Key, &str, &str, Choice); 3] = [
    (
        Key::K,
        "Keep playing without a window",
        "K · `fermata` opens it again",
        Choice::Leave(Leaving::KeepPlaying),
    ),
    (
        Key::Q,
        "Stop and quit",
        "Q · open pieces go on the next time",
        Choice::Leave(Leaving::Quit),
    ),
    (Key::Escape, "Cancel", "Esc", Choice::Stay),
];

/// Tells the log how many pieces play: whether the window asks before it closes depends on that.
#[derive(Debug, Default)]
pub(super) struct PlayingLog(usize);

impl PlayingLog {
    pub fn follow(&mut self, live: &Snapshot) {
        if !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        let playing = playing_pieces(live);
        if std::mem::replace(&mut self.0, playing) != playing {
            tracing::debug!(playing, "pieces that play");
        }
    }
}

/// Paints the question, and acts on its answer.
pub(super) fn show(ui: &Ui, window: Rect, frame: &mut FrameContext<'_>) {
    let Some(Question { heading, choices }) = Question::open(frame) else {
        return;
    };
    let sizes = frame.sizes;
    let size = vec2(sizes.pt(1080.0).min(window.width() * 0.94), sizes.pt(270.0));
    let panel = Rect::from_center_size(window.center(), size);
    button::area(ui, window, "closing", Role::Dialog, "Close the window");
    let mut mesh = MeshBuilder::default();
    mesh.rect(window, translucent(Rgb::BACKGROUND, 0.8));
    mesh.round(panel, sizes.pt(14.0), color32(Rgb::PANEL));
    mesh.outline(panel, sizes.pt(14.0), 1.5, color32(Rgb::MUTED));
    mesh.flush(ui.painter());
    let font = Font::Bold.id(sizes.pt(38.0));
    let at = pos2(panel.center().x, panel.top() + sizes.pt(56.0));
    let (painter, color) = (ui.painter(), color32(Rgb::TEXT));
    let area = text(painter, at, Align2::CENTER_CENTER, &heading, font, color);
    button::label(ui, area, "closing question", Role::Heading, &heading);
    let margin = sizes.pt(26.0);
    let row = Rect::from_min_max(
        pos2(panel.left() + margin, panel.top() + sizes.pt(110.0)),
        pos2(panel.right() - margin, panel.bottom() - margin),
    );
    if let Some(choice) = buttons(ui, row, choices, frame) {
        choose(choice, frame);
    }
}

/// Acts on the keys of the answers. They come before all others, which have other meanings elsewhere.
pub(super) fn keys(ui: &Ui, frame: &mut FrameContext<'_>) {
    let Some(Question { choices, .. }) = Question::open(frame) else {
        return;
    };
    if ui.text_edit_focused() {
        // The keys of the answers are not for the text behind.
        ui.memory_mut(|memory| memory.stop_text_input());
    }
    for (key, _, _, choice) in choices {
        if pressed(ui, key) {
            return choose(choice, frame);
        }
    }
}

fn choose(choice: Choice, frame: &mut FrameContext<'_>) {
    match choice {
        Choice::Leave(leaving) => {
            if frame.state.editor.is_some() {
                frame.commands.push(ScoreTextCommand::Close.into());
            }
            frame.state.leave(leaving);
        }
        Choice::Save => {
            let command = frame.state.save_and_close();
            frame.commands.extend(command);
        }
        Choice::Discard => frame.state.close_without_saving(frame.live),
        Choice::Stay => {
            tracing::debug!("stays open");
            frame.state.stay_open();
        }
    }
}

fn buttons(
    ui: &Ui,
    row: Rect,
    choices: [(Key, &'static str, &'static str, Choice); 3],
    frame: &FrameContext<'_>,
) -> Option<Choice> {
    let sizes = frame.sizes;
    let gap = sizes.pt(16.0);
    let wide = (row.width() - 2.0 * gap) / 3.0;
    let mut chosen = None;
    for (place, (_, name, hint, choice)) in choices.into_iter().enumerate() {
        let corner = pos2(row.left() + (wide + gap) * place as f32, row.top());
        let rect = Rect::from_min_size(corner, vec2(wide, row.height()));
        let response = button::area(ui, rect, ("closing", place), Role::Button, name);
        let mut mesh = MeshBuilder::default();
        mesh.round(
            rect,
            sizes.pt(10.0),
            button::hover_color(&response, Rgb::BUTTON),
        );
        mesh.outline(rect, sizes.pt(10.0), 1.5, translucent(Rgb::MUTED, 0.7));
        button::focus_ring(&mut mesh, &response, rect);
        mesh.flush(ui.painter());
        let painter = ui.painter();
        let room = rect.width() - sizes.pt(36.0);
        let at = rect.min + vec2(sizes.pt(18.0), sizes.pt(18.0));
        let font = Font::Bold.id(sizes.pt(23.0).max(13.0));
        let words = layout_wrapped(painter, name, font, color32(Rgb::TEXT), room, 2);
        let below = at + vec2(0.0, words.size().y + sizes.pt(6.0));
        painter.galley(at, words, color32(Rgb::TEXT));
        let font = Font::Medium.id(sizes.pt(18.0).max(11.0));
        let words = layout_wrapped(painter, hint, font, color32(Rgb::TEXT), room, 2);
        painter.galley(below, words, color32(Rgb::TEXT));
        if response.clicked() {
            chosen = Some(choice);
        }
    }
    chosen
}

/// Takes a press of a key that is not only held from before.
fn pressed(ui: &Ui, wanted: Key) -> bool {
    ui.input_mut(|input| {
        let is_it = |event: &Event| {
            matches!(event, Event::Key { key, pressed: true, repeat: false, modifiers, .. }
                if *key == wanted && modifiers.is_none())
        };
        let count = input.events.len();
        input.events.retain(|event| !is_it(event));
        input.events.len() < count
    })
}
