//! The reader of the Concerto format: a JSON object with a tempo and a list of notes.
//!
//! Lengths are fractions of a whole note, which lasts four beats; a dot makes a note half as long
//! again. `Interval` is the time before a note, so note k starts at the sum of the intervals 0 to k. A
//! repetition starts at the sum of all intervals, so the first interval separates the last note of one
//! repetition from the first note of the next. Notes may sound beyond that.

use std::collections::HashMap;

use crate::{
    music::{Beats, Meter, MeterMap, Patch, Tempo},
    score::{
        Argument,
        document::Document,
        error::{Diagnostic, Problem, Suggestion},
        instrument::{Instrument, Voice},
        name::slug,
        pitch,
        place::Place,
        play::{ListedNote, MAX_NOTES, MAX_REPEAT, Music, PlayOptions, PlayTask},
        source::{Entry, Node, Value},
        task::{Schemas, Task, TaskKind, Then},
        value_error::ValueError,
        values::MAX_BEATS,
    },
};

/// Whether this is a Concerto list of notes and not a score.
pub(in crate::score) fn is_concerto(node: &Node) -> bool {
    node.get("Notes").is_some() && node.get("document").is_none()
}

/// The list of notes as a score with one `play` task. `file` is its name if it has no title.
pub(in crate::score) fn document(
    node: &Node,
    source: &str,
    file: &str,
) -> Result<Document, Diagnostic> {
    let entries = match &node.value {
        Value::Map(entries) => entries.as_slice(),
        _ => &[],
    };
    known(
        entries,
        &["Id", "Title", "Bpm", "Repeats", "Notes"],
        "a Concerto score",
    )?;
    let bpm = match node.get("Bpm").map(|n| (n, &n.value)) {
        None => Some(Tempo::default()),
        Some((_, Value::Int(bpm))) => Tempo::by_hand(*bpm as f64),
        Some((_, Value::Float(bpm))) => Tempo::by_hand(*bpm),
        Some(_) => None,
    };
    let Some(tempo) = bpm else {
        return Err(invalid(
            node.get("Bpm"),
            "a tempo from 10 to 400 beats per minute",
        ));
    };
    let repeat = match node.get("Repeats").map(|n| &n.value) {
        None | Some(Value::Null) => 1,
        Some(Value::Int(times)) if (1..=MAX_REPEAT).contains(times) => *times as u32,
        Some(_) => {
            return Err(invalid(node.get("Repeats"), "an integer from 1 to 10000"));
        }
    };
    let title = match node.get("Title").map(|n| &n.value) {
        Some(Value::String(title)) if !title.trim().is_empty() => title.trim(),
        _ => file,
    };
    let list = node.get("Notes").unwrap_or(node);
    let Value::List(items) = &list.value else {
        let (expected, found) = ("a list of notes", list.kind());
        return Err(Diagnostic::new(
            list.place,
            Problem::WrongType { expected, found },
        ));
    };
    if items.is_empty() || items.len() > MAX_NOTES {
        return Err(invalid(Some(list), "a list of 1 to 100000 notes"));
    }
    let (notes, total) = notes(items)?;
    let lines = source.lines().count().max(1);
    let name = slug(title).unwrap_or_else(|| "concerto".to_owned());
    Ok(Document {
        source: source.into(),
        dsl: "1.0.0".into(),
        namespace: "concerto".into(),
        title: title.to_owned(),
        summary: format!("{} notes in the Concerto format.", notes.len()),
        version: "1.0.0".into(),
        tempo,
        meters: MeterMap::default(),
        instruments: vec![piano()],
        sounds: Vec::new(),
        listening: None,
        input: None,
        output: None,
        timeout: None,
        loops: false,
        schemas: Schemas::default(),
        schedule: None,
        definition: std::sync::Arc::default(),
        companions: Vec::new(),
        warnings: Vec::new(),
        authentications: HashMap::new(),
        secrets: Vec::new(),
        tasks: vec![Task {
            name: name.clone(),
            pointer: format!("/do/0/{name}"),
            lines: list.place.line..=lines,
            condition: None,
            input: None,
            output: None,
            export: None,
            timeout: None,
            schemas: Schemas::default(),
            compensation: None,
            caption: None,
            status: None,
            then: Then::Continue,
            kind: TaskKind::Play(Box::new(PlayTask {
                instrument: piano().into(),
                music: Music::Notes(Argument::Fixed(notes)),
                bars: Some(Argument::Fixed(total / Meter::default().bar())),
                velocity: None,
                repeat: Argument::Fixed(repeat),
                options: PlayOptions::default(),
            })),
        }],
        name,
    })
}

/// The notes, and the length of the list in beats.
fn notes(items: &[Node]) -> Result<(Vec<ListedNote>, Beats), Diagnostic> {
    let mut notes = Vec::new();
    let mut at = Beats::ZERO;
    for item in items {
        let entries = match &item.value {
            Value::Map(entries) => entries.as_slice(),
            _ => {
                let (expected, found) = ("a note", item.kind());
                return Err(Diagnostic::new(
                    item.place,
                    Problem::WrongType { expected, found },
                ));
            }
        };
        let words = ["Id", "NoteName", "Type", "NoteLength", "Interval"];
        known(entries, &words, "a note")?;
        at = at + beats(item.get("Interval"), item)?;
        if at > Beats::whole(MAX_BEATS) {
            return Err(invalid(Some(item), "a note within the first 40000 beats"));
        }
        let length = beats(item.get("NoteLength"), item)?;
        let name = item.get("NoteName").unwrap_or(item);
        let key = match &name.value {
            Value::String(text) => pitch::note(text),
            _ => Err(ValueError::from(
                "a note needs a `NoteName` such as \"F#2\"",
            )),
        };
        let key = key.map_err(|error| Diagnostic::new(name.place, error.message.into()))?;
        notes.push(ListedNote {
            at,
            length,
            keys: vec![key],
            velocity: None,
        });
    }
    if at == Beats::ZERO {
        // All notes start at once: the list is as long as its longest note.
        let longest = notes.iter().map(|note| note.length).max();
        at = longest
            .filter(|length| *length > Beats::ZERO)
            .unwrap_or(Beats::whole(4));
    }
    Ok((notes, at))
}

fn piano() -> Instrument {
    Instrument {
        voice: Voice::Patch(Patch::EPIANO.name().into()),
        ..Instrument::piano()
    }
}

/// A length in beats: `1/8.`, `3/16`, `1`, `0`.
fn beats(node: Option<&Node>, owner: &Node) -> Result<Beats, Diagnostic> {
    const EXPECTED: &str = "a length such as \"1/8\", \"1/8.\", \"3/16\" or \"0\"";
    let Some(node) = node else {
        return Ok(Beats::ZERO);
    };
    let text = match &node.value {
        Value::String(text) => text.trim().to_owned(),
        Value::Int(number) => number.to_string(),
        _ => return Err(invalid(Some(node), EXPECTED)),
    };
    let (fraction, factor) = match text.strip_suffix('.') {
        Some(fraction) => (fraction, Beats::new(3, 2)),
        None => (text.as_str(), Beats::whole(1)),
    };
    let (numerator, denominator) = fraction.split_once('/').unwrap_or((fraction, "1"));
    match (
        numerator.trim().parse::<u16>(),
        denominator.trim().parse::<u16>(),
    ) {
        (Ok(n), Ok(d)) if d > 0 => Ok(Beats::new(4 * i64::from(n), d.into()) * factor),
        _ => Err(invalid(Some(node).or(Some(owner)), EXPECTED)),
    }
}

fn known(entries: &[Entry], known: &[&str], owner: &'static str) -> Result<(), Diagnostic> {
    match entries.iter().find(|e| !known.contains(&e.key.as_str())) {
        None => Ok(()),
        Some(entry) => {
            let problem = Problem::UnknownKey {
                key: entry.key.clone(),
                owner,
                suggestion: Suggestion::Available(known.iter().map(|k| (*k).to_owned()).collect()),
            };
            Err(Diagnostic::new(entry.place, problem))
        }
    }
}

fn invalid(node: Option<&Node>, expected: &'static str) -> Diagnostic {
    let place = node.map_or(Place::START, |node| node.place);
    let value = match node.map(|node| &node.value) {
        Some(Value::String(text)) => text.chars().take(60).collect(),
        Some(Value::List(items)) => format!("[{} items]", items.len()),
        Some(_) => node.map(|n| n.to_json().to_string()).unwrap_or_default(),
        None => String::new(),
    };
    let value = value.chars().take(60).collect();
    Diagnostic::new(place, Problem::Invalid { value, expected })
}
