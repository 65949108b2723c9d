//! The table of a performance: what is in its histories, without times. Branches that run at the same time
//! take turns as the machine has it, so that rows are counted and not ordered.

use std::{collections::BTreeMap, fmt::Write};

use fermata::score::TaskKind;
use serde_json::Value;

use crate::{PIECES, performance::Performance, score};

/// The rows of all instances, each with how often it is there.
pub fn of(performance: &Performance) -> String {
    let mut instances = performance.instances();
    instances.sort();
    let mut text = String::new();
    for id in instances {
        writeln!(text, "== {id}").expect("it is a text");
        let mut rows: BTreeMap<String, u32> = BTreeMap::new();
        for event in performance.history(&id) {
            *rows.entry(row(&event)).or_default() += 1;
        }
        for (row, count) in rows {
            writeln!(text, "{count} x {row}").expect("it is a text");
        }
    }
    text
}

/// The kind of an event, its name, and the task of the score that it belongs to.
fn row(event: &Value) -> String {
    let words = [&event["type"], &event["name"], &event["input"]["task"]];
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
