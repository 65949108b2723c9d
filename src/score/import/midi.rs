//! Import of Standard MIDI Files: one voice per track, channel and program.

use std::collections::BTreeMap;

use super::piece::{Change, Piece, Voice};
use crate::{
    music::{Beats, ChangeTo, Channel, Meter, MidiChange, MidiFile, MidiTrack, Tempo},
    score::{name::slug, pattern::chords},
};

/// The most controller changes that are imported: a score with more is unreadable.
const MAX_CHANGES: usize = 256;
/// The default tempo of MIDI files, in microseconds per beat.
const MICROS: u32 = 500_000;
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

pub(super) fn piece(midi: MidiFile, file: &str) -> Piece {
    let stem = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    let mut left_out = Vec::new();
    let mut names = Names(vec!["tempo".into(), "changes".into(), "music".into()]);
    let voices: Vec<Voice> = midi
        .tracks
        .iter()
        .flat_map(|track| voices(track, &mut names))
        .collect();
    let (tempo, tempi) = tempi(&midi.tempi, &mut left_out);
    let changes = changes(&midi.tracks, &voices, &mut left_out);
    if midi.left_out > 0 {
        let n = midi.left_out;
        left_out.push(format!("{n} messages that a score cannot express"));
    }
    let kits = midi.tracks.iter().flat_map(|track| &track.notes);
    if kits
        .clone()
        .any(|n| n.channel == Channel::DRUMS && n.program != 0)
    {
        left_out.push("changes of drum kit: a score has one".into());
    }
    Piece {
        file: printable(file),
        name: slug(stem).unwrap_or_else(|| "imported".into()),
        title: match printable(&midi.title) {
            title if title.is_empty() => printable(stem),
            title => title,
        },
        tempo,
        meter: meter(&midi.meters, &mut left_out),
        flats: midi.flats,
        voices,
        tempi,
        changes,
        left_out,
    }
}

fn voices(track: &MidiTrack, names: &mut Names) -> Vec<Voice> {
    let mut by_sound: BTreeMap<(Channel, u8), Vec<_>> = BTreeMap::new();
    for note in &track.notes {
        let program = match note.channel {
            Channel::DRUMS => 0,
            _ => note.program,
        };
        let notes = by_sound.entry((note.channel, program)).or_default();
        notes.push((note.at, note.length, note.velocity, note.key));
    }
    let voice = |((channel, program), notes)| {
        let is_kit = channel == Channel::DRUMS;
        let family = FAMILIES.get(usize::from(program / 8)).copied();
        let otherwise = if is_kit { Some("drums") } else { family };
        Voice {
            name: names.take(&track.name, otherwise.unwrap_or("part")),
            sound: match is_kit {
                true => "kit: studio".into(),
                false => format!("program: {program}"),
            },
            channel,
            is_kit,
            chords: chords(notes),
            bars: None,
            repeat: 1,
        }
    };
    by_sound.into_iter().map(voice).collect()
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
fn tempi(map: &[(Beats, u32)], left_out: &mut Vec<String>) -> (String, Vec<(Beats, String)>) {
    let mut tempi = Vec::new();
    let mut odd = 0;
    for &(at, micros) in map {
        let (text, fits) = beats_per_minute(micros);
        odd += u32::from(!fits);
        tempi.push((at, text));
    }
    if odd > 0 {
        left_out.push(format!(
            "{odd} tempi outside {} to {} beats per minute, which were limited to that range",
            Tempo::MIN,
            Tempo::MAX
        ));
    }
    match tempi.first() {
        Some((at, _)) if *at == Beats::ZERO => {
            let (_, first) = tempi.remove(0);
            (first, tempi)
        }
        _ => (beats_per_minute(MICROS).0, tempi),
    }
}

/// The shortest number of beats per minute for these microseconds per beat, and whether it is in the
/// supported range.
fn beats_per_minute(micros: u32) -> (String, bool) {
    let exact = 60e6 / f64::from(micros.max(1));
    let within = exact.clamp(Tempo::MIN, Tempo::MAX);
    let rounded = |tempo: Tempo| (tempo.beat_nanos() / 1000.0).round();
    let expected = (60e6 / within).round();
    for digits in 0..16 {
        let text = format!("{within:.digits$}");
        let tempo = text.parse().ok().and_then(Tempo::new);
        if tempo.is_some_and(|tempo| rounded(tempo) == expected) {
            return (text, within == exact);
        }
    }
    (within.to_string(), within == exact)
}

fn meter(map: &[(Beats, Meter)], left_out: &mut Vec<String>) -> Meter {
    let first = map.first().filter(|(at, _)| *at == Beats::ZERO);
    let later = map.len() - usize::from(first.is_some());
    if later > 0 {
        left_out.push(format!("{later} changes of meter: a score has one"));
    }
    first.map_or_else(Meter::default, |(_, meter)| *meter)
}

/// The controller changes of the voices.
fn changes(tracks: &[MidiTrack], voices: &[Voice], left_out: &mut Vec<String>) -> Vec<Change> {
    let mut all: Vec<&MidiChange> = tracks.iter().flat_map(|track| &track.changes).collect();
    all.sort_by_key(|change| change.at);
    let mut now: BTreeMap<(Channel, Option<u8>, bool), ChangeTo> = BTreeMap::new();
    let mut skipped = 0;
    let mut changes = Vec::new();
    for change in all {
        let voice = voices.iter().find(|voice| voice.channel == change.channel);
        let (Some(voice), Some(to)) = (voice, arguments(change.to)) else {
            skipped += 1;
            continue;
        };
        let place = match change.to {
            ChangeTo::Control(controller, _) => (change.channel, Some(controller), false),
            ChangeTo::Bend(_) => (change.channel, None, false),
            ChangeTo::Pressure(_) => (change.channel, None, true),
        };
        if now.insert(place, change.to) == Some(change.to) {
            continue;
        }
        changes.push(Change {
            at: change.at,
            instrument: voice.name.clone(),
            to,
        });
    }
    if skipped > 0 {
        left_out.push(format!(
            "{skipped} controller messages without an effect on a voice"
        ));
    }
    if changes.len() > MAX_CHANGES {
        let n = changes.len();
        left_out.push(format!(
            "{n} changes of controllers, bend and pressure: the limit is {MAX_CHANGES}"
        ));
        changes.clear();
    }
    changes
}

/// The arguments of `call: control` for a change. `None` for messages that set up a device or end
/// notes.
fn arguments(to: ChangeTo) -> Option<String> {
    match to {
        ChangeTo::Control(0 | 6 | 32 | 38 | 96..=101 | 120.., _) => None,
        ChangeTo::Control(controller, value) => Some(format!("cc: {controller}, value: {value}")),
        ChangeTo::Pressure(pressure) => Some(format!("pressure: {pressure}")),
        ChangeTo::Bend(bend) => {
            let (center, reach) = (8192.0, if bend < 8192 { 8192.0 } else { 8191.0 });
            let bend = (f64::from(bend) - center) / reach;
            // Five digits distinguish all 16,384 values.
            Some(format!("bend: {}", (bend * 1e5).round() / 1e5))
        }
    }
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
