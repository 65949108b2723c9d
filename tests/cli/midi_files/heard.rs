//! What a MIDI file plays, read by another library than the program's own reader.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
};

use midly::{Format, MetaMessage, MidiMessage, Smf, Timing, TrackEventKind};

/// Positions that differ by less are the same: a recording has at least 960 ticks per beat.
const SAME: f64 = 1.0 / 900.0;

/// Values of a controller, each with its beat.
type Course<'a> = &'a [(f64, u16)];
/// A port and a channel of it.
type Place = (u8, u8);

/// What a file plays.
pub struct Heard {
    /// Files that name several ports: channels of the others get other numbers.
    has_ports: bool,
    pub notes: Vec<HeardNote>,
    /// The courses of controllers, bend (128) and pressure (129) on the channels that play notes.
    courses: BTreeMap<(Place, u8), Vec<(f64, u16)>>,
    pub tempi: Vec<(f64, u32)>,
    pub meters: Vec<(f64, (u8, u8))>,
}

/// A note, in beats.
#[derive(Clone, PartialEq)]
pub struct HeardNote {
    pub at: f64,
    pub length: f64,
    place: Place,
    pub key: u8,
    pub velocity: u8,
    pub program: u8,
}

impl fmt::Debug for HeardNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            at,
            length,
            place,
            key,
            velocity,
            program,
        } = self;
        write!(
            f,
            "{key} at {at:.4} for {length:.4}, {velocity}, program {program} on {place:?}"
        )
    }
}

/// Reads a file that follows the standard.
pub fn heard(bytes: &[u8]) -> Result<Heard, String> {
    let smf = Smf::parse(bytes).map_err(|error| error.to_string())?;
    let is_sequential = smf.header.format == Format::Sequential;
    let (beat, is_seconds) = match smf.header.timing {
        Timing::Metrical(ticks) => (1.0 / f64::from(ticks.as_int()), false),
        Timing::Timecode(frames, parts) => {
            let rate = match frames.as_int() {
                29 => 30_000.0 / 1001.0,
                frames => f64::from(frames),
            };
            (2.0 / rate / f64::from(parts), true)
        }
    };
    let mut reader = Reader::default();
    let mut end = 0;
    for track in &smf.tracks {
        // Sequences follow one after another.
        let (mut now, mut port) = (if is_sequential { end } else { 0 }, 0);
        let mut down: BTreeMap<(Place, u8), VecDeque<usize>> = BTreeMap::new();
        for event in track {
            now += u64::from(event.delta.as_int());
            match event.kind {
                TrackEventKind::Meta(MetaMessage::MidiPort(number)) => port = number.as_int(),
                TrackEventKind::Meta(meta) => reader.meta(now, meta),
                TrackEventKind::Midi { channel, message } => {
                    reader.message(now, (port, channel.as_int()), message, &mut down);
                }
                _ => {}
            }
        }
        reader.end_of_track(now);
        end = now;
    }
    Ok(reader.finish(beat, is_seconds))
}

#[derive(Default)]
struct Reader {
    /// Begin, end, place, key, velocity.
    notes: Vec<(u64, Option<u64>, Place, u8, u8)>,
    programs: BTreeMap<Place, Vec<(u64, u8)>>,
    courses: BTreeMap<(Place, u8), Vec<(u64, u16)>>,
    silences: Vec<(u64, Place)>,
    tempi: Vec<(u64, u32)>,
    meters: Vec<(u64, (u8, u8))>,
}

impl Reader {
    fn meta(&mut self, now: u64, meta: MetaMessage<'_>) {
        match meta {
            MetaMessage::Tempo(micros) => self.tempi.push((now, micros.as_int().max(1))),
            MetaMessage::TimeSignature(beats, unit, ..) => self.meters.push((now, (beats, unit))),
            _ => {}
        }
    }

    fn message(
        &mut self,
        now: u64,
        place: Place,
        message: MidiMessage,
        down: &mut BTreeMap<(Place, u8), VecDeque<usize>>,
    ) {
        let mut course = |number: u8, value: u16| {
            let course = self.courses.entry((place, number)).or_default();
            course.push((now, value));
        };
        match message {
            MidiMessage::NoteOn { key, vel } if vel > 0 => {
                let (key, velocity) = (key.as_int(), vel.as_int());
                down.entry((place, key))
                    .or_default()
                    .push_back(self.notes.len());
                self.notes.push((now, None, place, key, velocity));
            }
            MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } => {
                let open = down.entry((place, key.as_int())).or_default();
                if let Some(note) = open.pop_front() {
                    self.notes[note].1 = Some(now);
                }
            }
            MidiMessage::ProgramChange { program } => {
                self.programs
                    .entry(place)
                    .or_default()
                    .push((now, program.as_int()));
            }
            MidiMessage::Controller { controller, value } => {
                let number = controller.as_int();
                if matches!(number, 120 | 123..) {
                    self.silences.push((now, place));
                    down.retain(|(other, _), _| *other != place);
                }
                course(number, value.as_int().into());
            }
            MidiMessage::PitchBend { bend } => course(128, bend.0.as_int()),
            MidiMessage::ChannelAftertouch { vel } => course(129, vel.as_int().into()),
            MidiMessage::Aftertouch { .. } => {}
        }
    }

    /// What is still down ends with its track, or when all notes of its channel do.
    fn end_of_track(&mut self, now: u64) {
        for note in &mut self.notes {
            note.1.get_or_insert(now);
        }
    }

    fn finish(mut self, beat: f64, is_seconds: bool) -> Heard {
        let beats = |ticks: u64| ticks as f64 * beat;
        for programs in self.programs.values_mut() {
            programs.sort_by_key(|(at, _)| *at);
        }
        let program = |at: u64, place: Place| {
            let mut all = self.programs.get(&place).into_iter().flatten();
            all.rfind(|(when, _)| *when <= at)
                .map_or(0, |(_, program)| *program)
        };
        let note = |(begin, end, place, key, velocity): (u64, Option<u64>, Place, u8, u8)| {
            let silences = self.silences.iter();
            let silences = silences.filter(|(at, other)| *other == place && *at > begin);
            let end = silences
                .map(|(at, _)| *at)
                .chain(end)
                .min()
                .unwrap_or(begin);
            HeardNote {
                at: beats(begin),
                length: beats(end.saturating_sub(begin).max(1)),
                place,
                key,
                velocity,
                program: program(begin, place),
            }
        };
        let notes: Vec<HeardNote> = self.notes.iter().copied().map(note).collect();
        let plays = |place: &Place| notes.iter().any(|note| note.place == *place);
        let courses = self.courses.into_iter();
        let courses = courses
            .filter(|((place, number), _)| plays(place) && !matches!(number, 122 | 124..=127));
        let courses = courses.map(|(what, mut course)| {
            course.sort_by_key(|(at, _)| *at);
            let is_parameter = matches!(what.1, 6 | 38 | 96..=101);
            let mut course: Vec<_> = course.into_iter().map(|(at, v)| (beats(at), v)).collect();
            course.dedup_by(|next, before| next.1 == before.1 && !is_parameter);
            (what, course)
        });
        let courses = courses.collect();
        let tempi = match is_seconds {
            true => Vec::new(),
            false => map(self.tempi, beats),
        };
        Heard {
            has_ports: notes.iter().any(|note| note.place.0 > 0),
            courses,
            notes,
            tempi,
            meters: map(self.meters, beats),
        }
    }
}

/// Values from a position on, without repetitions.
fn map<T: PartialEq>(mut all: Vec<(u64, T)>, beats: impl Fn(u64) -> f64) -> Vec<(f64, T)> {
    all.sort_by_key(|(at, _)| *at);
    let mut map: Vec<(u64, T)> = Vec::new();
    for (at, value) in all {
        map.pop_if(|(before, _)| *before == at);
        if map.last().is_none_or(|(_, last)| *last != value) {
            map.push((at, value));
        }
    }
    map.into_iter()
        .map(|(at, value)| (beats(at), value))
        .collect()
}

impl Heard {
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

    /// How what was played differs from what this file plays; empty if it does not.
    pub fn differences(&self, played: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let sorted = |notes: &[HeardNote]| {
            let mut notes = notes.to_vec();
            let place = |note: &HeardNote| if self.has_ports { (0, 0) } else { note.place };
            let rounded = |beats: f64| (beats * 480.0).round() as i64;
            notes.sort_by_key(|n| {
                (
                    rounded(n.at),
                    n.key,
                    n.program,
                    n.velocity,
                    place(n),
                    rounded(n.length),
                )
            });
            notes
        };
        let (given, got) = (sorted(&self.notes), sorted(&played.notes));
        if given.len() != got.len() {
            found.push(format!("{} notes instead of {}", got.len(), given.len()));
        }
        let differs = |(given, got): &(&HeardNote, &HeardNote)| {
            let same_place = self.has_ports || given.place == got.place;
            let what = |note: &HeardNote| (note.key, note.velocity, note.program);
            !same_place
                || what(given) != what(got)
                || (given.at - got.at).abs() > SAME
                || (given.length - got.length).abs() > 2.0 * SAME
        };
        let notes: Vec<_> = given.iter().zip(&got).filter(differs).collect();
        if let Some((one, other)) = notes.first() {
            let count = notes.len();
            found.push(format!(
                "{count} notes differ, first {other:?} instead of {one:?}"
            ));
        }
        let near = |a: f64, b: f64| (a - b).abs() <= SAME;
        let (given, got) = (
            self.compared(self.has_ports),
            played.compared(self.has_ports),
        );
        for (place, number, course) in &given {
            let same = |(p, n, other): &&(Place, u8, Course<'_>)| {
                (p, n) == (place, number)
                    && other.len() == course.len()
                    && other
                        .iter()
                        .zip(*course)
                        .all(|(a, b)| near(a.0, b.0) && a.1 == b.1)
            };
            if !got.iter().any(|other| same(&other)) {
                let others = got.iter().filter(|(p, n, _)| (p, n) == (place, number));
                let lengths: Vec<usize> = others.map(|(.., other)| other.len()).collect();
                let length = course.len();
                found.push(format!(
                    "controller {number} on {place:?}: {lengths:?} values instead of {length}"
                ));
            }
        }
        let default_tempo = |tempi: &[(f64, u32)]| with_default(tempi, 500_000);
        let (tempi, others) = (default_tempo(&self.tempi), default_tempo(&played.tempi));
        if !same_map(&tempi, &others) {
            found.push(format!("tempi {others:?} instead of {tempi:?}"));
        }
        let default_meter = |meters: &[(f64, (u8, u8))]| with_default(meters, (4, 2));
        let (meters, others) = (default_meter(&self.meters), default_meter(&played.meters));
        let last = self.notes.iter().map(|note| note.at).fold(0.0, f64::max);
        let reached: Vec<_> = meters.into_iter().filter(|(at, _)| *at <= last).collect();
        let others: Vec<_> = others.into_iter().filter(|(at, _)| *at <= last).collect();
        if !same_map(&reached, &others) {
            found.push(format!("meters {others:?} instead of {reached:?}"));
        }
        found
    }

    /// The values of a controller on a channel, counted from 0.
    pub fn course(&self, channel: u8, number: u8) -> Vec<u16> {
        let course = self.courses.get(&((0, channel), number));
        course
            .into_iter()
            .flatten()
            .map(|(_, value)| *value)
            .collect()
    }
}

fn with_default<T: Copy + PartialEq>(map: &[(f64, T)], default: T) -> Vec<(f64, T)> {
    let mut map = map.to_vec();
    if map.first().is_none_or(|(at, _)| *at > 0.0) {
        map.insert(0, (0.0, default));
    }
    map.dedup_by(|next, before| next.1 == before.1);
    map
}

fn same_map<T: PartialEq>(a: &[(f64, T)], b: &[(f64, T)]) -> bool {
    let same = |(a, b): (&(f64, T), &(f64, T))| (a.0 - b.0).abs() <= SAME && a.1 == b.1;
    a.len() == b.len() && a.iter().zip(b).all(same)
}
