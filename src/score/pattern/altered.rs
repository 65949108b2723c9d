//! The steps of items that change the times of others.

use super::{
    Arp, Beats, Seed,
    cycle::{Event, Query, TimeSpan, cycles, retime},
    euclid::rhythm,
    item::{Item, Range, Rhythm},
};

impl Query {
    /// Turning left by a step is playing earlier by its length.
    pub(super) fn euclid<T: Clone>(
        &mut self,
        euclid: &Rhythm<T>,
        span: TimeSpan,
        seed: Seed,
        out: &mut Vec<Event<T>>,
    ) {
        for (part, pulses) in self.numbers(&euclid.pulses, span, seed) {
            for (part, steps) in self.numbers(&euclid.steps, part, seed) {
                for (part, rotation) in self.numbers(&euclid.rotation, part, seed) {
                    let count = usize::try_from(steps.floor()).unwrap_or(0);
                    if !self.spend(count) {
                        return;
                    }
                    let rhythm = rhythm(pulses.floor(), count);
                    let slots = rhythm.into_iter().enumerate().map(|(slot, on)| {
                        let item = on.then_some(&euclid.item);
                        (item, Beats::whole(1), seed.of(slot as u64))
                    });
                    let by = Beats::whole(rotation.floor()) / Beats::whole(steps.floor());
                    let first = out.len();
                    self.sequence(&slots.collect::<Vec<_>>(), part.map(|t| t + by), out);
                    retime(out, first, |t| t - by);
                }
            }
        }
    }

    /// Each pair of ends that overlap in time has its own integers. They are heard only where both ends
    /// overlap.
    pub(super) fn range<T: Clone>(
        &mut self,
        range: &Range<T>,
        span: TimeSpan,
        seed: Seed,
        out: &mut Vec<Event<T>>,
    ) {
        let mut starts = Vec::new();
        self.events(&range.from, span, seed, &mut starts);
        for from in starts {
            let mut ends = Vec::new();
            self.events(&range.to, from.part, seed, &mut ends);
            for to in ends {
                let Some(whole) = from.whole().intersection(to.whole()) else {
                    continue;
                };
                let items = range.between(from.value, to.value);
                let items = items.map(|item| (Some(item), Beats::whole(1), seed));
                let mut inner = Vec::new();
                self.sequence(&items.collect::<Vec<_>>(), to.part, &mut inner);
                out.extend(inner.into_iter().filter_map(|event| event.within(whole)));
            }
        }
    }

    /// What the item has at the start of each cycle, for the whole cycle.
    pub(super) fn sample<T: Clone>(
        &mut self,
        item: &Item<T>,
        span: TimeSpan,
        seed: Seed,
        out: &mut Vec<Event<T>>,
    ) {
        for (cycle, part) in parts(span) {
            let mut inner = Vec::new();
            self.events(item, cycle, seed, &mut inner);
            let at_the_start = inner.into_iter().filter(|e| e.part.from == cycle.from);
            out.extend(at_the_start.map(|event| Event {
                start: cycle.from,
                end: cycle.to,
                part,
                value: event.value,
            }));
        }
    }

    pub(super) fn ply<T: Clone>(
        &mut self,
        (times, item): (&Item<Beats>, &Item<T>),
        span: TimeSpan,
        seed: Seed,
        out: &mut Vec<Event<T>>,
    ) {
        for (part, times) in self.numbers(times, span, seed) {
            let mut inner = Vec::new();
            self.events(item, part, seed, &mut inner);
            let notes = usize::try_from(times.floor()).unwrap_or(0);
            for event in inner {
                if !self.spend(notes) {
                    return;
                }
                out.extend((0..notes).filter_map(|note| event.share(note, notes)));
            }
        }
    }

    pub(super) fn reversed<T: Clone>(
        &mut self,
        item: &Item<T>,
        span: TimeSpan,
        seed: Seed,
        out: &mut Vec<Event<T>>,
    ) {
        for (cycle, part) in parts(span) {
            let mirror = cycle.from + cycle.to;
            let mirrored = |span: TimeSpan| TimeSpan {
                from: mirror - span.to,
                to: mirror - span.from,
            };
            let mut inner = Vec::new();
            self.events(item, mirrored(part), seed, &mut inner);
            out.extend(inner.into_iter().map(|event| {
                let whole = mirrored(event.whole());
                Event {
                    start: whole.from,
                    end: whole.to,
                    part: mirrored(event.part),
                    value: event.value,
                }
            }));
        }
    }

    pub(super) fn every<T: Clone>(
        &mut self,
        (count, [first, others]): (u32, &[Item<T>; 2]),
        span: TimeSpan,
        seed: Seed,
        out: &mut Vec<Event<T>>,
    ) {
        for (cycle, part) in parts(span) {
            let number = cycle.from.floor().rem_euclid(i64::from(count.max(1)));
            let item = if number == 0 { first } else { others };
            self.events(item, part, seed, out);
        }
    }

    /// Steps with equal start and end share their time.
    pub(super) fn arpeggio<T: Clone>(
        &mut self,
        (order, item): (Arp, &Item<T>),
        span: TimeSpan,
        seed: Seed,
        out: &mut Vec<Event<T>>,
    ) {
        let mut inner = Vec::new();
        self.events(item, span, seed, &mut inner);
        let times = |event: &Event<T>| (event.start, event.end, event.part.from);
        inner.sort_by_key(times);
        for chord in inner.chunk_by(|one, other| times(one) == times(other)) {
            let order = order.order(chord.len());
            if !self.spend(order.len()) {
                return;
            }
            let notes = order.iter().filter_map(|note| chord.get(*note)).enumerate();
            out.extend(notes.filter_map(|(place, note)| note.share(place, order.len())));
        }
    }
}

/// The cycles that a span touches, each with the part of it that lies within the span.
fn parts(span: TimeSpan) -> impl Iterator<Item = (TimeSpan, TimeSpan)> {
    cycles(span).filter_map(move |cycle| Some((cycle, span.intersection(cycle)?)))
}

impl<T> Range<T> {
    /// The items of the integers from one end to the other, in this order.
    fn between(&self, from: Beats, to: Beats) -> impl Iterator<Item = &Item<T>> {
        let (from, to) = (from.floor(), to.floor());
        let count = from.abs_diff(to).saturating_add(1);
        let step = if from <= to { 1 } else { -1 };
        let places = (0..).take(usize::try_from(count).unwrap_or(0));
        places.filter_map(move |n: i64| {
            let place = from + step * n - self.first;
            self.items.get(usize::try_from(place).ok()?)
        })
    }
}

impl<T: Clone> Event<T> {
    /// Share number `place`, from 0, of `count` equal ones.
    fn share(&self, place: usize, count: usize) -> Option<Self> {
        let share = (self.end - self.start) / Beats::whole(count as i64);
        let start = self.start + share * Beats::whole(place as i64);
        self.clone().within(TimeSpan {
            from: start,
            to: start + share,
        })
    }
}
