//! The meters of a piece: where they change, and the bar lines that follow from that.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Beat, Beats, Meter};

/// The maps of this process. They are never dropped, so that a map is a plain value that the player's thread
/// can copy; scores have few of them.
static INTERNED: Mutex<Vec<&'static [Section]>> = Mutex::new(Vec::new());

/// The meters over the length of a piece. A change of meter begins a bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeterMap {
    first: Meter,
    /// The later meters, in order.
    changes: &'static [Section],
    /// The beat that the map counts from.
    origin: Beat,
}

/// A meter from a beat on.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Section {
    /// From the origin, greater than 0.
    at: Beats,
    /// The number of bars before it.
    bars: i64,
    meter: Meter,
}

impl From<Meter> for MeterMap {
    fn from(meter: Meter) -> Self {
        Self {
            first: meter,
            changes: &[],
            origin: Beat::ZERO,
        }
    }
}

impl Default for MeterMap {
    fn default() -> Self {
        Meter::default().into()
    }
}

impl MeterMap {
    /// A map from the meter at its start and the later ones, each from a beat on. Those that are not after the
    /// one before are left out.
    pub fn new(first: Meter, changes: impl IntoIterator<Item = (Beats, Meter)>) -> Self {
        let mut sections: Vec<Section> = Vec::new();
        let (mut at, mut bars, mut meter) = (Beats::ZERO, 0, first);
        for (next, changed) in changes {
            if next > at {
                bars += (next - at).div_ceil(meter.bar());
                (at, meter) = (next, changed);
                sections.push(Section { at, bars, meter });
            }
        }
        Self {
            first,
            changes: interned(sections),
            origin: Beat::ZERO,
        }
    }

    /// The same map, counted from another beat.
    pub fn starting_at(self, origin: Beat) -> Self {
        Self { origin, ..self }
    }

    /// The same map on a line of beats that begins at this one.
    pub fn earlier(self, begin: Beat) -> Self {
        self.starting_at(Beat(self.origin - begin))
    }

    /// Whether the meter is the same everywhere.
    pub fn is_constant(&self) -> bool {
        self.changes.is_empty()
    }

    /// The meter at the start.
    pub fn first(&self) -> Meter {
        self.first
    }

    /// The later meters, each with its beat.
    pub fn changes(&self) -> impl Iterator<Item = (Beat, Meter)> + use<> {
        let origin = self.origin;
        let changes = self.changes.iter();
        changes.map(move |section| (origin + section.at, section.meter))
    }

    /// The meter at a beat.
    pub fn at(&self, beat: Beat) -> Meter {
        self.section(beat).meter
    }

    /// The bar line at or before a beat.
    pub fn bar_line(&self, beat: Beat) -> Beat {
        let section = self.section(beat);
        let start = self.origin + section.at;
        let bar = section.meter.bar();
        start + bar * ((beat - start) / bar).floor()
    }

    /// The first bar line at or after a beat.
    pub fn next_bar(&self, beat: Beat) -> Beat {
        let line = self.bar_line(beat);
        match line == beat {
            true => line,
            false => self.bar_after(line),
        }
    }

    /// The bar line after another one.
    fn bar_after(&self, line: Beat) -> Beat {
        let next = line + self.at(line).bar();
        let change = self.changes().find(|(at, _)| *at > line);
        change.map_or(next, |(at, _)| next.min(at))
    }

    /// The number of bars from the start of the map to the bar of a beat, and the position in that bar. Bars
    /// before the start have negative numbers.
    pub fn bar_and_position(&self, beat: Beat) -> (i64, Beats) {
        let section = self.section(beat);
        let from = beat - (self.origin + section.at);
        let bars = (from / section.meter.bar()).floor();
        (section.bars + bars, from - section.meter.bar() * bars)
    }

    /// The line before the bar with this number, from 0.
    pub fn line_of(&self, bar: i64) -> Beat {
        let later = self.changes.iter().rev();
        let section = later.copied().find(|section| section.bars <= bar);
        let section = section.unwrap_or(self.start());
        self.origin + section.at + section.meter.bar() * (bar - section.bars)
    }

    /// The line after the bar with this number, from 0.
    pub fn next_line(&self, bar: i64) -> Beat {
        self.bar_after(self.line_of(bar))
    }

    /// The length of a number of bars from a beat on.
    pub fn length_of(&self, from: Beat, bars: Beats) -> Beats {
        if self.is_constant() {
            return self.first.bar() * bars;
        }
        let mut end = from;
        for _ in 0..bars.floor() {
            end = end + self.at(end).bar();
        }
        let part = bars - Beats::whole(bars.floor());
        end + self.at(end).bar() * part - from
    }

    /// The section of a beat; before the start, the first one.
    fn section(&self, beat: Beat) -> Section {
        let from = beat - self.origin;
        let later = self.changes.partition_point(|section| section.at <= from);
        let section = later.checked_sub(1).and_then(|i| self.changes.get(i));
        section.copied().unwrap_or(self.start())
    }

    fn start(&self) -> Section {
        Section {
            at: Beats::ZERO,
            bars: 0,
            meter: self.first,
        }
    }
}

/// A map as it is stored: where it starts, its first meter, and the changes from there.
#[derive(Serialize, Deserialize)]
struct Stored {
    from: Beat,
    first: String,
    #[serde(default)]
    changes: Vec<(Beats, String)>,
}

impl Serialize for MeterMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let changes = self.changes.iter();
        Stored {
            from: self.origin,
            first: self.first.to_string(),
            changes: changes.map(|one| (one.at, one.meter.to_string())).collect(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for MeterMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        let meter = |text: &str| text.parse::<Meter>().map_err(D::Error::custom);
        let mut changes = Vec::new();
        for (at, text) in &stored.changes {
            changes.push((*at, meter(text)?));
        }
        Ok(Self::new(meter(&stored.first)?, changes).starting_at(stored.from))
    }
}

fn interned(sections: Vec<Section>) -> &'static [Section] {
    if sections.is_empty() {
        return &[];
    }
    // Nothing that is done under the lock can panic halfway.
    let mut all = INTERNED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = all.iter().find(|known| ***known == *sections) {
        return known;
    }
    let new: &'static [Section] = Vec::leak(sections);
    all.push(new);
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> MeterMap {
        let meter = |text: &str| text.parse().unwrap();
        let changes = [(4, meter("3/4")), (10, meter("7/8")), (10, meter("2/4"))];
        let changes = changes.map(|(at, meter)| (Beats::whole(at), meter));
        MeterMap::new(meter("4/4"), changes)
    }

    fn beat(numerator: i64, denominator: i64) -> Beat {
        Beat(Beats::new(numerator, denominator))
    }

    #[test]
    fn bars_follow_the_changes_of_meter() {
        let map = map();
        let lines: Vec<Beat> = (-1..6).map(|bar| map.line_of(bar)).collect();
        let expected = [-4, 0, 4, 7, 10].map(|n| beat(n, 1));
        assert_eq!(lines[..5], expected);
        assert_eq!(lines[5..], [beat(27, 2), beat(17, 1)]);
        for (bar, line) in (-1..).zip(&lines) {
            assert_eq!(map.bar_and_position(*line), (bar, Beats::ZERO));
            assert_eq!((map.bar_line(*line), map.next_bar(*line)), (*line, *line));
        }
        assert_eq!(map.next_bar(beat(21, 2)), beat(27, 2));
        assert_eq!(map.bar_line(beat(19, 2)), beat(7, 1));
        assert_eq!(map.at(beat(9, 1)).to_string(), "3/4");
        assert_eq!(map.at(beat(10, 1)).to_string(), "7/8");
        let three_bars = map.length_of(beat(4, 1), Beats::whole(3));
        assert_eq!(three_bars, Beats::new(19, 2));
    }

    #[test]
    fn a_change_within_a_bar_cuts_it_short() {
        let meter = |text: &str| text.parse().unwrap();
        let map = MeterMap::new(meter("4/4"), [(Beats::whole(6), meter("3/4"))]);
        assert_eq!(map.next_bar(beat(5, 1)), beat(6, 1));
        assert_eq!(map.bar_and_position(beat(6, 1)), (2, Beats::ZERO));
    }

    #[test]
    fn a_map_can_start_at_any_beat_and_equal_maps_are_one() {
        let later = map().starting_at(beat(8, 1));
        assert_eq!(later.line_of(1), beat(12, 1));
        assert_eq!(later.bar_line(beat(7, 1)), beat(4, 1));
        assert!(std::ptr::eq(map().changes, later.changes));
    }
}
