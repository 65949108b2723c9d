//! Adversarial texts of the maximum size: work must grow linearly.

use std::fmt::Write;

use fermata::score::{parse, source::MAX_BYTES};

use crate::ledger::measured;

const HEAD: &str = "\
document:
  dsl: 1.0.0
  namespace: test
  name: test
  version: 1.0.0
";

/// Parses a text and returns the allocated memory as a multiple of its length.
fn effort(text: &str) -> f64 {
    assert!(text.len() <= MAX_BYTES, "{} bytes", text.len());
    let (read, taken) = measured(|| parse(text, "large.yaml").map(|_| ()));
    assert!(taken.most < 400 << 20, "{} bytes at once", taken.most);
    if let Err(errors) = read {
        let message = errors.to_string();
        assert!(message.len() < 20_000, "{} bytes of errors", message.len());
    }
    taken.asked as f64 / text.len() as f64
}

fn lines(head: &str, count: usize, line: impl Fn(usize) -> String) -> String {
    let mut text = format!("{HEAD}{head}");
    for number in 0..count {
        writeln!(text, "{}", line(number)).expect("memory");
    }
    text
}

/// Compares a text with one that is ten times as long: the effort per byte must stay about the same.
fn grows_no_faster(what: &str, make: impl Fn(usize) -> String, count: usize) {
    let (few, many) = (effort(&make(count / 10)), effort(&make(count)));
    println!("{what}: {few:.0} bytes a byte, {many:.0} in a text ten times as long");
    assert!(many < 3.0 * few + 200.0, "{what}: {few} grows to {many}");
}

#[test]
fn maps_with_many_keys() {
    let make = |count| lines("do:\n", count, |n| format!("  name{n}: 1"));
    grows_no_faster("names", make, 60_000);
}

#[test]
fn unknown_flow_directives() {
    let make = |count| {
        lines("do:\n", count, |n| {
            format!("  - task{n}: {{ wait: PT1S, then: tsk{n} }}")
        })
    };
    grows_no_faster("then", make, 20_000);
}

#[test]
fn unknown_instruments() {
    let make = |count| {
        let head = lines(
            "  metadata:\n    fermata:\n      instruments:\n",
            count,
            |n| format!("        player{n}: {{ patch: bell }}"),
        );
        lines("", count, |n| {
            format!("  - t{n}: {{ call: play, with: {{ instrument: plyer{n}, pattern: c4 }} }}")
        })
        .replace(HEAD, &(head + "do:\n"))
    };
    grows_no_faster("instruments", make, 8_000);
}

#[test]
fn unknown_names_under_use() {
    let make = |count| {
        let head = lines("use:\n  timeouts:\n", count, |n| {
            format!("    limit{n}: {{ after: PT1S }}")
        });
        lines("", count, |n| {
            format!("  - t{n}: {{ wait: PT1S, timeout: limt{n} }}")
        })
        .replace(HEAD, &(head + "do:\n"))
    };
    grows_no_faster("timeouts", make, 8_000);
}

#[test]
fn many_duplicate_tasks() {
    let make = |count| lines("do:\n", count, |_| "  - task: { wait: PT1S }".to_owned());
    grows_no_faster("tasks", make, 20_000);
}

#[test]
fn aliases_of_large_values() {
    let make = |count| {
        let list = vec!["x"; 100].join(", ");
        lines(&format!("a: &a [{list}]\ndo:\n"), count, |_| {
            "  - *a".to_owned()
        })
    };
    grows_no_faster("aliases", make, 3_000);
}

#[test]
fn many_expressions() {
    let make = |count| {
        lines("do:\n", count, |n| {
            format!("  - t{n}: {{ set: \"${{ .a{n} }}\" }}")
        })
    };
    grows_no_faster("expressions", make, 20_000);
}

#[test]
fn long_words_in_patterns() {
    for (what, word) in [
        ("a word", "x"),
        ("a chord", "cmaj"),
        ("joined parts", "c'"),
        ("a symbol", "A"),
        ("fractions", "1%"),
    ] {
        let make = |count: usize| {
            let task = format!(
                "do:\n  - play: {{ call: play, with: {{ pattern: \"{}\" }} }}",
                word.repeat(count)
            );
            format!("{HEAD}{task}\n")
        };
        grows_no_faster(what, make, 20_000);
    }
}
