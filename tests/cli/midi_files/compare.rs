//! How what was played differs from what a file plays.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::heard::{Heard, HeardNote, Place};

/// Positions that differ by less are the same: a recording has at least 960 ticks per beat.
const SAME: f64 = 1.0 / 900.0;

/// Values of a controller, each with its beat.
type Course<'a> = &'a [(f64, u16)];

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Notes,
    Programs,
    Controllers,
    Bend,
    Tempi,
    Meters,
}

impl Kind {
    pub const ALL: [Self; 6] = [
        Self::Notes,
        Self::Programs,
        Self::Controllers,
        Self::Bend,
        Self::Tempi,
        Self::Meters,
    ];
}

/// A difference.
#[derive(Debug)]
pub struct Difference {
    pub kind: Kind,
    text: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= SAME
}

impl Heard {
    /// How what was played differs from what this file plays; empty if it does not.
    pub fn differences(&self, played: &Self) -> Vec<Difference> {
        let mut found = self.notes(played);
        self.controllers(played, &mut found);
        let mut differ = |kind, text| found.push(Difference { kind, text });
        let (tempi, others) = (
            with_default(&self.tempi, 500_000),
            with_default(&played.tempi, 500_000),
        );
        if let Some(text) = first_difference(&tempi, &others) {
            differ(Kind::Tempi, format!("tempi: {text}"));
        }
        let last = self.notes.iter().map(|note| note.at).fold(0.0, f64::max);
        let meters = |of: &Self| {
            let mut meters = with_default(&of.meters, (4, 2));
            meters.retain(|(at, _)| *at <= last);
            meters
        };
        let (meters, others) = (meters(self), meters(played));
        if let Some(text) = first_difference(&meters, &others) {
            differ(Kind::Meters, format!("meters: {text}"));
        }
        found
    }

    /// The differences of the notes, or, where these are the same, of their programs.
    fn notes(&self, played: &Self) -> Vec<Difference> {
        let (given, got) = (self.grouped(self), self.grouped(played));
        let mut differing: Vec<String> = Vec::new();
        let mut programs = Vec::new();
        let all: BTreeSet<_> = given.keys().chain(got.keys()).collect();
        for group in all {
            let of = |all: &Groups| all.get(group).cloned().unwrap_or_default();
            let (given, got) = (of(&given), of(&got));
            if given.len() != got.len() {
                let (given, got) = (given.len(), got.len());
                let (key, velocity, place) = group;
                let what = format!("{key}, {velocity} on {place:?}");
                differing.push(format!("{got} notes {what} instead of {given}"));
            }
            for (one, other) in given.iter().zip(&got) {
                let text = || format!("{other:?} instead of {one:?}");
                if !near(one.at, other.at) || (one.length - other.length).abs() > 2.0 * SAME {
                    differing.push(text());
                } else if one.program != other.program {
                    programs.push(text());
                }
            }
        }
        let difference = |(kind, texts): (Kind, Vec<String>)| {
            let first = texts.first()?;
            let text = format!("{} differ, first {first}", texts.len());
            Some(Difference { kind, text })
        };
        let both = [(Kind::Notes, differing), (Kind::Programs, programs)];
        both.into_iter().find_map(difference).into_iter().collect()
    }

    /// The notes by key, velocity and, if this file names no ports, channel; those of a group in their order.
    fn grouped(&self, of: &Self) -> Groups {
        let mut groups = Groups::new();
        for note in &of.notes {
            let place = if self.has_ports { (0, 0) } else { note.place };
            let group = groups.entry((note.key, note.velocity, place)).or_default();
            group.push(note.clone());
        }
        let rounded = |beats: f64| (beats * 240.0).round() as i64;
        for group in groups.values_mut() {
            group.sort_by_key(|note| (rounded(note.at), note.program, rounded(note.length)));
        }
        groups
    }

    fn controllers(&self, played: &Self, found: &mut Vec<Difference>) {
        let (given, got) = (
            self.compared(self.has_ports),
            played.compared(self.has_ports),
        );
        for (place, number, course) in &given {
            let same = |(p, n, other): &&(Place, u8, Course<'_>)| {
                let mut pairs = other.iter().zip(*course);
                (p, n) == (place, number)
                    && other.len() == course.len()
                    && pairs.all(|(a, b)| near(a.0, b.0) && a.1 == b.1)
            };
            if !got.iter().any(|other| same(&other)) {
                let others = got.iter().filter(|(p, n, _)| (p, n) == (place, number));
                let lengths: Vec<usize> = others.map(|(.., other)| other.len()).collect();
                let length = course.len();
                let kind = if *number == 128 {
                    Kind::Bend
                } else {
                    Kind::Controllers
                };
                let text = format!(
                    "controller {number} on {place:?}: {lengths:?} values instead of {length}"
                );
                found.push(Difference { kind, text });
            }
        }
    }

    /// The courses, as they are compared: on which channel they are only if the file names no ports.
    fn compared(&self, has_ports: bool) -> Vec<(Place, u8, Course<'_>)> {
        let place = |place: Place| if has_ports { (0, 0) } else { place };
        let courses = self.courses.iter();
        let mut all: Vec<_> = courses
            .map(|((at, number), course)| (place(*at), *number, course.as_slice()))
            .collect();
        all.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.len().cmp(&b.2.len())));
        all
    }
}

/// Notes by key, velocity and place.
type Groups = BTreeMap<(u8, u8, Place), Vec<HeardNote>>;

fn with_default<T: Copy + PartialEq>(map: &[(f64, T)], default: T) -> Vec<(f64, T)> {
    let mut map = map.to_vec();
    if map.first().is_none_or(|(at, _)| *at > 0.0) {
        map.insert(0, (0.0, default));
    }
    map.dedup_by(|next, before| next.1 == before.1);
    map
}

/// Where two maps begin to differ.
fn first_difference<T: fmt::Debug + PartialEq>(
    given: &[(f64, T)],
    got: &[(f64, T)],
) -> Option<String> {
    let same = |(a, b): (&(f64, T), &(f64, T))| near(a.0, b.0) && a.1 == b.1;
    let place = (0..given.len().max(got.len())).find(|place| {
        let both = given.get(*place).zip(got.get(*place));
        !both.is_some_and(same)
    })?;
    let (given, got) = (given.get(place), got.get(place));
    Some(format!("number {place} is {got:?} instead of {given:?}"))
}
