//! The timeline of one lane: one mesh for everything in it, then the words that fit.

use egui::{Align2, Painter, Rect, Ui, Vec2, pos2, vec2};

use super::{
    icons,
    ink::Ink,
    scene::Scene,
    theme::{Face, faint, ink, text, text_within},
};
use crate::{
    engine::Status,
    engine::Timestamp,
    music::Key,
    view::{
        Band, Item, LaneModel, LaneParts, Look, Outcome, Rgb, StatusIcon, Tense, Voices, WaitOn,
        visible_items, words,
    },
};

/// Geometry of one lane while it is painted.
struct LanePaint<'a> {
    painter: Painter,
    row: Rect,
    parts: LaneParts,
    voices: Voices,
    /// Each voice has a band of its own.
    apart: bool,
    color: Rgb,
    /// The time for the lane: it stands still while the lane is held.
    clock: Timestamp,
    scene: &'a Scene<'a>,
    ink: Ink,
}

/// A voice needs so much height (in points) for a band of its own.
const APART: f32 = 14.0;

/// Paints a lane's timeline in its row, as far as it lies in `clip`.
pub(super) fn paint(ui: &Ui, clip: Rect, row: Rect, lane: &LaneModel, scene: &Scene<'_>) {
    let band = Band {
        top: row.top(),
        bottom: row.bottom(),
    };
    let voices = Voices::of(lane);
    let parts = LaneParts::of(band);
    let share = parts.notes.height() / voices.len().max(1) as f32;
    let mut paint = LanePaint {
        painter: ui.painter_at(clip),
        row,
        parts,
        apart: voices.len() > 1 && share >= APART,
        voices,
        color: lane.color(),
        clock: lane.frozen_at().unwrap_or(scene.now),
        scene,
        ink: Ink::default(),
    };
    let items = visible_items(
        lane,
        &scene.state.viewport,
        &scene.snapshot.transport,
        scene.now,
    );
    for item in &items {
        paint.item(item);
    }
    paint.ink.flush(&paint.painter);
    paint.legend(lane);
    let mut items = items.iter().peekable();
    while let Some(item) = items.next() {
        let next = items.peek().map_or(f32::MAX, |next| next.left);
        paint.words(item, next - item.left);
    }
}

impl LanePaint<'_> {
    fn span(&self, left: f32, right: f32, band: Band) -> Rect {
        // Far ends are cut so that no coordinate is too large for the screen's arithmetic.
        let from = (self.row.left() + left).max(self.row.left() - 50.0);
        let to = (self.row.left() + right).min(self.row.right() + 50.0);
        Rect::from_min_max(pos2(from, band.top), pos2(to.max(from + 1.0), band.bottom))
    }

    fn key(&self, key: Key) -> Band {
        self.parts
            .note(key, self.voices.keys().unwrap_or((key, key)))
    }

    fn note_band(&self, instrument: &str, key: Key) -> Band {
        match self.voices.find(instrument).filter(|_| self.apart) {
            Some((place, voice)) => self
                .parts
                .voice(place, self.voices.len())
                .note(key, (voice.low, voice.high)),
            None => self.key(key),
        }
    }

    /// Says which colour is which, if there is more than one: beside the voices, or in a line.
    fn legend(&self, lane: &LaneModel) {
        if self.voices.len() < 2 {
            return;
        }
        let sizes = self.scene.sizes;
        let size = sizes.pt(15.0).max(10.5);
        let mut x = self.row.left() + sizes.pt(10.0);
        for (place, voice) in self.voices.iter().enumerate() {
            let y = match self.apart {
                true => {
                    let band = self.parts.voice(place, self.voices.len()).notes;
                    (band.top + band.bottom) / 2.0
                }
                false => self.row.top() + size * 0.75,
            };
            let color = ink(lane.color_of(&voice.name));
            let font = Face::Bold.font(size);
            let name = voice.name.to_string();
            let galley = self.painter.layout_no_wrap(name, font, color);
            let swatch = size * 0.6;
            let whole = vec2(swatch + size * 0.5 + galley.size().x, galley.size().y);
            let at = pos2(x, y - whole.y / 2.0);
            let mut sign = Ink::default();
            let plate = Rect::from_min_size(at, whole).expand2(vec2(5.0, 0.0));
            sign.round(plate, 4.0, faint(Rgb::GROUND, 0.82));
            let mark = Rect::from_center_size(pos2(x + swatch / 2.0, y), Vec2::splat(swatch));
            sign.round(mark, 2.0, color);
            sign.flush(&self.painter);
            let text_at = pos2(x + swatch + size * 0.5, at.y);
            self.painter.galley(text_at, galley, color);
            if !self.apart {
                x = plate.right() + size;
            }
        }
    }

    /// Between notes and activities: the way through the pauses before retries.
    fn between(&self) -> f32 {
        (self.parts.notes.bottom + self.parts.strip.top) / 2.0
    }

    fn whole(&self) -> Band {
        Band {
            top: self.row.top() + 2.0,
            bottom: self.row.bottom() - 4.0,
        }
    }

    fn middle(&self) -> Band {
        let height = self.row.height();
        Band {
            top: self.row.top() + height * 0.19,
            bottom: self.row.top() + height * 0.66,
        }
    }

    fn item(&mut self, item: &Item) {
        let strip = self.parts.strip;
        match &item.look {
            Look::Note {
                key,
                instrument,
                color,
                tense,
            } => {
                let band = self.note_band(instrument, *key);
                let rect = self.span(item.left, item.right - 1.5, band);
                self.note(rect, *color, *tense);
            }
            Look::Notes { low, high, color } => {
                let top = self.key(*high).top;
                let bottom = self.key(*low).bottom;
                let rect = self.span(
                    item.left,
                    item.right.max(item.left + 2.0),
                    Band { top, bottom },
                );
                self.ink.rect(rect, faint(*color, 0.8));
            }
            Look::Queued => {
                let thin = Band {
                    top: strip.top + strip.height() * 0.25,
                    bottom: strip.bottom - strip.height() * 0.25,
                };
                let rect = self.span(item.left, item.right, thin);
                self.ink.rect(rect, ink(Rgb::QUEUED));
            }
            Look::Attempt { outcome, .. } => {
                let rect = self.span(item.left, (item.right - 1.0).max(item.left + 1.5), strip);
                let color = match outcome {
                    Outcome::Failed => ink(Rgb::ALARM),
                    Outcome::Lost => ink(Rgb::QUEUED),
                    Outcome::Open => ink(self.color),
                    Outcome::Done | Outcome::GivenBack => ink(self.color.over(Rgb::GROUND, 0.66)),
                };
                self.ink.round(rect, 2.5, color);
            }
            Look::Works => {
                let rect = self.span(item.left, item.right.max(item.left + 2.0), strip);
                self.ink.rect(rect, ink(self.color.over(Rgb::GROUND, 0.55)));
            }
            Look::Pause { due, open, .. } => self.pause(item, *due, *open),
            Look::Wait { on, deadline, open } => self.wait(item, on, *deadline, *open),
            Look::Held => {
                let rect = self.span(item.left, item.right, self.whole());
                self.ink.rect(rect, faint(Rgb::MUTED, 0.05));
                let anchor = self.row.left() + item.left;
                self.ink.hatch(rect, anchor, 17.0, faint(Rgb::MUTED, 0.42));
            }
            Look::Stalled => {
                let rect = self.span(item.left, item.right, self.whole());
                self.ink
                    .hatch(rect, rect.left(), 17.0, faint(Rgb::ALARM, 0.6));
            }
            Look::Failure { .. } => {
                let rect = self.span(item.left - 2.0, item.left + 2.0, self.whole());
                self.ink.rect(rect, ink(Rgb::ALARM));
            }
            Look::Raised { .. } => {
                let rect = self.span(item.left - 1.0, item.left + 1.0, self.whole());
                self.ink.rect(rect, faint(self.color, 0.9));
            }
            Look::Child { outcome, .. } => self.child(item, *outcome),
            Look::Undo { outcome, .. } => self.undo(item, *outcome),
            Look::Heartbeat => {
                let rect = self.span(item.left - 0.5, item.left + 0.5, strip);
                self.ink.rect(rect, ink(Rgb::TEXT));
            }
            Look::Sent { .. } | Look::Detached { .. } | Look::Asked | Look::Forked => {
                let rect = self.span(item.left - 1.0, item.left + 1.0, self.whole());
                self.ink.rect(rect, faint(self.sign(&item.look).1, 0.9));
            }
            Look::Ended { status } => self.ended(item, *status),
            Look::Marks => {
                let rect = self.span(item.left, item.left + 2.0, self.middle());
                self.ink.rect(rect, faint(Rgb::MUTED, 0.6));
            }
        }
    }

    fn note(&mut self, rect: Rect, color: Rgb, tense: Tense) {
        let radius = (rect.height() / 2.0).min(3.5);
        match tense {
            Tense::Past => self.ink.round(rect, radius, faint(color, 0.92)),
            Tense::Future => self.ink.outline(rect, radius, 1.4, faint(color, 0.62)),
            Tense::Present => {
                self.ink.glow(rect, radius + 2.0, 9.0, faint(color, 0.55));
                self.ink.round(
                    rect.expand(1.0),
                    radius + 1.0,
                    ink(Rgb::TEXT.over(color, 0.18)),
                );
            }
        }
    }

    /// A child is an outline: the work in it stands in the child's own lane.
    fn child(&mut self, item: &Item, outcome: Outcome) {
        let right = (item.right - 1.0).max(item.left + 1.5);
        let rect = self.span(item.left, right, self.parts.strip);
        let color = match outcome {
            Outcome::Failed => Rgb::ALARM,
            Outcome::Lost | Outcome::GivenBack => Rgb::QUEUED,
            Outcome::Open | Outcome::Done => self.color,
        };
        self.ink.round(rect, 2.5, faint(color, 0.28));
        self.ink.outline(rect.shrink(0.8), 2.5, 1.6, ink(color));
    }

    /// A compensation is a bracket over the work that it does.
    fn undo(&mut self, item: &Item, outcome: Outcome) {
        let strip = self.parts.strip;
        let bracket = Band {
            top: strip.top - 5.0,
            bottom: strip.bottom + 3.0,
        };
        let rect = self.span(item.left, item.right, bracket);
        let color = match outcome {
            Outcome::Failed => ink(Rgb::ALARM),
            _ => ink(Rgb::PENDING),
        };
        let edge = |left: f32, right: f32, bottom: f32| {
            Rect::from_min_max(pos2(left, rect.top()), pos2(right, bottom))
        };
        self.ink
            .rect(edge(rect.left(), rect.right(), rect.top() + 2.0), color);
        self.ink
            .rect(edge(rect.left(), rect.left() + 2.0, rect.bottom()), color);
        if outcome != Outcome::Open {
            self.ink
                .rect(edge(rect.right() - 2.0, rect.right(), rect.bottom()), color);
        }
    }

    /// The words and the colour of a mark that stands for a single moment.
    fn sign(&self, look: &Look) -> (String, Rgb) {
        match look {
            Look::Raised { name } => (name.to_string(), self.color),
            Look::Sent { name } => (format!("sent “{name}”"), self.color),
            Look::Detached { name } => (format!("started {name}"), self.color),
            Look::Asked => ("cancel requested".to_owned(), Rgb::PENDING),
            Look::Forked => ("fork".to_owned(), Rgb::MUTED),
            _ => (String::new(), Rgb::MUTED),
        }
    }

    fn pause(&mut self, item: &Item, due: f32, open: bool) {
        let y = self.between();
        let end = if open {
            due.max(item.right)
        } else {
            item.right
        };
        let x = [
            self.row.left() + item.left,
            (self.row.left() + end).min(self.row.right()),
        ];
        self.ink.dashes(x, y, [7.0, 5.0], 3.0, ink(Rgb::ALARM));
        if open {
            let tip = pos2(self.row.left() + due, y);
            let ring = Rect::from_center_size(tip, Vec2::splat(12.0));
            self.ink.outline(ring, 6.0, 2.4, ink(Rgb::ALARM));
        }
    }

    fn wait(&mut self, item: &Item, on: &WaitOn, deadline: Option<f32>, open: bool) {
        let color = match on {
            WaitOn::Event(_) => self.color,
            WaitOn::Moment(_) => Rgb::MUTED,
        };
        let part = if open { 1.0 } else { 0.55 };
        let rect = self.span(item.left, item.right, self.middle());
        if rect.width() > 3.0 {
            let tint = if open { 0.12 } else { 0.05 };
            self.ink
                .round(rect, 8.0, faint(color.over(Rgb::GROUND, tint), 0.86));
            self.dashed(rect, faint(color, part), [6.0, 5.0]);
        }
        if let (Some(deadline), true) = (deadline, open)
            && deadline > item.right
        {
            let rest = self.span(item.right, deadline, self.middle());
            self.dashed(rest, faint(color, 0.55), [2.0, 5.0]);
        }
    }

    fn dashed(&mut self, rect: Rect, color: egui::Color32, dash: [f32; 2]) {
        let x = [rect.left(), rect.right()];
        let y = [rect.top(), rect.bottom()];
        self.ink.dashes(x, rect.top(), dash, 1.6, color);
        self.ink.dashes(x, rect.bottom(), dash, 1.6, color);
        self.ink.dashes_down(rect.left(), y, dash, 1.6, color);
        self.ink.dashes_down(rect.right(), y, dash, 1.6, color);
    }

    fn ended(&mut self, item: &Item, status: Status) {
        let (icon, color) = match status {
            Status::Failed => (StatusIcon::Cross, Rgb::ALARM),
            Status::Terminated | Status::Canceled => (StatusIcon::Square, Rgb::MUTED),
            _ => (StatusIcon::Tick, Rgb::GOOD),
        };
        let bar = self.span(item.left - 1.0, item.left + 1.0, self.whole());
        self.ink.rect(bar, faint(color, 0.8));
        let at = pos2(self.row.left() + item.left + 18.0, self.row.center().y);
        icons::status(&mut self.ink, icon, at, 16.0, ink(color));
    }

    /// The words on an item, where they fit. Failures stand last among the items, from left to
    /// right, so that `room` is the way to the next of them.
    fn words(&mut self, item: &Item, room: f32) {
        let sizes = self.scene.sizes;
        let left = self.row.left() + item.left;
        let bold = |size: f32| Face::Bold.font(sizes.pt(size).max(11.0));
        match &item.look {
            Look::Failure { nth } => {
                let word = match item.count {
                    1 if *nth <= 1 => "failed".to_owned(),
                    1 => format!("failed ×{nth}"),
                    n => format!("{n} failures"),
                };
                let at = pos2(left + 7.0, self.row.top() + self.row.height() * 0.14);
                let long = self
                    .painter
                    .layout_no_wrap(word, bold(16.0), ink(Rgb::ALARM));
                if long.size().x + 12.0 <= room {
                    let top = at.y - long.size().y / 2.0;
                    let plate = Rect::from_min_size(pos2(at.x, top), long.size());
                    let mut sign = Ink::default();
                    sign.round(plate.expand2(vec2(4.0, 1.0)), 4.0, faint(Rgb::GROUND, 0.86));
                    sign.flush(&self.painter);
                    self.painter.galley(pos2(at.x, top), long, ink(Rgb::ALARM));
                } else if room > 18.0 {
                    let count = if item.count == 1 { *nth } else { item.count };
                    text(
                        &self.painter,
                        at,
                        Align2::LEFT_CENTER,
                        count,
                        bold(16.0),
                        ink(Rgb::ALARM),
                    );
                }
            }
            Look::Pause {
                due,
                attempt,
                open: true,
            } => self.pause_words(*due, *attempt),
            Look::Wait { on, deadline, open } => self.wait_words(item, on, *deadline, *open),
            Look::Held if item.right - item.left > 90.0 => self.held_words(item),
            look @ (Look::Raised { .. }
            | Look::Sent { .. }
            | Look::Detached { .. }
            | Look::Asked
            | Look::Forked) => {
                let (words, color) = self.sign(look);
                let at = pos2(left + 6.0, self.row.top() + self.row.height() * 0.14);
                text(
                    &self.painter,
                    at,
                    Align2::LEFT_CENTER,
                    words,
                    bold(15.5),
                    ink(color),
                );
            }
            Look::Undo { outcome, step } if item.right - item.left > 90.0 => {
                let color = match outcome {
                    Outcome::Failed => Rgb::ALARM,
                    _ => Rgb::PENDING,
                };
                self.strip_words(item, &format!("compensation: {step}"), color);
            }
            Look::Attempt {
                outcome: Outcome::Lost,
                ..
            } if item.right - item.left > 24.0 => self.lost_words(item),
            Look::Attempt { task: name, .. } | Look::Child { name, .. }
                if item.right - item.left > 64.0 && self.wordless() =>
            {
                self.strip_words(item, name, Rgb::MUTED);
            }
            _ => {}
        }
    }

    /// Words above the activities.
    fn strip_words(&self, item: &Item, words: &str, color: Rgb) {
        let sizes = self.scene.sizes;
        let rect = self
            .span(item.left, item.right, self.parts.notes)
            .intersect(self.row);
        let at = pos2(rect.left() + 2.0, self.parts.strip.top - sizes.pt(12.0));
        text_within(
            &self.painter,
            at,
            Align2::LEFT_CENTER,
            words,
            Face::Medium.font(sizes.pt(16.0).max(11.0)),
            ink(color),
            rect.width() - 4.0,
        );
    }

    /// Says at the end of an open pause what comes then.
    fn pause_words(&self, due: f32, attempt: u32) {
        let view = &self.scene.state.viewport;
        let ns = f64::from(due - view.x(self.clock)).max(0.0) * view.ns_per_point;
        let left = words::seconds(std::time::Duration::from_nanos(ns as u64));
        let font = Face::Bold.font(self.scene.sizes.pt(17.0).max(11.0));
        let words = format!("attempt {attempt} in {left}");
        let galley = self.painter.layout_no_wrap(words, font, ink(Rgb::ALARM));
        let x = self.row.left() + due + 14.0;
        let at = pos2(x, self.between() - galley.size().y / 2.0);
        let mut sign = Ink::default();
        let plate = Rect::from_min_size(at, galley.size()).expand2(vec2(5.0, 1.0));
        sign.round(plate, 4.0, faint(Rgb::GROUND, 0.86));
        sign.flush(&self.painter);
        self.painter.galley(at, galley, ink(Rgb::ALARM));
    }

    /// The program was away, or somebody ended the work.
    fn lost_words(&self, item: &Item) {
        let middle = self.row.left() + (item.left + item.right) / 2.0;
        text(
            &self.painter,
            pos2(middle, self.between()),
            Align2::CENTER_CENTER,
            "interrupted",
            Face::Medium.font(self.scene.sizes.pt(15.0).max(10.5)),
            ink(Rgb::MUTED),
        );
    }

    /// The words may reach into the future: nothing is foreseen while a lane is held.
    fn held_words(&mut self, item: &Item) {
        let sizes = self.scene.sizes;
        let rect = self
            .span(item.left, item.right, self.whole())
            .intersect(self.row);
        let font = Face::Bold.font(sizes.pt(19.0).max(12.0));
        let words = "paused".to_owned();
        let galley = self.painter.layout_no_wrap(words, font, ink(Rgb::TEXT));
        let size = galley.size() + vec2(sizes.pt(54.0), sizes.pt(12.0));
        let left = (rect.center().x - size.x / 2.0).max(rect.left() + sizes.pt(14.0));
        let plate = Rect::from_min_size(pos2(left, rect.center().y - size.y / 2.0), size);
        let mut sign = Ink::default();
        sign.round(plate, sizes.pt(8.0), ink(Rgb::GROUND));
        let bars = pos2(plate.left() + sizes.pt(20.0), plate.center().y);
        icons::pause(&mut sign, bars, sizes.pt(15.0), ink(Rgb::TEXT));
        sign.flush(&self.painter);
        let at = pos2(plate.left() + sizes.pt(38.0), plate.top() + sizes.pt(6.0));
        self.painter.galley(at, galley, ink(Rgb::TEXT));
    }

    /// The lane plays no notes, so that its upper part is free for words.
    fn wordless(&self) -> bool {
        self.voices.is_empty()
    }

    fn wait_words(&mut self, item: &Item, on: &WaitOn, deadline: Option<f32>, open: bool) {
        let sizes = self.scene.sizes;
        let (words, color) = match on {
            WaitOn::Event(name) => {
                let left = deadline.filter(|_| open).map(|at| {
                    let view = &self.scene.state.viewport;
                    let ns = f64::from(at - item.right).max(0.0) * view.ns_per_point;
                    words::seconds(std::time::Duration::from_nanos(ns as u64))
                });
                let words = match left {
                    Some(left) => format!("waiting for “{name}” · {left}"),
                    None => format!("waiting for “{name}”"),
                };
                (words, self.color)
            }
            WaitOn::Moment(name) if name.is_empty() => ("waiting".to_owned(), Rgb::MUTED),
            WaitOn::Moment(name) => (name.to_string(), Rgb::MUTED),
        };
        let end = deadline
            .filter(|_| open)
            .unwrap_or(item.right)
            .max(item.right);
        let rect = self.span(item.left, end, self.middle()).intersect(self.row);
        if rect.width() > sizes.pt(56.0) {
            let font = Face::Bold.font(sizes.pt(19.0).max(12.0));
            let part = if open { 1.0 } else { 0.75 };
            let at = pos2(rect.left() + sizes.pt(14.0), rect.center().y);
            let width = rect.width() - sizes.pt(24.0);
            text_within(
                &self.painter,
                at,
                Align2::LEFT_CENTER,
                &words,
                font,
                faint(color, part),
                width,
            );
        }
        if let (Some(deadline), true) = (deadline, open)
            && deadline > item.right
        {
            let at = pos2(self.row.left() + deadline + sizes.pt(8.0), rect.center().y);
            let font = Face::Medium.font(sizes.pt(16.0).max(11.0));
            text(
                &self.painter,
                at,
                Align2::LEFT_CENTER,
                "timeout",
                font,
                ink(Rgb::MUTED),
            );
        }
    }
}
