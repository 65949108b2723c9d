//! A damaged history is an error in words, or a history in order. Nothing that a file says ends the program.

use fermata::{
    backend::{HistoryFile, Imported, Private},
    engine::{Committed, EventKind, InstanceSummary},
    view::{HistorySource, OpenedHistory, OpeningNumber, TransportView},
};
use serde_json::{Value, json};

use crate::{
    histories::{FILES, folder},
    seed::{count, seed_of, split_mix},
};

/// A source of chance.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        (split_mix(&mut self.0) % limit.max(1) as u64) as usize
    }
}

/// Another value, of another type or at the border of its own.
fn other_value(chance: &mut Chance) -> Value {
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("9999999999999999999999s"),
        json!("9999-12-31T23:59:59.999999999Z"),
        json!("0001-01-01T00:00:00Z"),
        json!("-1"),
        json!("18446744073709551615"),
        json!("\u{0}\u{202e}"),
        json!([]),
        json!({}),
        json!([[{"a": 1}]]),
    ];
    values[chance.below(values.len())].clone()
}

/// The number of values in a document.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(size).sum(),
        Value::Object(fields) => fields.values().map(size).sum(),
        _ => 0,
    }
}

/// Replaces the value at a place, counted in depth.
fn replace(value: &mut Value, place: &mut usize, with: &Value) -> bool {
    if *place == 0 {
        value.clone_from(with);
        return true;
    }
    *place -= 1;
    match value {
        Value::Array(list) => list.iter_mut().any(|value| replace(value, place, with)),
        Value::Object(fields) => fields.values_mut().any(|value| replace(value, place, with)),
        _ => false,
    }
}

/// The content of a file, damaged in one or more ways.
fn mutated(whole: &Value, chance: &mut Chance) -> Vec<u8> {
    let mut content = whole.clone();
    for _ in 0..=chance.below(3) {
        let kind = chance.below(5);
        if kind < 2 {
            let with = other_value(chance);
            replace(&mut content, &mut chance.below(size(whole)), &with);
        }
        let Some(events) = content.get_mut("events").and_then(Value::as_array_mut) else {
            continue;
        };
        if events.is_empty() {
            continue;
        }
        let (place, other) = (chance.below(events.len()), chance.below(events.len()));
        match kind {
            2 => drop(events.remove(place)),
            3 => events.insert(other, events[place].clone()),
            4 => events.swap(place, other),
            _ => {}
        }
    }
    let mut bytes = serde_json::to_vec(&content).unwrap();
    match chance.below(4) {
        0 => bytes.truncate(chance.below(bytes.len())),
        1 => {
            let place = chance.below(bytes.len());
            bytes[place] ^= 1 << chance.below(8);
        }
        _ => {}
    }
    bytes
}

/// The events that an event refers to.
fn references(kind: &EventKind) -> Option<u64> {
    let fields = kind_fields(kind);
    let names = ["scheduled", "timer", "created", "sent", "about"];
    names.iter().find_map(|name| fields.get(*name)?.as_u64())
}

fn kind_fields(kind: &EventKind) -> Value {
    serde_json::to_value(kind)
        .unwrap()
        .as_object()
        .map_or(Value::Null, |variant| {
            variant.values().next().cloned().unwrap_or_default()
        })
}

fn assert_in_order(imported: &Imported, about: &str) {
    let events = &imported.history.events;
    assert!(
        matches!(events[0].kind, EventKind::ExecutionStarted { .. }),
        "{about}"
    );
    assert_eq!(imported.origins.len(), events.len(), "{about}");
    assert!(events.is_sorted_by_key(|event| event.at), "{about}");
    for (event, id) in events.iter().zip(0..) {
        assert_eq!(event.id.0, id, "{about}");
        let refers = references(&event.kind);
        assert!(
            refers.is_none_or(|refers| refers < id),
            "{about}: {event:?}"
        );
    }
}

/// Folds it as the window does.
fn assert_shown(imported: Imported, about: &str) {
    let id = imported.history.instance;
    let count = imported.history.events.len();
    let commit = Committed {
        instance: InstanceSummary::new(id.clone(), "mutated".to_owned()),
        events: imported.history.events,
        annotations: Vec::new(),
        log: Vec::new(),
    };
    let source = HistorySource::File("mutated.json".into());
    let transport = TransportView::default();
    let opened = OpenedHistory::fold(OpeningNumber(1), &id, &[commit], source, transport);
    let opened = opened.unwrap_or_else(|| panic!("{about}: no lane"));
    assert_eq!(opened.lane.history.len().0, count, "{about}");
    for place in 0..count {
        let place = fermata::view::EventPlace(place);
        assert!(opened.lane.event_row(place).is_some(), "{about}");
    }
    opened.range();
}

#[test]
fn ten_thousand_damaged_histories_are_errors_in_words_or_histories_in_order() {
    let files = FILES.map(|(name, _)| {
        let text = std::fs::read(folder().join(format!("{name}.json"))).unwrap();
        let mut content: Value = serde_json::from_slice(&text).unwrap();
        // The beginning of a long history is as good as all of it, and faster.
        content["events"].as_array_mut().unwrap().truncate(60);
        (name, content)
    });
    let (mut read, mut refused) = (0, 0);
    for case in 0..count(10_000) {
        let mut chance = Chance(seed_of(u64::from(case)));
        let (name, whole) = &files[chance.below(files.len())];
        let bytes = mutated(whole, &mut chance);
        let about = format!("{name}, case {case}");
        let file = HistoryFile {
            bytes: &bytes,
            name,
            private: Private::Hidden,
        };
        match file.read() {
            Ok(imported) => {
                read += 1;
                assert_in_order(&imported, &about);
                assert_shown(imported, &about);
            }
            Err(error) => {
                refused += 1;
                let words = error.to_string();
                assert!(
                    words.len() > 10 && !words.contains('\n'),
                    "{about}: {words:?}"
                );
            }
        }
    }
    // The damage is neither always fatal nor never.
    assert!(
        read > refused / 10 && refused > read / 10,
        "{read} were read, {refused} refused"
    );
}
