//! What forms promise: fields of a schema, checks while typing, and the data that is sent.

use serde_json::{Value, json};

use super::*;
use crate::score::Schema;

fn form(schema: Value) -> Form {
    let schema = Schema::compile(schema).unwrap();
    let heading = "Raise".to_owned();
    Form::for_data(FormPurpose::GoTo, heading, "Raise", Some(schema), "Data")
}

fn free() -> Form {
    Form::for_data(FormPurpose::GoTo, "Raise".to_owned(), "Raise", None, "Data")
}

fn booking() -> Form {
    form(json!({
        "type": "object",
        "required": ["hall", "seats"],
        "properties": {
            "hall": { "type": "string", "title": "Hall", "minLength": 3 },
            "seats": { "$ref": "#/$defs/seats" },
            "open": { "type": "boolean", "default": true },
            "price": { "enum": ["low", "high"], "description": "What it costs." },
            "more": { "type": "object" },
        },
        "$defs": { "seats": { "type": "integer", "minimum": 1, "maximum": 400, "default": 80 } },
    }))
}

fn problems(form: &Form) -> Vec<String> {
    let problems = form.fields.iter().map(|field| field.problem.clone());
    problems.map(Option::unwrap_or_default).collect()
}

#[test]
fn a_schema_gives_a_field_for_each_property_with_its_default() {
    let form = booking();
    let labels: Vec<_> = form.fields.iter().map(|field| &*field.label).collect();
    assert_eq!(labels, ["Hall", "seats", "open", "price", "more"]);
    let required: Vec<_> = form.fields.iter().map(|field| field.is_required).collect();
    assert_eq!(required, [true, true, false, false, false]);
    assert_eq!(form.fields[0].kind, FieldKind::Text);
    assert_eq!(form.fields[1].typed, "80");
    assert_eq!(form.fields[2].chosen, Some(0), "yes");
    assert_eq!(form.fields[3].help, "What it costs.");
    assert_eq!(form.fields[3].options().unwrap()[1].label, "high");
    assert_eq!(form.fields[4].kind, FieldKind::Json);
    assert_eq!(form.focus, 0, "the first empty field");
    assert_eq!(
        problems(&form),
        ["", "", "", "", ""],
        "nothing is wrong yet"
    );
}

#[test]
fn what_is_typed_is_checked_at_once_and_said_at_its_field() {
    let mut form = booking();
    form.set_typed(1, "4000".to_owned());
    assert!(problems(&form)[1].contains("400"), "{:?}", problems(&form));
    form.set_typed(1, "many".to_owned());
    assert!(problems(&form)[1].contains("not a number"));
    form.set_typed(0, "Aa".to_owned());
    assert!(problems(&form)[0].contains("shorter than 3"));
    form.set_typed(4, "[1, 2".to_owned());
    assert!(problems(&form)[4].contains("JSON is not complete"));
    form.set_typed(0, "Aalto".to_owned());
    form.set_typed(1, "12".to_owned());
    form.set_typed(4, "{\"a\": 1}".to_owned());
    assert_eq!(problems(&form), ["", "", "", "", ""]);
    form.choose(3, 0);
    let data = json!({
        "hall": "Aalto", "seats": 12, "open": true, "price": "low", "more": { "a": 1 }
    });
    assert_eq!(form.send(), Some(data));
}

#[test]
fn what_is_needed_is_asked_for_when_the_form_is_sent() {
    let mut form = booking();
    form.focus = 4;
    assert_eq!(form.send(), None);
    assert_eq!(problems(&form)[0], "this is needed");
    assert_eq!(form.focus, 0);
    assert_eq!(form.problem, None, "said once");
    form.set_typed(0, "Aalto".to_owned());
    let sent = form.send().unwrap();
    assert_eq!(sent, json!({ "hall": "Aalto", "seats": 80, "open": true }));
}

#[test]
fn a_rule_about_several_fields_is_said_below_them() {
    let mut form = form(json!({
        "type": "object",
        "properties": { "a": { "type": "string" }, "b": { "type": "string" } },
        "minProperties": 1,
    }));
    assert_eq!(form.send(), None);
    assert!(form.problem.is_some());
    form.set_typed(1, "x".to_owned());
    assert_eq!(form.send(), Some(json!({ "b": "x" })));
}

#[test]
fn without_a_schema_json_is_taken_and_other_text_as_it_is() {
    let mut form = free();
    assert_eq!(form.send(), Some(Value::Null), "empty is no data");
    for (typed, data) in [
        ("12", json!(12)),
        ("{\"n\": [true]}", json!({ "n": [true] })),
        ("allow it", json!("allow it")),
        (" null ", Value::Null),
    ] {
        form.set_typed(0, typed.to_owned());
        let said = form.fields[0].note();
        assert_eq!(said.is_some(), data.is_string(), "{typed}: {said:?}");
        assert_eq!(form.send(), Some(data), "{typed}");
    }
    for wrong in ["{\"n\": }", "[1", "\"open"] {
        form.set_typed(0, wrong.to_owned());
        assert!(problems(&form)[0].contains("column"), "{wrong}");
        assert_eq!(form.send(), None, "{wrong}");
    }
}

#[test]
fn options_are_chosen_by_digit_and_by_a_letter_that_only_one_has() {
    let form = form(json!({ "enum": ["allow", "skip", "stop", "cancel", 7] }));
    assert!(form.sends_on_choice());
    assert_eq!(form.option_of('1'), Some(0));
    assert_eq!(form.option_of('5'), Some(4));
    assert_eq!(form.option_of('6'), None);
    assert_eq!(form.option_of('A'), Some(0));
    assert_eq!(form.option_of('s'), None, "two begin with it");
    assert_eq!(form.option_of('c'), None, "it opens the form");
    assert_eq!(booking().option_of('1'), None, "digits are typed");
}

#[test]
fn constants_with_titles_are_options_and_data_with_one_member_is_named_by_it() {
    let options = |schema: Value| {
        let form = form(schema);
        let options = form.fields[0].options().unwrap().iter();
        options
            .map(|option| option.label.clone())
            .collect::<Vec<_>>()
    };
    let titled = json!({ "oneOf": [{ "const": 1, "title": "Once" }, { "const": 2 }] });
    assert_eq!(options(titled), ["Once", "2"]);
    let samples = json!({ "enum": [{ "decision": "allow" }, { "decision": "skip" }] });
    assert_eq!(options(samples), ["allow", "skip"]);
}

#[test]
fn a_large_or_composed_schema_is_one_field_that_is_still_checked() {
    let mut composed = form(json!({ "allOf": [{ "type": "object", "required": ["a"] }] }));
    assert_eq!(composed.fields.len(), 1);
    composed.set_typed(0, "{\"b\": 1}".to_owned());
    assert!(problems(&composed)[0].contains("required"));
    composed.set_typed(0, "{\"a\": 1}".to_owned());
    assert_eq!(composed.send(), Some(json!({ "a": 1 })));
    let many: serde_json::Map<_, _> = (0..200)
        .map(|n| (format!("p{n}"), json!({ "type": "string" })))
        .collect();
    let many = form(json!({ "type": "object", "properties": many }));
    assert_eq!(many.fields.len(), 1);
}

#[test]
fn the_focus_goes_round_and_the_lines_do_not() {
    let mut form = booking();
    form.step_focus(-1);
    assert_eq!(form.focus, 4);
    form.step_focus(1);
    assert_eq!(form.focus, 0);
    let line = |text: &str| FoundLine {
        text: text.to_owned(),
        detail: String::new(),
        completes: text.to_owned(),
        goes_on: false,
    };
    let mut form = free();
    form.offer(vec![line("a"), line("b")], false);
    form.step_line(0);
    assert_eq!(form.line, None, "no key was pressed");
    form.step_line(5);
    assert_eq!(form.line, Some(0));
    form.step_line(5);
    assert_eq!(form.take_line().map(|line| line.text).as_deref(), Some("b"));
    assert_eq!(form.fields[0].typed, "b");
    form.offer(vec![line("b2")], true);
    assert_eq!(form.line, Some(0));
}
