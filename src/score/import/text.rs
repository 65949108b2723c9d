//! Writing a piece as the text of a score.

use std::fmt::{self, Write};

use super::piece::{Automation, Piece, Point, Voice};
use crate::{
    music::{Beat, Beats, Channel, Key, Velocity},
    score::{pattern::Chord, pitch, source},
};

/// How notes are laid out.
#[derive(Clone, Copy)]
enum Layout {
    /// Each in a line of its own.
    Notes,
    /// Those of a bar in a line, which takes less text.
    Bars,
}

/// The text of a piece, with the notes of a bar in a line if it would be too long otherwise.
pub(super) fn of(piece: &Piece) -> String {
    let text = written(piece, Layout::Notes);
    match text.len() > source::MAX_BYTES {
        true => shortest(piece),
        false => text,
    }
}

/// The shortest text of a piece.
pub(super) fn shortest(piece: &Piece) -> String {
    written(piece, Layout::Bars)
}

/// The part of the text that automations take.
pub(super) fn of_automations(automations: &[Automation]) -> String {
    let mut text = String::new();
    for automation in automations {
        // Writing into memory cannot fail.
        let _ = control(&mut text, automation);
    }
    text
}

fn written(piece: &Piece, layout: Layout) -> String {
    let mut text = String::new();
    // Writing into memory cannot fail.
    let _ = write(&mut text, piece, layout);
    text
}

fn write(out: &mut String, piece: &Piece, layout: Layout) -> fmt::Result {
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
    for remark in &piece.remarks {
        writeln!(out, "# Read as: {remark}.")?;
    }
    for fault in &piece.faults {
        writeln!(out, "# Damaged: {fault}.")?;
    }
    let title = quoted(&piece.title);
    let summary = quoted(&format!(
        "Imported: {chords} notes and chords, {voices} voices."
    ));
    write!(
        out,
        "document:\n  dsl: 1.0.0\n  namespace: imported\n  name: {}\n  version: 1.0.0\n  \
         title: {title}\n  summary: {summary}\n  metadata:\n    fermata:\n      tempo: {}\n",
        quoted(&piece.name),
        piece.tempo,
    )?;
    meters(out, piece)?;
    out.push_str("      instruments:\n");
    let own = piece.voices.iter();
    for voice in own.filter(|voice| voice.name == voice.instrument) {
        let (name, sound) = (&voice.name, &voice.sound);
        match voice.channel.map(Channel::number) {
            Some(channel) => writeln!(out, "        {name}: {{ {sound}, channel: {channel} }}")?,
            None => writeln!(out, "        {name}: {{ {sound} }}")?,
        }
    }
    out.push_str("do:\n");
    let is_alone =
        piece.tempi.is_empty() && piece.automations.is_empty() && piece.lyrics.is_empty();
    if let ([voice], true) = (&*piece.voices, is_alone) {
        return play(out, "  ", (voice, layout), piece);
    }
    out.push_str("  - music:\n      fork:\n        branches:\n");
    for automation in &piece.automations {
        control(out, automation)?;
    }
    tempi(out, piece)?;
    lyrics(out, piece)?;
    for voice in &piece.voices {
        play(out, "          ", (voice, layout), piece)?;
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

/// The meter, and its changes.
fn meters(out: &mut String, piece: &Piece) -> fmt::Result {
    let first = piece.meters.first();
    if piece.meters.is_constant() {
        return writeln!(out, "      meter: {first}");
    }
    writeln!(out, "      meter:\n        - {first}")?;
    for (at, meter) in piece.meters.changes() {
        writeln!(out, "        - {{ at: {at}, meter: {meter} }}")?;
    }
    Ok(())
}

/// A branch with the controller changes of a channel, those of a beat in a line.
fn control(out: &mut String, automation: &Automation) -> fmt::Result {
    let Automation {
        name,
        instrument,
        points,
    } = automation;
    writeln!(out, "          - {name}:\n              call: control")?;
    writeln!(
        out,
        "              with:\n                instrument: {instrument}"
    )?;
    out.push_str("                changes: [");
    let mut beat = None;
    for Point { at, to } in points {
        let separator = match beat.replace(at.floor()) {
            None => "\n                  ",
            Some(before) if before == at.floor() => ", ",
            Some(_) => ",\n                  ",
        };
        write!(out, "{separator}{{ at: {at}, {to} }}")?;
    }
    out.push_str("\n                ]\n");
    Ok(())
}

/// A branch with the lyrics.
fn lyrics(out: &mut String, piece: &Piece) -> fmt::Result {
    if piece.lyrics.is_empty() {
        return Ok(());
    }
    out.push_str("          - lyrics:\n              do:\n");
    let mut now = Beats::ZERO;
    if let Some((first, _)) = piece.lyrics.first() {
        rest(out, 0, &mut now, *first)?;
    }
    for (index, (at, text)) in piece.lyrics.iter().enumerate() {
        let next = piece.lyrics.get(index + 1);
        let beats = next.map_or(Beats::whole(1), |(next, _)| *next - *at);
        writeln!(
            out,
            "                - syllable-{}: {{ call: rest, with: {{ beats: {beats}, caption: {} }} }}",
            index + 1,
            quoted(text)
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

fn play(
    out: &mut String,
    indent: &str,
    (voice, layout): (&Voice, Layout),
    piece: &Piece,
) -> fmt::Result {
    writeln!(out, "{indent}- {}:", voice.name)?;
    writeln!(out, "{indent}    call: play")?;
    writeln!(out, "{indent}    with:")?;
    writeln!(out, "{indent}      instrument: {}", voice.instrument)?;
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
    write!(out, "{indent}      notes:")?;
    let mut bar = None;
    for chord in &voice.chords {
        let (now, _) = piece.meters.bar_and_position(Beat(chord.at));
        let before = bar.replace(now);
        match (layout, before) {
            (Layout::Bars, None) => write!(out, " [\n{indent}        ")?,
            (Layout::Bars, before) if before == bar => out.push_str(", "),
            (Layout::Bars, _) => write!(out, ",\n{indent}        ")?,
            (Layout::Notes, before) => {
                if before != bar {
                    write!(out, "\n{indent}        # Bar {}", now + 1)?;
                }
                write!(out, "\n{indent}        - ")?;
            }
        }
        let (at, length) = (chord.at, chord.length);
        write!(out, "{{ at: {at}, note: ")?;
        keys(out, &chord.keys, voice, piece.flats)?;
        write!(out, ", length: {length}")?;
        if even.is_none() {
            write!(out, ", velocity: {}", chord.velocity.number())?;
        }
        out.push_str(" }");
    }
    match layout {
        Layout::Notes => writeln!(out),
        Layout::Bars => writeln!(out, "\n{indent}      ]"),
    }
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
