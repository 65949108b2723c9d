//! What sounds in one cycle of a pattern.
//!
//! A pattern is asked for a window of its own time and answers with events: when each begins and
//! ends as a whole, and which part of it lies in the window. What begins in the window sounds.

use super::{Item, Rhythm, Seed, euclid::rhythm};
use crate::music::Beats;

/// A value and its time, in fractions of a cycle from the cycle's beginning.
#[derive(Debug, Clone, PartialEq)]
pub struct Step<T> {
    /// Its onset, from 0 to below 1.
    pub begin: Beats,
    /// How long it lasts; may reach beyond the cycle.
    pub length: Beats,
    /// The value.
    pub value: T,
}

/// No cycle takes more looks at steps than this. Patterns that may need more are refused when they
/// are read; this is for what was not foreseen.
const MAX_WORK: usize = 1 << 18;
/// After so many cycles a pattern begins anew, so that fractions stay exact: every list of up to 16
/// items then begins with its first one, as it would have.
const ROUND: u64 = 720_720;

/// An event in the pattern's own time, counted in cycles from the beginning.
struct Event<T> {
    begin: Beats,
    end: Beats,
    /// The part of it that was asked for.
    part: Window,
    value: T,
}

#[derive(Clone, Copy)]
struct Window {
    from: Beats,
    to: Beats,
}

impl Window {
    fn within(self, other: Self) -> Option<Self> {
        let from = self.from.max(other.from);
        let to = self.to.min(other.to);
        (from < to).then_some(Self { from, to })
    }

    fn map(self, change: impl Fn(Beats) -> Beats) -> Self {
        Self {
            from: change(self.from),
            to: change(self.to),
        }
    }
}

pub(super) fn steps<T: Clone>(root: &Item<T>, n: u64, seed: Seed) -> Vec<Step<T>> {
    let cycle = Beats::whole((n % ROUND) as i64);
    let window = Window {
        from: cycle,
        to: cycle + Beats::whole(1),
    };
    let mut events = Vec::new();
    Look { left: MAX_WORK }.events(root, window, seed, &mut events);
    let mut steps: Vec<_> = events
        .into_iter()
        .filter(|event| event.begin == event.part.from && event.end > event.begin)
        .map(|event| Step {
            begin: event.begin - cycle,
            length: event.end - event.begin,
            value: event.value,
        })
        .collect();
    steps.sort_by_key(|step| step.begin);
    steps
}

/// A look at a pattern, and how much work it may still be.
struct Look {
    left: usize,
}

impl Look {
    fn affords(&mut self, work: usize) -> bool {
        self.left = self.left.saturating_sub(work);
        self.left > 0
    }

    /// Adds every event that has a part in the window.
    fn events<T: Clone>(
        &mut self,
        item: &Item<T>,
        window: Window,
        seed: Seed,
        out: &mut Vec<Event<T>>,
    ) {
        if !self.affords(1) {
            return;
        }
        match item {
            Item::Rest => {}
            Item::Value(value) => {
                for cycle in cycles(window) {
                    if !self.affords(1) {
                        return;
                    }
                    out.extend(window.within(cycle).map(|part| Event {
                        begin: cycle.from,
                        end: cycle.to,
                        part,
                        value: value.clone(),
                    }));
                }
            }
            Item::Sequence(items) => {
                let items = items
                    .iter()
                    .map(|(item, weight)| (Some(item), *weight, seed));
                self.sequence(&items.collect::<Vec<_>>(), window, out);
            }
            Item::Stack(items) => {
                for item in items {
                    self.events(item, window, seed, out);
                }
            }
            Item::Choice(mark, items) => self.choice(items, window, (seed, *mark), out),
            Item::Fast(factor, item) => match **factor {
                Item::Value(factor) => self.fast(factor, item, window, seed, out),
                _ => {
                    for (part, factor) in self.numbers(factor, window, seed) {
                        self.fast(factor, item, part, seed, out);
                    }
                }
            },
            Item::Euclid(rhythm) => self.euclid(rhythm, window, seed, out),
            Item::Degrade(probability, mark, item) => {
                let first = out.len();
                self.events(item, window, seed, out);
                let seed = seed.of(*mark);
                let drawn = out.split_off(first);
                let stays = |event: &Event<T>| seed.chance(event.begin) >= *probability;
                out.extend(drawn.into_iter().filter(stays));
            }
            Item::Copy(mark, item) => self.events(item, window, seed.of(*mark), out),
        }
    }

    /// Each item gets its share of every cycle and plays its own cycle of the same number in it.
    fn sequence<T: Clone>(
        &mut self,
        items: &[(Option<&Item<T>>, Beats, Seed)],
        window: Window,
        out: &mut Vec<Event<T>>,
    ) {
        let total = items.iter().fold(Beats::ZERO, |sum, (_, w, _)| sum + *w);
        for Window { from: cycle, .. } in cycles(window) {
            if !self.affords(items.len()) {
                return;
            }
            let mut begin = cycle;
            let mut weights = Beats::ZERO;
            for (item, weight, seed) in items {
                weights = weights + *weight;
                let end = cycle + weights / total;
                let share = end - begin;
                let place = Window {
                    from: begin,
                    to: end,
                };
                if let (Some(item), Some(part)) = (item, window.within(place)) {
                    let inner = part.map(|t| cycle + (t - begin) / share);
                    let first = out.len();
                    self.events(item, inner, *seed, out);
                    moved(out, first, |t| begin + (t - cycle) * share);
                }
                begin = end;
            }
        }
    }

    /// One of the items in each cycle.
    fn choice<T: Clone>(
        &mut self,
        items: &[Item<T>],
        window: Window,
        (seed, mark): (Seed, u64),
        out: &mut Vec<Event<T>>,
    ) {
        for cycle in cycles(window) {
            let drawn = seed.of(mark).chance(cycle.from) * items.len() as f64;
            if let (Some(item), Some(part)) = (items.get(drawn as usize), window.within(cycle)) {
                self.events(item, part, seed, out);
            }
            if !self.affords(1) {
                return;
            }
        }
    }

    /// So many cycles of the item in one; none at all at zero.
    fn fast<T: Clone>(
        &mut self,
        factor: Beats,
        item: &Item<T>,
        window: Window,
        seed: Seed,
        out: &mut Vec<Event<T>>,
    ) {
        if factor <= Beats::ZERO {
            return;
        }
        let first = out.len();
        self.events(item, window.map(|t| t * factor), seed, out);
        moved(out, first, |t| t / factor);
    }

    fn euclid<T: Clone>(
        &mut self,
        euclid: &Rhythm<T>,
        window: Window,
        seed: Seed,
        out: &mut Vec<Event<T>>,
    ) {
        for (part, pulses) in self.numbers(&euclid.pulses, window, seed) {
            for (part, steps) in self.numbers(&euclid.steps, part, seed) {
                for (part, rotation) in self.numbers(&euclid.rotation, part, seed) {
                    let steps = usize::try_from(steps.floor()).unwrap_or(0);
                    if !self.affords(steps) {
                        return;
                    }
                    let rhythm = rhythm(pulses.floor(), steps, rotation.floor());
                    let slots = rhythm.into_iter().enumerate().map(|(slot, on)| {
                        let item = on.then_some(&euclid.item);
                        (item, Beats::whole(1), seed.of(slot as u64))
                    });
                    self.sequence(&slots.collect::<Vec<_>>(), part, out);
                }
            }
        }
    }

    /// A pattern of numbers: which one holds in which part of the window.
    fn numbers(&mut self, item: &Item<Beats>, window: Window, seed: Seed) -> Vec<(Window, Beats)> {
        let mut events = Vec::new();
        self.events(item, window, seed, &mut events);
        events.into_iter().map(|e| (e.part, e.value)).collect()
    }
}

/// Moves the events from number `first` on.
fn moved<T>(events: &mut [Event<T>], first: usize, change: impl Fn(Beats) -> Beats) {
    for event in events.iter_mut().skip(first) {
        event.begin = change(event.begin);
        event.end = change(event.end);
        event.part = event.part.map(&change);
    }
}

/// The cycles that have a part in the window.
fn cycles(window: Window) -> impl Iterator<Item = Window> {
    (window.from.floor()..=window.to.floor())
        .map(|n| Window {
            from: Beats::whole(n),
            to: Beats::whole(n.saturating_add(1)),
        })
        .take_while(move |cycle| cycle.from < window.to)
}
