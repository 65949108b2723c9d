//! The conformance scenarios of the standard that need no service.

use serde_json::{Value, json};

use crate::harness::{Outcome, Room, json_lines};

/// Performs a whole document and gives its end and the tasks that ran, in order.
fn run(document: &str, input: Value) -> (Value, Vec<String>) {
    let room = Room::new();
    room.write("w.yaml", document);
    let mut command = room
        .command("play w.yaml --clock virtual --store :memory: --tasks t.jsonl -o json --input");
    command.arg(input.to_string());
    let outcome = Outcome::of(command);
    let ends = json_lines(&outcome.out);
    assert_eq!(ends.len(), 1, "{outcome:#?}");
    let begun = room.json_lines("t.jsonl").into_iter();
    let begun = begun.filter(|line| line["event"] == "started");
    let names = begun.map(|line| line["name"].as_str().unwrap().to_owned());
    (ends[0].clone(), names.collect())
}

fn output(document: &str, input: Value) -> (Value, Vec<String>) {
    let (end, names) = run(document, input);
    assert_eq!(end["status"], "Completed", "{end:#}");
    (end["output"].clone(), names)
}

fn head(name: &str) -> String {
    format!("document:\n  dsl: '1.0.3'\n  namespace: default\n  name: {name}\n  version: '1.0.0'\n")
}

const COLORS: &str = "
  - setRed:
      set: { colors: '${ .colors + [ \"red\" ] }' }
      THEN_RED
  - setGreen:
      set: { colors: '${ .colors + [ \"green\" ] }' }
      THEN_GREEN
  - setBlue:
      set: { colors: '${ .colors + [ \"blue\" ] }' }
      THEN_BLUE
";

fn colors(red: &str, green: &str, blue: &str) -> String {
    COLORS
        .replace("THEN_RED", red)
        .replace("THEN_GREEN", green)
        .replace("THEN_BLUE", blue)
}

#[test]
fn tasks_run_in_document_order_or_follow_then() {
    let all = json!({ "colors": ["red", "green", "blue"] });
    let implicit = head("implicit") + "do:" + &colors("", "", "");
    let (result, names) = output(&implicit, json!({}));
    assert_eq!(result, all);
    assert_eq!(names, ["setRed", "setGreen", "setBlue"]);

    let explicit = head("explicit")
        + "do:\n  - setRed: { set: { colors: '${ .colors + [ \"red\" ] }' }, then: setGreen }
  - setBlue: { set: { colors: '${ .colors + [ \"blue\" ] }' }, then: end }
  - setGreen: { set: { colors: '${ .colors + [ \"green\" ] }' }, then: setBlue }\n";
    let (result, names) = output(&explicit, json!({}));
    assert_eq!(result, all);
    assert_eq!(names, ["setRed", "setGreen", "setBlue"]);
}

#[test]
fn a_switch_has_an_implicit_and_an_explicit_default() {
    let document = |default: &str, then: &str| {
        head("switch")
            + "do:\n  - switchColor:\n      switch:\n"
            + default
            + "        - red: { when: '.color == \"red\"', then: setRed }
        - green: { when: '.color == \"green\"', then: setGreen }\n"
            + then
            + &colors("then: end", "then: end", "then: end")
            + "  - setCustomColor: { set: { colors: '${ .colors + [ $input.color ] }' } }\n"
    };
    let (result, names) = output(&document("", ""), json!({ "color": "red" }));
    assert_eq!(result, json!({ "colors": ["red"] }));
    assert_eq!(names, ["switchColor", "setRed"]);
    let (result, names) = output(
        &document("", "      then: end\n"),
        json!({ "color": "yellow" }),
    );
    assert_eq!(result, json!({ "color": "yellow" }));
    assert_eq!(names, ["switchColor"]);
    // The default is for everything that matches no other case, even if it comes first.
    let other = "        - other: { then: setCustomColor }\n";
    let (result, _) = output(&document(other, ""), json!({ "color": "yellow" }));
    assert_eq!(result, json!({ "colors": ["yellow"] }));
    let (result, _) = output(&document(other, ""), json!({ "color": "green" }));
    assert_eq!(result, json!({ "colors": ["green"] }));
}

#[test]
fn a_document_may_omit_its_version_or_have_a_pre_release() {
    let document = "document: { dsl: 1.0.0-alpha1, namespace: default, name: set }
do:
  - setShape:
      set:
        shape: circle
        size: ${ .configuration.size }
        fill: ${ .configuration.fill }\n";
    let configuration = json!({ "size": { "width": 6 }, "fill": { "red": 69 } });
    let (result, _) = output(document, json!({ "configuration": configuration }));
    let expected = json!({ "shape": "circle", "size": { "width": 6 }, "fill": { "red": 69 } });
    assert_eq!(result, expected);
}

#[test]
fn loops_composites_and_races_pass_data_on() {
    let looped = head("for")
        + "do:
  - loopColors:
      for: { each: color, in: '.colors' }
      do:
        - markProcessed:
            set:
              processed: '${ { colors: (.processed.colors + [ $color ]), indexes: (.processed.indexes + [ $index ])} }'\n";
    let (result, _) = output(&looped, json!({ "colors": ["red", "green", "blue"] }));
    let processed = json!({ "colors": ["red", "green", "blue"], "indexes": [0, 1, 2] });
    assert_eq!(result, json!({ "processed": processed }));

    let race = head("fork")
        + "do:\n  - branch:\n      fork:\n        compete: true\n        branches:"
        + &colors("", "", "").replace("\n  ", "\n          ");
    let (result, _) = output(&race, json!({}));
    assert_eq!(result["colors"].as_array().unwrap().len(), 1);
}

#[test]
fn data_is_filtered_and_an_error_names_the_task_that_raised_it() {
    let filtered = head("input")
        + "do:\n  - setPlayerId: { input: { from: .user.claims.subject }, set: { playerId: '${ . }' } }\n";
    let input = json!({ "user": { "claims": { "subject": "6Asn" } } });
    assert_eq!(output(&filtered, input).0, json!({ "playerId": "6Asn" }));

    let raising = head("raise")
        + "do:
  - raiseError:
      raise:
        error:
          status: 400
          type: https://serverlessworkflow.io/errors/types/compliance
          title: Compliance Error
          instance: /somewhere/else\n";
    let (end, _) = run(&raising, json!({}));
    assert_eq!(end["status"], "Failed");
    assert_eq!(
        end["failure"]["details"],
        json!({
            "type": "https://serverlessworkflow.io/errors/types/compliance",
            "status": 400,
            "title": "Compliance Error",
            "instance": "/do/0/raiseError",
        })
    );
}
