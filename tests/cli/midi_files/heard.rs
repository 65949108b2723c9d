//! What a MIDI file plays, read by another library than the program's own reader.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
};

use midly::{Format, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

/// A port and a channel of it.
pub type Place = (u8, u8);

/// What a file plays.
pub struct Heard {
    /// Files that name several ports: channels of the others get other numbers.
    pub has_ports: bool,
    pub notes: Vec<HeardNote>,
    /// The courses of controllers, bend (128) and pressure (129) on the channels that play notes.
    pub courses: BTreeMap<(Place, u8), Vec<(f64, u16)>>,
    pub tempi: Vec<(f64, u32)>,
    pub meters: Vec<(f64, (u8, u8))>,
}

/// A note, in beats.
#[derive(Clone, PartialEq)]
pub struct HeardNote {
    pub at: f64,
    pub length: f64,
    pub place: Place,
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
        let mut now = if is_sequential { end } else { 0 };
        // The port that a track names before its first note is that of the whole track.
        let mut port = first_port(track);
        let mut down: BTreeMap<(Place, u8), VecDeque<usize>> = BTreeMap::new();
        reader.order.0 += 1;
        for event in track {
            reader.order.1 += 1;
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

fn first_port(track: &[TrackEvent<'_>]) -> u8 {
    let first = track.iter().find_map(|event| match event.kind {
        TrackEventKind::Meta(MetaMessage::MidiPort(port)) => Some(port.as_int()),
        TrackEventKind::Midi {
            message: MidiMessage::NoteOn { .. },
            ..
        } => Some(0),
        _ => None,
    });
    first.unwrap_or(0)
}

/// The number of a message's track, and of the message.
type Order = (usize, usize);

/// A note while it is read, in ticks.
struct Read {
    begin: u64,
    end: Option<u64>,
    place: Place,
    key: u8,
    velocity: u8,
    order: Order,
}

#[derive(Default)]
struct Reader {
    /// The message that is read.
    order: Order,
    notes: Vec<Read>,
    programs: BTreeMap<Place, Vec<(u64, Order, u8)>>,
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
                self.notes.push(Read {
                    begin: now,
                    end: None,
                    place,
                    key,
                    velocity,
                    order: self.order,
                });
            }
            MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } => {
                let open = down.entry((place, key.as_int())).or_default();
                if let Some(note) = open.pop_front() {
                    self.notes[note].end = Some(now);
                }
            }
            MidiMessage::ProgramChange { program } => {
                self.programs
                    .entry(place)
                    .or_default()
                    .push((now, self.order, program.as_int()));
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
            note.end.get_or_insert(now);
        }
    }

    fn finish(mut self, beat: f64, is_seconds: bool) -> Heard {
        let beats = |ticks: u64| ticks as f64 * beat;
        for programs in self.programs.values_mut() {
            programs.sort_by_key(|(at, ..)| *at);
        }
        // A program after a note of its track is not for that note, also on the same tick.
        let program = |note: &Read| {
            let mut all = self.programs.get(&note.place).into_iter().flatten();
            let is_before = |(at, order, _): &&(u64, Order, u8)| {
                let is_later = order.0 == note.order.0 && order.1 > note.order.1;
                *at < note.begin || (*at == note.begin && !is_later)
            };
            all.rfind(is_before).map_or(0, |(.., program)| *program)
        };
        let note = |note: &Read| {
            let (place, begin) = (note.place, note.begin);
            let silences = self.silences.iter();
            let silences = silences.filter(|(at, other)| *other == place && *at > begin);
            let end = silences
                .map(|(at, _)| *at)
                .chain(note.end)
                .min()
                .unwrap_or(begin);
            HeardNote {
                at: beats(begin),
                length: beats(end.saturating_sub(begin).max(1)),
                place,
                key: note.key,
                velocity: note.velocity,
                program: program(note),
            }
        };
        let notes: Vec<HeardNote> = self.notes.iter().map(note).collect();
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
