//! Writing a piece as the text of a score.

use std::fmt::{self, Write};

use super::piece::{Piece, Voice};
use crate::{
    music::{Beats, Key, Velocity},
    score::{pattern::Chord, pitch},
};

pub(super) fn of(piece: &Piece) -> String {
    let mut text = String::new();
    // Writing into memory cannot fail.
    let _ = write(&mut text, piece);
    text
}

fn write(out: &mut String, piece: &Piece) -> fmt::Result {
    let (chords, voices) = (piece.chords(), piece.voices.len());
    writeln!(out, "# Imported from {}.", piece.file)?;
    writeln!(
        out,
        "# Voices: {voices}, each a branch with its own cursor. Notes and chords: {chords}."
    )?;
    writeln!(
        out,
        "# Every note is one durable activity. `at` and `length` are exact fractions of a beat."
    )?;
    for sentence in &piece.left_out {
        writeln!(out, "# Left out: {sentence}.")?;
    }
    let title = quoted(&piece.title);
    let summary = quoted(&format!(
        "Imported: {chords} notes and chords, {voices} voices."
    ));
    write!(
        out,
        "document:\n  dsl: 1.0.0\n  namespace: imported\n  name: {}\n  version: 1.0.0\n  \
         title: {title}\n  summary: {summary}\n  metadata:\n    fermata:\n      tempo: {}\n      \
         meter: {}\n      instruments:\n",
        quoted(&piece.name),
        piece.tempo,
        piece.meter,
    )?;
    for voice in &piece.voices {
        let (name, sound, channel) = (&voice.name, &voice.sound, voice.channel.number());
        writeln!(out, "        {name}: {{ {sound}, channel: {channel} }}")?;
    }
    out.push_str("do:\n");
    if let ([voice], [], []) = (&*piece.voices, &*piece.tempi, &*piece.changes) {
        return play(out, "  ", voice, piece);
    }
    out.push_str("  - music:\n      fork:\n        branches:\n");
    changes(out, piece)?;
    tempi(out, piece)?;
    for voice in &piece.voices {
        play(out, "          ", voice, piece)?;
    }
    Ok(())
}

/// A branch with the changes of tempo.
fn tempi(out: &mut String, piece: &Piece) -> fmt::Result {
    if piece.tempi.is_empty() {
        return Ok(());
    }
    out.push_str("          - tempo:\n              do:\n");
    let mut now = Beats::ZERO;
    for (index, (at, tempo)) in piece.tempi.iter().enumerate() {
        let number = index + 1;
        rest(out, number, &mut now, *at)?;
        writeln!(
            out,
            "                - tempo-{number}: {{ call: tempo, with: {{ bpm: {tempo} }} }}"
        )?;
    }
    Ok(())
}

/// A branch with the controller changes.
fn changes(out: &mut String, piece: &Piece) -> fmt::Result {
    if piece.changes.is_empty() {
        return Ok(());
    }
    out.push_str("          - changes:\n              do:\n");
    let mut now = Beats::ZERO;
    for (index, change) in piece.changes.iter().enumerate() {
        let number = index + 1;
        rest(out, number, &mut now, change.at)?;
        writeln!(
            out,
            "                - change-{number}: {{ call: control, with: {{ instrument: {}, {} }} }}",
            change.instrument, change.to
        )?;
    }
    Ok(())
}

/// A rest until a beat, if that is still ahead.
fn rest(out: &mut String, number: usize, now: &mut Beats, until: Beats) -> fmt::Result {
    if until <= *now {
        return Ok(());
    }
    let beats = until - *now;
    *now = until;
    writeln!(
        out,
        "                - rest-{number}: {{ call: rest, with: {{ beats: {beats} }} }}"
    )
}

fn play(out: &mut String, indent: &str, voice: &Voice, piece: &Piece) -> fmt::Result {
    let name = &voice.name;
    writeln!(out, "{indent}- {name}:")?;
    writeln!(out, "{indent}    call: play")?;
    writeln!(out, "{indent}    with:")?;
    writeln!(out, "{indent}      instrument: {name}")?;
    if let Some(bars) = voice.bars {
        writeln!(out, "{indent}      bars: {bars}")?;
    }
    if voice.repeat > 1 {
        writeln!(out, "{indent}      repeat: {}", voice.repeat)?;
    }
    let even = even(&voice.chords);
    if let Some(velocity) = even {
        writeln!(out, "{indent}      velocity: {}", velocity.number())?;
    }
    writeln!(out, "{indent}      notes:")?;
    let (mut bar, bar_length) = (-1, piece.meter.bar());
    for chord in &voice.chords {
        let now = (chord.at / bar_length).floor();
        if now != bar {
            bar = now;
            writeln!(out, "{indent}        # Bar {}", bar + 1)?;
        }
        let (at, length) = (chord.at, chord.length);
        write!(out, "{indent}        - {{ at: {at}, note: ")?;
        keys(out, &chord.keys, voice, piece.flats)?;
        write!(out, ", length: {length}")?;
        if even.is_none() {
            write!(out, ", velocity: {}", chord.velocity.number())?;
        }
        out.push_str(" }\n");
    }
    Ok(())
}

fn keys(out: &mut String, keys: &[Key], voice: &Voice, flats: bool) -> fmt::Result {
    let name = |key: Key| match voice.is_kit {
        true => pitch::drum_name_of(key),
        false => pitch::name_of(key, flats),
    };
    if let [key] = keys {
        return out.write_str(&name(*key));
    }
    let names: Vec<String> = keys.iter().map(|key| name(*key)).collect();
    write!(out, "[{}]", names.join(", "))
}

/// The velocity of all chords, if they have the same.
fn even(chords: &[Chord]) -> Option<Velocity> {
    let first = chords.first()?.velocity;
    let all = chords.iter().all(|chord| chord.velocity == first);
    all.then_some(first)
}

/// Quoted text. A JSON string is a valid YAML string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
