//! Expressions are jq: they give what the real jq gives.
//!
//! A table of expressions with jq's results always runs. Generated expressions are compared with the real
//! jq where there is one: `FERMATA_JQ` names a command such as `python3 tests/scores/jq_reference.py`.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use fermata::score::{Expression, ExpressionError, Variables};
use serde_json::{Value, json};

use crate::jq_generator::Generator;

/// jq's results, or `None` if it fails.
type Results = Option<Vec<Value>>;

/// What Fermata makes of an expression.
#[derive(Debug, Clone, PartialEq)]
enum Ours {
    /// Its results.
    Results(Vec<Value>),
    /// It fails.
    Fails(String),
    /// It is refused before anything is played.
    Refused(String),
}

fn ours(text: &str, input: &Value) -> Ours {
    // All results are one list, whatever their number.
    let wrapped = format!("[{text}\n]");
    match Expression::compile(&wrapped, &[]) {
        Err(error) => Ours::Refused(error.message),
        Ok(expression) => match expression.evaluate(input, &Variables::new()) {
            Ok(Value::Array(results)) => Ours::Results(results),
            Ok(other) => Ours::Fails(format!("not a list: {other}")),
            Err(ExpressionError::Failed { message, .. }) => Ours::Fails(message),
            Err(error) => Ours::Fails(error.to_string()),
        },
    }
}

/// Whether two values are the same. Floats may differ in the last digits, where processors do.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (Some(x), Some(y)) = (one.as_f64(), other.as_f64()) else {
                return one == other;
            };
            x == y || (x - y).abs() <= 1e-12 * x.abs().max(y.abs())
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(x, y)| same(x, y))
        }
        (Value::Object(one), Value::Object(other)) => {
            let has = |(key, x): (&String, &Value)| other.get(key).is_some_and(|y| same(x, y));
            one.len() == other.len() && one.iter().all(has)
        }
        _ => one == other,
    }
}

fn agrees(ours: &Ours, theirs: &Results) -> bool {
    match (ours, theirs) {
        (Ours::Results(ours), Some(theirs)) => {
            same(&Value::Array(ours.clone()), &Value::Array(theirs.clone()))
        }
        (Ours::Fails(_) | Ours::Refused(_), None) => true,
        _ => false,
    }
}

fn described(text: &str, input: &Value, ours: &Ours, theirs: &Results) -> String {
    let theirs = theirs
        .as_ref()
        .map_or("fails".to_owned(), |results| json!(results).to_string());
    format!("{text}\n    on {input}\n    jq:   {theirs}\n    ours: {ours:?}")
}

#[test]
fn expressions_give_what_jq_gives() {
    let document: Value = serde_json::from_str(include_str!("jq-document.json")).unwrap();
    let mut differences = Vec::new();
    for line in include_str!("jq-expected.jsonl").lines() {
        let mut row: Value = serde_json::from_str(line).unwrap();
        if row.get("input").is_none() {
            row["input"] = document.clone();
        }
        let text = row["expression"].as_str().unwrap();
        let theirs = row["results"].as_array().cloned();
        let ours = ours(text, &row["input"]);
        let is_refused = row["refused"].as_bool() == Some(true);
        let fits = match &ours {
            // A refusal says why.
            Ours::Refused(why) if is_refused => why.contains("refused"),
            ours => !is_refused && agrees(ours, &theirs),
        };
        if !fits {
            differences.push(described(text, &row["input"], &ours, &theirs));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The results of the real jq, if there is one.
fn reference(rows: &[(String, Value)]) -> Option<Vec<Results>> {
    let command = std::env::var("FERMATA_JQ").ok()?;
    let mut words = command.split_whitespace();
    let mut child = Command::new(words.next()?)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("FERMATA_JQ names a program");
    let mut stdin = child.stdin.take().unwrap();
    let lines: String = rows
        .iter()
        .map(|(text, input)| format!("{}\n", json!([text, input])))
        .collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Results> = answers
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["results"]
                .as_array()
                .cloned()
        })
        .collect();
    assert_eq!(
        answers.len(),
        rows.len(),
        "the reference answers every line"
    );
    Some(answers)
}

#[test]
fn generated_expressions_give_what_jq_gives() {
    const COUNT: usize = 1500;
    let mut generator = Generator::new(crate::common::seed::seed());
    let rows: Vec<(String, Value)> = (0..COUNT).map(|_| generator.row()).collect();
    let Some(answers) = reference(&rows) else {
        println!("skipped: FERMATA_JQ names no jq");
        return;
    };
    let mut differences = Vec::new();
    for ((text, input), theirs) in rows.iter().zip(&answers) {
        let ours = ours(text, input);
        if !agrees(&ours, theirs) {
            differences.push(described(text, input, &ours, theirs));
        }
    }
    println!("{} of {COUNT} differ", differences.len());
    println!("{}", differences.join("\n"));
    assert!(
        differences.len() * 100 <= COUNT,
        "more than one in a hundred differs"
    );
}
