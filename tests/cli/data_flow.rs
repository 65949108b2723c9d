//! Input and output of tasks: schemas, transformations, the arguments of expressions.

use fermata::{
    engine::{Event, EventKind, Named},
    score::{ScoreInput, parse},
};
use serde_json::{Value, json};

use crate::simulation::Simulation;
use crate::tasks::{perform, perform_with};

const VALIDATION: &str = "https://open-workflow-specification.org/spec/1.0.0/errors/validation";

fn number(member: &str) -> Value {
    json!({ "format": "json", "document": {
        "type": "object", "required": [member], "properties": { member: { "type": "integer" } },
    } })
}

#[test]
fn data_that_violates_its_schema_is_a_validation_error_of_its_task() {
    let good = perform_with(
        json!([{ "step": {
            "input": { "schema": number("n"), "from": ".n" },
            "set": { "m": "${ . + 1 }" },
            "output": { "schema": number("out"), "as": "${ { out: .m } }" },
            "export": { "schema": number("kept"), "as": "${ { kept: .out } }" },
        } }]),
        json!({ "n": 1 }),
        json!({ "input": { "schema": number("n") }, "output": { "schema": number("out") } }),
    );
    assert_eq!(good.output(), &json!({ "out": 2 }));

    let step = |words: Value| {
        let mut task = json!({ "set": { "m": 1 } });
        task.as_object_mut()
            .unwrap()
            .extend(words.as_object().unwrap().clone());
        perform(json!([{ "step": task }]), json!({ "n": "one" }))
    };
    for words in [
        json!({ "input": { "schema": number("n"), "from": "{ n: 1 }" } }),
        json!({ "output": { "schema": number("m"), "as": "{ m: \"x\" }" } }),
        json!({ "export": { "schema": number("m"), "as": "{ m: 1.5 }" } }),
    ] {
        let run = step(words.clone());
        assert_eq!(run.error()["type"], VALIDATION, "{words}");
        assert_eq!(run.error()["status"], 400);
        assert_eq!(run.error()["instance"], "/do/0/step");
        assert!(run.tasks.contains(&"faulted /do/0/step".to_owned()));
    }

    let tasks = json!([{ "step": { "set": { "m": 1 } } }]);
    for root in [
        json!({ "input": { "schema": number("n") } }),
        json!({ "output": { "schema": number("n") } }),
    ] {
        let run = perform_with(tasks.clone(), json!({ "n": "one" }), root.clone());
        assert_eq!(run.error()["type"], VALIDATION, "{root}");
    }
}

#[test]
fn a_validation_error_can_be_caught() {
    let run = perform(
        json!([{ "guard": {
            "try": [{ "step": { "input": { "schema": number("n") }, "set": {} } }],
            "catch": {
                "errors": { "with": { "type": VALIDATION, "instance": "/do/0/guard/try/0/step" } },
                "as": "wrong",
                "do": [{ "note": { "set": { "detail": "${ $wrong.detail }" } } }],
            },
        } }]),
        json!({}),
    );
    let detail = run.output()["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("the input does not fit its schema: "),
        "{detail}"
    );
}

#[test]
fn expressions_see_the_arguments_of_the_standard() {
    let run = perform_with(
        json!([
            { "outer": {
                "input": { "from": "{ in: .raw, early: $input }" },
                "do": [{ "inner": {
                    "set": { "seen": "${ { task: $task, input: $input, output: $output } }" },
                    "output": { "as": "${ . + { raw: $task.output, none: $output } }" },
                } }],
                "output": { "as": "${ { inner: ., mine: $input, name: $task.name, was: $task.input } }" },
                "export": { "as": "${ { before: $context, out: $output.name, raw: $task.output.seen.input } }" },
            } },
            { "last": { "set": "${ . + { context: $context, workflow: $workflow, runtime: $runtime } }" } },
        ]),
        json!({ "raw": 7 }),
        json!({ "output": { "as": "${ . + { left: [$input, $output, $task] } }" } }),
    );
    let output = run.output();
    let seen = &output["inner"]["seen"];
    assert_eq!(output["mine"], json!({ "in": 7, "early": null }));
    assert_eq!(output["name"], "outer");
    assert_eq!(output["was"], json!({ "raw": 7 }));
    assert_eq!(seen["input"], json!({ "in": 7, "early": null }));
    assert_eq!(seen["output"], Value::Null);
    assert_eq!(output["inner"]["raw"]["seen"], *seen);
    assert_eq!(output["inner"]["none"], Value::Null);
    let task = &seen["task"];
    assert_eq!(task["name"], "inner");
    assert_eq!(task["reference"], "/do/0/outer/do/0/inner");
    assert!(task["definition"]["set"]["seen"].is_string());
    assert_eq!(task["input"], json!({ "in": 7, "early": null }));
    let start = json!({
        "iso8601": "2000-01-01T00:00:00.000000000Z",
        "epoch": { "seconds": 946_684_800, "milliseconds": 946_684_800_000_u64 },
    });
    assert_eq!(task["startedAt"], start);
    // The context is the workflow's input at first, and then what was exported.
    assert_eq!(
        output["context"],
        json!({ "before": { "raw": 7 }, "out": "outer", "raw": { "in": 7, "early": null } })
    );
    let workflow = &output["workflow"];
    assert_eq!(workflow["id"], "tasks-1");
    assert_eq!(workflow["input"], json!({ "raw": 7 }));
    assert_eq!(workflow["definition"]["document"]["name"], "tasks");
    assert_eq!(workflow["startedAt"], start);
    assert_eq!(output["runtime"]["name"], "fermata");
    assert_eq!(output["runtime"]["metadata"], json!({}));
    assert_eq!(output["left"], json!([null, null, null]));
}

#[test]
fn a_loop_that_never_waits_is_stopped() {
    let run = perform(
        json!([{ "again": { "set": { "n": "${ [limit(400000; repeat(1))] | length }" }, "then": "again" } }]),
        json!({}),
    );
    let detail = run.error()["detail"].as_str().unwrap();
    assert!(
        detail.contains("too many expressions were evaluated without waiting"),
        "{detail}"
    );
    // With a wait in it the same loop may go on.
    let run = perform(
        json!([{ "round": {
            "for": { "in": "[range(8)]" },
            "do": [
                { "work": { "set": { "n": "${ [limit(400000; repeat(1))] | length }" } } },
                { "breathe": { "wait": { "milliseconds": 1 } } },
            ],
        } }]),
        json!({}),
    );
    assert_eq!(run.output(), &json!({ "n": 400_000 }));
}

/// Two branches: a voice, and another task.
fn duet(second: Value) -> Value {
    let rest = json!({ "call": "rest", "with": { "beats": 1 } });
    json!({ "duet": { "fork": { "branches": [{ "first": rest }, { "second": second }] } } })
}

fn forty_times(task: Value) -> Value {
    json!([{ "loop": { "for": { "in": "${ [range(40)] }" }, "do": [task] } }])
}

#[test]
fn a_fork_whose_branches_only_make_music_passes_its_data_on() {
    let voice = json!({ "do": [
        { "sing": { "call": "rest", "with": { "beats": 1 } } },
        { "breathe": { "wait": "PT1S" } },
    ] });
    let run = perform(forty_times(duet(voice)), json!({ "n": 1 }));
    assert_eq!(run.output(), &json!({ "n": 1 }));
}

#[test]
fn a_fork_with_other_branches_returns_a_list_with_nothing_for_music() {
    for (second, output) in [
        (json!({ "set": { "m": 2 } }), json!([null, { "m": 2 }])),
        (
            json!({ "call": "rest", "with": { "beats": 1 }, "output": { "as": "${ .n }" } }),
            json!([null, 1]),
        ),
        (json!({ "wait": "PT1S" }), json!([null, { "n": 1 }])),
    ] {
        let run = perform(json!([duet(second)]), json!({ "n": 1 }));
        assert_eq!(run.output(), &output);
    }
    let waits = json!([{ "waits": { "fork": { "branches": [
        { "short": { "wait": "PT1S" } },
        { "long": { "wait": "PT2S" } },
    ] } } }]);
    assert_eq!(perform(waits, json!(1)).output(), &json!([1, 1]));
}

#[test]
fn in_instances_of_earlier_versions_a_fork_lists_its_input_for_each_voice() {
    let rest = json!({ "call": "rest", "with": { "beats": 1 } });
    let score = json!({
        "document": { "dsl": "1.0.0", "namespace": "test", "name": "old", "version": "1.0.0" },
        "do": [duet(rest)],
    });
    let document = parse(&score.to_string(), "old").unwrap();
    let mut input = serde_json::to_value(ScoreInput::new(&document, json!({ "n": 1 }))).unwrap();
    // Earlier versions did not record it.
    input
        .as_object_mut()
        .unwrap()
        .remove("music_has_no_output")
        .unwrap();
    let output = Simulation::default().run(async |conductor| {
        let engine = conductor.engine();
        let workflow = Named::<Value, Value>::new("old");
        let id = engine.start_instance(workflow, &input).await.unwrap();
        engine.until_closed(&id).await.unwrap().output
    });
    assert_eq!(output.unwrap().to_json(), json!([{ "n": 1 }, { "n": 1 }]));
}

#[test]
fn a_loop_of_voices_and_an_event_does_not_multiply_its_data() {
    let emit =
        json!({ "emit": { "event": { "with": { "source": "urn:test", "type": "round" } } } });
    let voice = json!({ "call": "rest", "with": { "beats": 1 } });
    let trio = json!({ "trio": { "fork": { "branches": [
        { "first": voice }, { "second": voice }, { "round": emit },
    ] } } });
    let run = perform(forty_times(trio), json!({ "n": 1 }));
    assert_eq!(run.output().as_array().unwrap().len(), 3);
    assert_eq!(run.output()[0], Value::Null);
}

/// The captions of the rests of a run, in order.
fn captions(history: &[Event]) -> Vec<String> {
    let rests = history.iter().filter_map(|event| match &event.kind {
        EventKind::TaskScheduled { name, input, .. } if name == "rest" => Some(input.to_json()),
        _ => None,
    });
    let captions = rests.map(|rest| rest["caption"].as_str().unwrap_or("none").to_owned());
    captions.collect()
}

#[test]
fn the_caption_of_a_rest_may_be_an_expression_and_stays_a_text_in_earlier_instances() {
    let rest =
        |caption: &str| json!({ "call": "rest", "with": { "beats": 1, "caption": caption } });
    let score = json!({
        "document": { "dsl": "1.0.0", "namespace": "test", "name": "old", "version": "1.0.0" },
        "do": [
            { "one": rest("A plain text.") },
            { "two": rest("${ .order + \" is paid.\" }") },
        ],
    });
    let document = parse(&score.to_string(), "old").unwrap();
    let start = ScoreInput::new(&document, json!({ "order": "Order 7" }));
    let mut earlier = serde_json::to_value(&start).unwrap();
    earlier
        .as_object_mut()
        .unwrap()
        .remove("computes_captions")
        .unwrap();
    for (input, second) in [
        (serde_json::to_value(&start).unwrap(), "Order 7 is paid."),
        (earlier, "${ .order + \" is paid.\" }"),
    ] {
        let history = Simulation::default().run(async |conductor| {
            let engine = conductor.engine();
            let workflow = Named::<Value, Value>::new("old");
            let id = engine.start_instance(workflow, &input).await.unwrap();
            engine.until_closed(&id).await.unwrap();
            engine.archive().history(&id).unwrap()
        });
        assert_eq!(captions(&history), ["A plain text.", second]);
    }
}
