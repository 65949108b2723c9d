//! The steps of one cycle of a pattern.
//!
//! As in Tidal, a pattern is queried for a span of its own time and answers with events: the start
//! and end of each, and the part of it inside the span. An event whose start lies in the span sounds.

use super::{Beats, Seed, item::Item};

/// A value and its time, in fractions of a cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct Step<T> {
    /// The onset from the start of the cycle, below 1.
    pub start: Beats,
    /// The length; may reach beyond the cycle.
    pub length: Beats,
    /// The value.
    pub value: T,
}

/// The most work for one cycle. The parser refuses patterns that may need more; this is the last
/// line of defense.
const MAX_WORK: usize = 1 << 18;
/// Patterns restart after this many cycles, so that fractions stay exact. It is a multiple of every
/// number up to 16, so that lists of up to 16 items do not skip.
const PERIOD: u64 = 720_720;

/// An event in pattern time, in cycles.
#[derive(Clone)]
pub(super) struct Event<T> {
    pub start: Beats,
    pub end: Beats,
    /// The part inside the queried span.
    pub part: TimeSpan,
    pub value: T,
}

impl<T> Event<T> {
    /// From its start to its end.
    pub(super) fn whole(&self) -> TimeSpan {
        TimeSpan {
            from: self.start,
            to: self.end,
        }
    }

    /// What of it is in the span, as an event of its own.
    pub(super) fn within(self, span: TimeSpan) -> Option<Self> {
        let whole = self.whole().intersection(span)?;
        Some(Self {
            start: whole.from,
            end: whole.to,
            part: self.part.intersection(span)?,
            value: self.value,
        })
    }
}

#[derive(Clone, Copy)]
pub(super) struct TimeSpan {
    pub from: Beats,
    pub to: Beats,
}

impl TimeSpan {
    pub(super) fn intersection(self, other: Self) -> Option<Self> {
        let from = self.from.max(other.from);
        let to = self.to.min(other.to);
        (from < to).then_some(Self { from, to })
    }

    pub(super) fn map(self, change: impl Fn(Beats) -> Beats) -> Self {
        Self {
            from: change(self.from),
            to: change(self.to),
        }
    }
}

pub(super) fn steps<T: Clone>(root: &Item<T>, n: u64, seed: Seed) -> Vec<Step<T>> {
    let cycle = Beats::whole((n % PERIOD) as i64);
    let span = TimeSpan {
        from: cycle,
        to: cycle + Beats::whole(1),
    };
    let mut events = Vec::new();
    Query { budget: MAX_WORK }.events(root, span, seed, &mut events);
    let mut steps: Vec<_> = events
        .into_iter()
        .filter(|event| event.start == event.part.from && event.end > event.start)
        .map(|event| Step {
            start: event.start - cycle,
            length: event.end - event.start,
            value: event.value,
        })
        .collect();
    steps.sort_by_key(|step| step.start);
    steps
}

/// A query of a pattern, with its remaining budget of work.
pub(super) struct Query {
    budget: usize,
}

impl Query {
    pub(super) fn spend(&mut self, work: usize) -> bool {
        self.budget = self.budget.saturating_sub(work);
        self.budget > 0
    }

    /// Adds every event that overlaps the span.
    pub(super) fn events<T: Clone>(
        &mut self,
        item: &Item<T>,
        span: TimeSpan,
        seed: Seed,
        out: &mut Vec<Event<T>>,
    ) {
        if !self.spend(1) {
            return;
        }
        match item {
            Item::Rest => {}
            Item::Value(value) => {
                for cycle in cycles(span) {
                    if !self.spend(1) {
                        return;
                    }
                    out.extend(span.intersection(cycle).map(|part| Event {
                        start: cycle.from,
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
                self.sequence(&items.collect::<Vec<_>>(), span, out);
            }
            Item::Stack(items) => {
                for item in items {
                    self.events(item, span, seed, out);
                }
            }
            Item::Choice(mark, items) => self.choice(items, span, (seed, *mark), out),
            Item::Fast(factor, item) => match **factor {
                Item::Value(factor) => self.fast(factor, item, span, seed, out),
                _ => {
                    for (part, factor) in self.numbers(factor, span, seed) {
                        self.fast(factor, item, part, seed, out);
                    }
                }
            },
            Item::Euclid(rhythm) => self.euclid(rhythm, span, seed, out),
            Item::Degrade(probability, mark, item) => {
                let first = out.len();
                self.events(item, span, seed, out);
                let seed = seed.of(*mark);
                let drawn = out.split_off(first);
                let kept = |event: &Event<T>| seed.chance(event.start) >= *probability;
                out.extend(drawn.into_iter().filter(kept));
            }
            Item::Copy(mark, item) => self.events(item, span, seed.of(*mark), out),
            Item::Sample(item) => self.sample(item, span, seed, out),
            Item::Range(range) => self.range(range, span, seed, out),
            Item::Ply(times, item) => self.ply((times, item), span, seed, out),
            Item::Reverse(item) => self.reversed(item, span, seed, out),
            Item::Late(by, item) => {
                let first = out.len();
                self.events(item, span.map(|t| t - *by), seed, out);
                retime(out, first, |t| t + *by);
            }
            Item::Every(count, items) => self.every((*count, items), span, seed, out),
            Item::Arpeggio(order, item) => self.arpeggio((*order, item), span, seed, out),
        }
    }

    /// Each item takes its share of every cycle and plays its own cycle of the same number in it.
    pub(super) fn sequence<T: Clone>(
        &mut self,
        items: &[(Option<&Item<T>>, Beats, Seed)],
        span: TimeSpan,
        out: &mut Vec<Event<T>>,
    ) {
        let total = items.iter().fold(Beats::ZERO, |sum, (_, w, _)| sum + *w);
        for TimeSpan { from: cycle, .. } in cycles(span) {
            if !self.spend(items.len()) {
                return;
            }
            let mut start = cycle;
            let mut weights = Beats::ZERO;
            for (item, weight, seed) in items {
                weights = weights + *weight;
                let end = cycle + weights / total;
                let share = end - start;
                let slot = TimeSpan {
                    from: start,
                    to: end,
                };
                if let (Some(item), Some(part)) = (item, span.intersection(slot)) {
                    let inner = part.map(|t| cycle + (t - start) / share);
                    let first = out.len();
                    self.events(item, inner, *seed, out);
                    retime(out, first, |t| start + (t - cycle) * share);
                }
                start = end;
            }
        }
    }

    /// One of the items in each cycle.
    fn choice<T: Clone>(
        &mut self,
        items: &[Item<T>],
        span: TimeSpan,
        (seed, mark): (Seed, u64),
        out: &mut Vec<Event<T>>,
    ) {
        for cycle in cycles(span) {
            let drawn = seed.of(mark).chance(cycle.from) * items.len() as f64;
            if let (Some(item), Some(part)) = (items.get(drawn as usize), span.intersection(cycle))
            {
                self.events(item, part, seed, out);
            }
            if !self.spend(1) {
                return;
            }
        }
    }

    /// `factor` cycles of the item in one cycle; silence if it is 0, backwards if it is negative.
    fn fast<T: Clone>(
        &mut self,
        factor: Beats,
        item: &Item<T>,
        span: TimeSpan,
        seed: Seed,
        out: &mut Vec<Event<T>>,
    ) {
        if factor < Beats::ZERO {
            let forwards = item.clone().fast(Item::Value(Beats::ZERO - factor));
            return self.reversed(&forwards, span, seed, out);
        }
        if factor == Beats::ZERO {
            return;
        }
        let first = out.len();
        self.events(item, span.map(|t| t * factor), seed, out);
        retime(out, first, |t| t / factor);
    }

    /// A pattern of numbers: which one is active in which part of the span.
    pub(super) fn numbers(
        &mut self,
        item: &Item<Beats>,
        span: TimeSpan,
        seed: Seed,
    ) -> Vec<(TimeSpan, Beats)> {
        let mut events = Vec::new();
        self.events(item, span, seed, &mut events);
        events.into_iter().map(|e| (e.part, e.value)).collect()
    }
}

/// Maps the times of the events from number `first` on.
pub(super) fn retime<T>(events: &mut [Event<T>], first: usize, change: impl Fn(Beats) -> Beats) {
    for event in events.iter_mut().skip(first) {
        event.start = change(event.start);
        event.end = change(event.end);
        event.part = event.part.map(&change);
    }
}

/// The cycles that overlap the span.
pub(super) fn cycles(span: TimeSpan) -> impl Iterator<Item = TimeSpan> {
    (span.from.floor()..=span.to.floor())
        .map(|n| TimeSpan {
            from: Beats::whole(n),
            to: Beats::whole(n.saturating_add(1)),
        })
        .take_while(move |cycle| cycle.from < span.to)
}
