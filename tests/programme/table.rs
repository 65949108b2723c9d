//! The table of a performance: its events as the audience reads them, without times.

use std::{collections::BTreeSet, fmt::Write};

use fermata::score::TaskKind;
use serde_json::Value;

use crate::{PIECES, performance::Performance, score};

/// The rows of all instances that are no notes: event, name and failure.
pub fn of(performance: &Performance) -> String {
    let mut text = String::new();
    for id in performance.instances() {
        writeln!(text, "== {id}").expect("it is a text");
        let history = performance.history(&id);
        let notes: BTreeSet<u64> = history
            .iter()
            .filter(|event| event["type"] == "TaskScheduled" && event["name"] == "play")
            .filter_map(|event| event["eventId"].as_u64())
            .collect();
        for event in &history {
            let number = event["taskScheduledId"]
                .as_u64()
                .or(event["eventId"].as_u64());
            if !number.is_some_and(|number| notes.contains(&number)) {
                writeln!(text, "{}", row(event)).expect("it is a text");
            }
        }
    }
    text
}

fn row(event: &Value) -> String {
    let words = [&event["type"], &event["name"], &event["status"]];
    let words = words.into_iter().filter_map(Value::as_str);
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_piece_has_a_title_a_summary_and_a_caption_for_its_steps() {
    for piece in PIECES {
        let text = std::fs::read_to_string(score(piece)).unwrap();
        let document = fermata::score::parse(&text, piece).unwrap();
        assert!(!document.title.is_empty(), "{piece}: title");
        let mut captions = 0;
        document.each_task(&mut |task| {
            let of_rest = match &task.kind {
                TaskKind::Rest(rest) => rest.caption.is_some(),
                _ => false,
            };
            captions += usize::from(of_rest || task.caption.is_some());
        });
        assert!(captions >= 3, "{piece} has {captions} captions");
    }
}
