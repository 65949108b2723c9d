//! Import of Standard MIDI Files: one voice per track and channel, and the controllers of each channel beside
//! them.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    automation::Changes,
    piece::{Automation, Piece, Voice},
    reach,
    room::Room,
};
use crate::{
    music::{
        Beats, Channel, FileChannel, Key, Kit, LeftOut, Meter, MeterMap, MidiFile, Tempo, Velocity,
    },
    score::{
        name::slug,
        pattern::{Chord, chords},
    },
};

/// The default tempo of MIDI files, in microseconds per beat.
const MICROS: u32 = 500_000;
/// The most meters of a score.
const MAX_METERS: usize = 1000;
/// The most notes of a unison.
const MAX_LAYERS: usize = 32;

/// Onset, length, velocity and key of a note.
type TimedNote = (Beats, Beats, Velocity, Key);
/// The families of General MIDI programs, eight each.
const FAMILIES: [&str; 16] = [
    "piano",
    "bells",
    "organ",
    "guitar",
    "bass",
    "strings",
    "ensemble",
    "brass",
    "reeds",
    "pipes",
    "lead",
    "pad",
    "effects",
    "world",
    "percussion",
    "sounds",
];

pub(super) fn piece(mut midi: MidiFile, file: &str) -> Piece {
    let stem = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    let mut left_out = left_out(midi.left_out);
    left_out.extend(reach::limit(&mut midi));
    let mut changes = Changes::of(&midi.tracks);
    let (voices, owners) = voices(&midi, &mut changes, &mut left_out);
    let (tempo, tempi) = tempi(&midi.tempi);
    let lyrics = midi.lyrics.iter();
    let lyrics = lyrics.map(|(at, text)| (*at, printable(text)));
    let lyrics: Vec<_> = lyrics.filter(|(_, text)| !text.is_empty()).collect();
    let mut piece = Piece {
        file: printable(file),
        name: slug(stem).unwrap_or_else(|| "imported".into()),
        title: match printable(&midi.title) {
            title if title.is_empty() => printable(stem),
            title => title,
        },
        tempo,
        meters: meters(&midi.meters, &mut left_out),
        flats: midi.flats,
        voices,
        tempi,
        automations: Vec::new(),
        lyrics,
        left_out,
        remarks: match midi.sequences {
            0 | 1 => Vec::new(),
            many => vec![format!(
                "format 2: {many} sequences, played one after another"
            )],
        },
        faults: midi.faults.iter().map(ToString::to_string).collect(),
    };
    add_automations(&mut piece, changes, &owners);
    piece
}

/// What the reader of the file left out, in words.
fn left_out(numbers: LeftOut) -> Vec<String> {
    let words = [
        (numbers.key_pressure, "messages of key pressure"),
        (numbers.system_exclusive, "system exclusive messages"),
        (numbers.meters, "meters that a score cannot have"),
        (numbers.markers, "markers and cue points"),
        (numbers.release_velocities, "release velocities"),
        (numbers.tempi, "tempi, because the file counts seconds"),
    ];
    let some = words.into_iter().filter(|(number, _)| *number > 0);
    some.map(|(number, what)| format!("{number} {what}"))
        .collect()
}

/// The instrument that carries the changes of a channel: the name of their branch, and its own.
type Owners = BTreeMap<FileChannel, (String, String)>;

/// The voices, and which of them carries the changes of each channel.
fn voices(
    midi: &MidiFile,
    changes: &mut Changes,
    left_out: &mut Vec<String>,
) -> (Vec<Voice>, Owners) {
    let mut names = Names(["tempo", "lyrics", "music"].map(str::to_owned).to_vec());
    let mut by_track = Vec::new();
    let mut first_notes: BTreeMap<FileChannel, Beats> = BTreeMap::new();
    for track in &midi.tracks {
        let mut by_channel: BTreeMap<FileChannel, Vec<_>> = BTreeMap::new();
        for note in &track.notes {
            let first = first_notes.entry(note.channel).or_insert(note.at);
            *first = note.at.min(*first);
            let notes = by_channel.entry(note.channel).or_default();
            notes.push((note.at, note.length, note.velocity, note.key));
        }
        by_track.extend(
            by_channel
                .into_iter()
                .map(|(channel, notes)| (track, channel, notes)),
        );
    }
    let modes = changes.modes;
    let silent = changes.keep(|channel| first_notes.contains_key(&channel));
    let programs: BTreeMap<FileChannel, u8> = first_notes
        .iter()
        .map(|(channel, first)| (*channel, changes.first_program(*channel, *first)))
        .collect();
    for (number, what) in [
        (
            modes,
            "changes of the receive mode (local, omni, mono, poly)",
        ),
        (silent, "changes on channels that play no note"),
    ] {
        if number > 0 {
            left_out.push(format!("{number} {what}"));
        }
    }
    let channels = score_channels(&first_notes);
    let (mut voices, mut owners, mut unisons) = (Vec::new(), Owners::new(), 0);
    for (track, channel, notes) in by_track {
        let is_drums = channel.channel == Channel::DRUMS;
        let program = programs.get(&channel).copied().unwrap_or(0);
        let family = FAMILIES.get(usize::from(program / 8)).copied();
        let otherwise = if is_drums { Some("drums") } else { family };
        // Other kits keep their program, for devices that have them.
        let is_kit = is_drums && Kit::of_program(program).program() == program;
        let score_channel = channels.get(&channel).copied().flatten();
        let name = names.take(&track.name, otherwise.unwrap_or("part"));
        // Without a number that they have in common, tracks share their channel by sharing its instrument.
        let shared = owners.get(&channel).filter(|_| score_channel.is_none());
        let instrument = shared.map_or(&name, |(_, owner)| owner).clone();
        let (layers, surplus) = layers(notes);
        unisons += surplus;
        for (index, chords) in layers.into_iter().enumerate() {
            voices.push(Voice {
                name: match index {
                    0 => name.clone(),
                    _ => names.take(&format!("{name} unison"), "unison"),
                },
                instrument: instrument.clone(),
                sound: match is_kit {
                    true => format!("kit: {}", Kit::of_program(program).name()),
                    false => format!("program: {program}"),
                },
                channel: score_channel,
                is_kit,
                chords,
                bars: None,
                repeat: 1,
            });
        }
        owners.entry(channel).or_insert_with(|| {
            let name = names.take(&format!("{instrument} controls"), "controls");
            (name, instrument)
        });
    }
    if unisons > 0 {
        left_out.push(format!(
            "{unisons} notes of unisons of more than {MAX_LAYERS}"
        ));
    }
    (voices, owners)
}

/// The channels in the score: those of the file, and for further ports those that are free. `None` if none is.
fn score_channels(used: &BTreeMap<FileChannel, Beats>) -> BTreeMap<FileChannel, Option<Channel>> {
    let mut taken: BTreeSet<Channel> = BTreeSet::new();
    let mut channels = BTreeMap::new();
    for channel in used.keys() {
        let is_free = channel.channel == Channel::DRUMS || !taken.contains(&channel.channel);
        let free = || Channel::all().find(|one| *one != Channel::DRUMS && !taken.contains(one));
        let given = match is_free {
            true => Some(channel.channel),
            false => free(),
        };
        taken.extend(given);
        channels.insert(*channel, given);
    }
    channels
}

/// Chords in layers, because a chord has every key once: the second layer has the second notes of exact unisons,
/// and so on. Also returns the number of notes that are in none.
fn layers(notes: Vec<TimedNote>) -> (Vec<Vec<Chord>>, usize) {
    let mut sorted = notes;
    sorted.sort();
    let mut layers: Vec<Vec<TimedNote>> = vec![Vec::new()];
    let (mut before, mut depth, mut surplus) = (None, 0, 0);
    for note in sorted {
        depth = if before == Some(note) { depth + 1 } else { 0 };
        before = Some(note);
        if depth >= MAX_LAYERS {
            surplus += 1;
            continue;
        }
        if layers.len() <= depth {
            layers.push(Vec::new());
        }
        if let Some(layer) = layers.get_mut(depth) {
            layer.push(note);
        }
    }
    (layers.into_iter().map(chords).collect(), surplus)
}

/// Adds the controller changes, thinned until the score is short enough.
fn add_automations(piece: &mut Piece, mut changes: Changes, owners: &Owners) {
    let automations = |changes: &Changes| -> Vec<Automation> {
        let of_channel = |(channel, points)| {
            let (name, instrument) = owners.get(&channel)?.clone();
            Some(Automation {
                name,
                instrument,
                points,
            })
        };
        changes.points().filter_map(of_channel).collect()
    };
    let room = Room::beside(piece);
    let before = changes.len();
    let step = changes.thin(|changes| room.fits(&automations(changes)));
    piece.automations = automations(&changes);
    let gone = before - changes.len();
    let Some(step) = step.filter(|_| gone > 0) else {
        return;
    };
    piece.left_out.push(match step {
        0 => format!("{gone} of {before} controller changes: steps below 1 of 127 within a movement"),
        step => format!(
            "{gone} of {before} controller changes: steps of at most {step} of 127 within a movement"
        ),
    });
}

/// The names in use.
struct Names(Vec<String>);

impl Names {
    /// An unused name made from `name`, or from `default` if that has no letters.
    fn take(&mut self, name: &str, default: &str) -> String {
        let name = match slug(name) {
            // A name that YAML would read as a number.
            Some(name) if !name.starts_with(|c: char| c.is_ascii_lowercase()) => {
                format!("part-{name}")
            }
            Some(name) if matches!(&*name, "true" | "false" | "null") => format!("part-{name}"),
            Some(name) => name,
            None => default.to_owned(),
        };
        let mut free = name.clone();
        let mut number = 2_u32;
        while self.0.contains(&free) {
            free = format!("{name}-{number}");
            number += 1;
        }
        self.0.push(free.clone());
        free
    }
}

/// The tempo at the start and the changes that follow, in beats per minute.
fn tempi(map: &[(Beats, u32)]) -> (String, Vec<(Beats, String)>) {
    let tempi = map
        .iter()
        .map(|(at, micros)| (*at, beats_per_minute(*micros)));
    let mut tempi: Vec<_> = tempi.collect();
    match tempi.first() {
        Some((at, _)) if *at == Beats::ZERO => {
            let (_, first) = tempi.remove(0);
            (first, tempi)
        }
        _ => (beats_per_minute(MICROS), tempi),
    }
}

/// The shortest number of beats per minute for these microseconds per beat, from 1 to 16,777,215.
fn beats_per_minute(micros: u32) -> String {
    let exact = 60e6 / f64::from(micros.max(1));
    let rounded = |tempo: Tempo| (tempo.beat_nanos() / 1000.0).round();
    for digits in 0..16 {
        let text = format!("{exact:.digits$}");
        let tempo = text.parse().ok().and_then(Tempo::new);
        if tempo.is_some_and(|tempo| rounded(tempo) == f64::from(micros)) {
            return text;
        }
    }
    exact.to_string()
}

fn meters(map: &[(Beats, Meter)], left_out: &mut Vec<String>) -> MeterMap {
    let first = map.first().filter(|(at, _)| *at == Beats::ZERO);
    let later = map.get(usize::from(first.is_some())..).unwrap_or_default();
    if let Some(surplus) = later.len().checked_sub(MAX_METERS).filter(|n| *n > 0) {
        left_out.push(format!(
            "{surplus} changes of meter: a score has at most {MAX_METERS}"
        ));
    }
    let first = first.map_or_else(Meter::default, |(_, meter)| *meter);
    MeterMap::new(first, later.iter().take(MAX_METERS).copied())
}

/// One line of text without characters that YAML does not allow.
fn printable(text: &str) -> String {
    let fits = |c: char| match c {
        '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => false,
        c => !c.is_control(),
    };
    let text: String = text
        .chars()
        .map(|c| if fits(c) { c } else { ' ' })
        .collect();
    text.trim().chars().take(120).collect()
}
