//! The page shown when the store cannot be opened: the problem, and how to continue.

use std::sync::Arc;

use egui::{Align2, Key, Modifiers, Rect, Role, Ui, ViewportCommand, pos2, vec2};

use super::{
    Host, button, icons,
    mesh_builder::MeshBuilder,
    theme::{Font, Sizes, color32, layout_line, layout_wrapped, text, translucent},
};
use crate::view::{ReadingDistance, Rgb};

/// A way to go on without the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayOn {
    /// Try to open the store again.
    TryAgain,
    /// Play with a store in memory, which keeps nothing.
    InMemory,
}

/// Starts the program the way that was chosen. An error is a sentence that says what is wrong.
pub type Proceed = Box<dyn FnMut(WayOn) -> Result<Arc<dyn Host>, String>>;

/// The page.
pub struct NoStorePage {
    message: String,
    proceed: Proceed,
    /// How often the store was tried in vain from here.
    tries: u32,
}

/// What a button of the page does.
#[derive(Clone, Copy)]
enum Choice {
    Proceed(WayOn),
    Close,
}

impl NoStorePage {
    /// A page with a message, a sentence or several.
    pub fn new(message: String, proceed: Proceed) -> Self {
        Self {
            message,
            proceed,
            tries: 0,
        }
    }

    /// Paints it. Returns the host once the program has started.
    pub(super) fn show(&mut self, ui: &Ui) -> Option<Arc<dyn Host>> {
        let window = ui.max_rect();
        let sizes = Sizes::of(window, ReadingDistance::Desk);
        let width = sizes.pt(1160.0).min(window.width() * 0.9);
        let left = window.center().x - width / 2.0;
        let top = window.top() + window.height() * 0.2;
        let mut mesh = MeshBuilder::default();
        let mark = pos2(left + sizes.pt(52.0), top);
        icons::fermata(&mut mesh, mark, sizes.pt(104.0), color32(Rgb::MUTED));
        mesh.flush(ui.painter());
        let heading = match self.tries {
            0 => "The store cannot be opened".to_owned(),
            n => format!("The store still cannot be opened (tried {} times)", n + 1),
        };
        let line = |y: f32, words: &str, size: f32, color: Rgb| {
            text(
                ui.painter(),
                pos2(left, y),
                Align2::LEFT_CENTER,
                words,
                Font::Bold.id(sizes.pt(size)),
                color32(color),
            )
        };
        line(top + sizes.pt(112.0), &heading, 46.0, Rgb::ALARM);
        let words = sentence(&self.message);
        let message = Rect::from_min_size(
            pos2(left, top + sizes.pt(160.0)),
            vec2(width, sizes.pt(190.0)),
        );
        let font = Font::Medium.id(sizes.pt(27.0).max(15.0));
        let galley = layout_wrapped(ui.painter(), &words, font, color32(Rgb::TEXT), width, 6);
        let bottom = message.top() + galley.size().y;
        ui.painter().galley(message.min, galley, color32(Rgb::TEXT));
        button::label(ui, message, "message", Role::Alert, &words);
        let nothing = "Nothing has been started or changed.";
        let y = bottom + sizes.pt(40.0);
        line(y, nothing, 22.0, Rgb::MUTED);
        let area =
            Rect::from_min_size(pos2(left, y + sizes.pt(44.0)), vec2(width, sizes.pt(128.0)));
        let choice = self.buttons(ui, area, &sizes)?;
        self.choose(ui, choice)
    }

    fn buttons(&self, ui: &Ui, area: Rect, sizes: &Sizes) -> Option<Choice> {
        let ways = [
            (
                Key::Enter,
                "Try again",
                "Enter · after you have fixed it",
                Choice::Proceed(WayOn::TryAgain),
            ),
            (
                Key::M,
                "Play without saving",
                "M · an empty store in memory, which keeps nothing",
                Choice::Proceed(WayOn::InMemory),
            ),
            (Key::Escape, "Close", "Esc", Choice::Close),
        ];
        let gap = sizes.pt(18.0);
        let wide = (area.width() - 2.0 * gap) / 3.0;
        let mut chosen = None;
        for (place, (key, name, hint, choice)) in ways.into_iter().enumerate() {
            let corner = pos2(area.left() + (wide + gap) * place as f32, area.top());
            let rect = Rect::from_min_size(corner, vec2(wide, area.height()));
            let response = button::area(ui, rect, ("way", place), Role::Button, name);
            let mut mesh = MeshBuilder::default();
            let ground = button::hover_color(&response, Rgb::BUTTON);
            mesh.round(rect, sizes.pt(12.0), ground);
            mesh.outline(rect, sizes.pt(12.0), 1.5, translucent(Rgb::MUTED, 0.7));
            button::focus_ring(&mut mesh, &response, rect);
            mesh.flush(ui.painter());
            let at = rect.min + vec2(sizes.pt(24.0), sizes.pt(22.0));
            let font = Font::Bold.id(sizes.pt(27.0).max(14.0));
            let words = layout_line(ui.painter(), name, font, color32(Rgb::TEXT));
            let below = at + vec2(0.0, words.size().y + sizes.pt(8.0));
            ui.painter().galley(at, words, color32(Rgb::TEXT));
            let font = Font::Medium.id(sizes.pt(20.0).max(11.0));
            let room = rect.width() - sizes.pt(48.0);
            let words = layout_wrapped(ui.painter(), hint, font, color32(Rgb::MUTED), room, 2);
            ui.painter().galley(below, words, color32(Rgb::MUTED));
            let pressed = ui.input_mut(|input| {
                let fresh = |event: &egui::Event| {
                    matches!(event, egui::Event::Key { key: k, pressed: true, repeat: false, .. }
                        if *k == key)
                };
                let fresh = input.events.iter().any(fresh);
                input.consume_key(Modifiers::NONE, key) && fresh
            });
            if response.clicked() || pressed {
                chosen = Some(choice);
            }
        }
        chosen
    }

    fn choose(&mut self, ui: &Ui, choice: Choice) -> Option<Arc<dyn Host>> {
        let Choice::Proceed(way) = choice else {
            ui.send_viewport_cmd(ViewportCommand::Close);
            return None;
        };
        match (self.proceed)(way) {
            Ok(host) => Some(host),
            Err(message) => {
                self.message = message;
                self.tries = self.tries.saturating_add(1);
                ui.request_repaint();
                None
            }
        }
    }
}

/// A message as a sentence: errors begin with a small letter and end without a full stop.
pub(super) fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let sentence: String = first.chain(letters).collect();
    match sentence.ends_with('.') {
        true => sentence,
        false => sentence + ".",
    }
}
