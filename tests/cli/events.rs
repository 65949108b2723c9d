//! Events between instances: `emit`, `listen` and schedules.

use std::{thread, time::Duration};

use serde_json::{Value, json};

use crate::{
    harness::{Room, eventually, json_lines},
    tasks::{Performed, perform, perform_with},
};

/// A score of that name.
fn score(name: &str, tasks: Value) -> String {
    json!({
        "document": { "dsl": "1.0.3", "namespace": "test", "name": name, "version": "1.0.0" },
        "do": tasks,
    })
    .to_string()
}

/// A task that emits an event of that type with that data.
fn emit(kind: &str, data: Value) -> Value {
    json!({ "emit": { "event": { "with": { "source": "test:emitter", "type": kind, "data": data } } } })
}

/// Emits these one after the other, each a second after the one before, beginning after a second.
fn emits(events: &[(&str, Value)]) -> Value {
    let tasks = events.iter().enumerate().flat_map(|(n, (kind, data))| {
        [
            json!({ format!("pause{n}"): { "wait": "PT1S" } }),
            json!({ format!("emit{n}"): emit(kind, data.clone()) }),
        ]
    });
    tasks.collect()
}

/// What becomes of a `listen` task while another instance emits these.
fn heard_by(listen: Value, events: &[(&str, Value)]) -> Value {
    let tasks = json!([{ "hear": listen }]);
    together(&[("listener", tasks), ("emitter", emits(events))]).remove(0)
}

/// The outputs of scores that are performed together in virtual time.
fn together(scores: &[(&str, Value)]) -> Vec<Value> {
    let room = Room::new();
    let mut args = String::from("play --clock virtual --store s.redb -o json");
    for (name, tasks) in scores {
        room.write(&format!("{name}.json"), &score(name, tasks.clone()));
        args += &format!(" {name}.json");
    }
    let first = room.succeed(&args);
    let ends = json_lines(&first);
    for end in &ends {
        assert_eq!(end["status"], "Completed", "{end:#}");
        let id = end["id"].as_str().unwrap();
        room.write(
            "h.json",
            &room.succeed(&format!("export {id} --store s.redb")),
        );
        room.succeed("replay h.json");
    }
    // The same performance every time.
    let again = room.succeed(&args.replace("s.redb", "again.redb"));
    assert_eq!(first, again);
    ends.iter().map(|end| end["output"].clone()).collect()
}

#[test]
fn emit_gives_the_whole_event() {
    let run = perform(
        json!([{ "greet": { "emit": { "event": { "with": {
            "source": "https://fake-source.com",
            "type": "com.fake-source.user.greeted.v1",
            "data": { "greetings": "${ \"Hello \\(.user.firstName) \\(.user.lastName)!\" }" },
        } } } } }]),
        json!({ "user": { "firstName": "John", "lastName": "Doe" } }),
    );
    let event = run.output().as_object().unwrap();
    let mut names: Vec<&str> = event.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["data", "id", "source", "specversion", "time", "type"]
    );
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["time"], "2000-01-01T00:00:00.000000000Z");
    assert_eq!(event["id"].as_str().unwrap().len(), 36);
    assert_eq!(event["data"], json!({ "greetings": "Hello John Doe!" }));
    assert_eq!(run.tasks, ["started /do/0/greet", "completed /do/0/greet"]);
}

#[test]
fn every_attribute_of_an_emitted_event_can_be_set() {
    let with = json!({
        "id": "${ .n | tostring }", "source": "${ \"test:\" + .from }", "type": "t",
        "time": "2024-02-29T12:00:00+01:00", "subject": "s", "datacontenttype": "application/json",
        "dataschema": "https://x.y/z", "data": ["${ .n }", { "deep": "${ .from }" }], "seat": 7,
    });
    let tasks = json!([{ "tell": { "emit": { "event": { "with": with } } } }]);
    let run = perform(tasks.clone(), json!({ "n": 3, "from": "hall" }));
    let expected = json!({
        "specversion": "1.0", "id": "3", "source": "test:hall", "type": "t",
        "time": "2024-02-29T12:00:00+01:00", "subject": "s", "datacontenttype": "application/json",
        "dataschema": "https://x.y/z", "data": [3, { "deep": "hall" }], "seat": 7,
    });
    assert_eq!(run.output(), &expected);

    let error = perform(tasks, json!({ "n": 3, "from": 7 }));
    let error = error.error();
    assert_eq!(error["instance"], "/do/0/tell");
    let wrong = json!([{ "tell": { "emit": { "event": { "with": { "source": "${ .n }", "type": "t" } } } } }]);
    let error = perform(wrong, json!({ "n": 3 }));
    assert_eq!(error.error()["status"], 400);
    let detail = error.error()["detail"].as_str().unwrap();
    assert!(
        detail.contains("`source` must be a non-empty string"),
        "{detail}"
    );
}

#[test]
fn one_takes_the_first_match() {
    let listen = json!({ "listen": { "to": { "one": { "with": { "type": "go", "data": "${ .n > 1 }" } } } } });
    let events = [
        ("stop", json!({ "n": 5 })),
        ("go", json!("no map")),
        ("go", json!({ "n": 1 })),
        ("go", json!({ "n": 2 })),
    ];
    assert_eq!(heard_by(listen, &events), json!([{ "n": 2 }]));
}

#[test]
fn any_takes_the_first_match_of_one_of_the_filters() {
    let any = json!([
        { "with": { "type": "temperature", "data": "${ .value > 38 }" } },
        { "with": { "type": "pulse" } },
    ]);
    let listen = json!({ "listen": { "to": { "any": any } } });
    let events = [
        ("temperature", json!({ "value": 37 })),
        ("pulse", json!({ "value": 60 })),
        ("temperature", json!({ "value": 39 })),
    ];
    assert_eq!(heard_by(listen, &events), json!([{ "value": 60 }]));
    let listen = json!({ "listen": { "to": { "any": [] } } });
    assert_eq!(heard_by(listen, &events), json!([{ "value": 37 }]));
}

#[test]
fn all_waits_for_one_of_each_in_any_order() {
    let all = json!([{ "with": { "type": "a" } }, { "with": { "type": "b" } }]);
    let listen = json!({ "listen": { "to": { "all": all } } });
    let events = [("b", json!(1)), ("b", json!(2)), ("a", json!(3))];
    assert_eq!(heard_by(listen, &events), json!([1, 3]));
}

#[test]
fn listening_continues_until_a_condition_is_true() {
    let to = json!({ "any": [{ "with": { "type": "n" } }], "until": "( . | length ) == 3" });
    let events = [
        ("n", json!(1)),
        ("m", json!(9)),
        ("n", json!(2)),
        ("n", json!(3)),
        ("n", json!(4)),
    ];
    let listen = json!({ "listen": { "to": to } });
    assert_eq!(heard_by(listen, &events), json!([1, 2, 3]));
    let listen = json!({ "listen": { "to": { "any": [], "until": "${ .[-1] > 8 }" } } });
    assert_eq!(heard_by(listen, &events), json!([1, 9]));
}

#[test]
fn listening_continues_until_an_event_that_is_not_in_the_output() {
    let events = [
        ("n", json!(1)),
        ("stop", json!(0)),
        ("n", json!(2)),
        ("end", json!(0)),
        ("n", json!(3)),
    ];
    let until = |until: Value| json!({ "listen": { "to": { "any": [], "until": until } } });
    let one = until(json!({ "one": { "with": { "type": "stop" } } }));
    assert_eq!(heard_by(one, &events), json!([1]));
    let all =
        until(json!({ "all": [{ "with": { "type": "end" } }, { "with": { "type": "stop" } }] }));
    assert_eq!(heard_by(all, &events), json!([1, 2]));
    let any =
        until(json!({ "any": [{ "with": { "type": "end" } }, { "with": { "type": "never" } }] }));
    assert_eq!(heard_by(any, &events), json!([1, 0, 2]));
}

#[test]
fn until_is_allowed_only_with_any() {
    let to = json!({ "one": { "with": { "type": "n" } }, "until": "false" });
    assert_eq!(
        heard_by(json!({ "listen": { "to": to } }), &[("n", json!(1))]),
        json!([1])
    );
}

#[test]
fn filters_match_attributes_as_text_pattern_expression_and_part_of_the_data() {
    let events = [("com.x.up", json!({ "a": 1, "b": { "c": [1, 2] } }))];
    for (with, fits) in [
        (json!({ "type": "com.x.up" }), true),
        (json!({ "type": "com\\..*\\.(up|down)" }), true),
        (json!({ "type": "com" }), false),
        (json!({ "type": "Com.x.up" }), false),
        (json!({ "type": "com.x.up", "source": "test:.*" }), true),
        (json!({ "source": "${ $workflow.input.source }" }), true),
        (json!({ "source": "${ startswith(\"test\") }" }), true),
        (json!({ "source": "other" }), false),
        (json!({ "subject": "x" }), false),
        (json!({ "subject": "${ . == null }" }), true),
        (json!({ "data": { "a": 1 } }), true),
        (
            json!({ "data": { "a": 1.0, "b": { "c": "${ .[0] == 1 }" } } }),
            true,
        ),
        (json!({ "data": { "a": 2 } }), false),
        (json!({ "data": { "b": { "c": [1] } } }), false),
        (json!({ "data": "${ .a == 1 }" }), true),
        (json!({ "data": "${ .a.b }" }), false),
    ] {
        let listen = json!({
            "listen": { "to": { "one": { "with": with } } },
            "timeout": { "after": "PT5S" },
        });
        let caught = json!([{ "guard": {
            "try": [{ "hear": listen }],
            "catch": { "do": [{ "silence": { "set": "${ \"silence\" }" } }] },
        } }]);
        let room = Room::new();
        room.write("l.json", &score("l", caught));
        room.write("e.json", &score("e", emits(&events)));
        let mut command =
            room.command("play l.json e.json --clock virtual --store s.redb -o json --input");
        command.arg(r#"{ "source": "test:emitter" }"#);
        let outcome = crate::harness::Outcome::of(command);
        assert_eq!(outcome.code, Some(0), "{outcome:#?}");
        let heard = &json_lines(&outcome.out)[0]["output"];
        assert_eq!(heard != "silence", fits, "{with}: {heard}");
    }
}

#[test]
fn correlated_events_must_match_the_expected_value_or_the_first_event() {
    let filter = |kind: &str, expect: Option<&str>| {
        let mut order = json!({ "from": "${ .data.order }" });
        if let Some(expect) = expect {
            order["expect"] = expect.into();
        }
        json!({ "with": { "type": kind }, "correlate": { "order": order } })
    };
    let events = [
        ("placed", json!({ "order": 1 })),
        ("paid", json!({ "order": 2 })),
        ("paid", json!({ "nothing": 0 })),
        ("paid", json!({ "order": 1, "late": true })),
    ];
    let all = json!({ "all": [filter("placed", None), filter("paid", None)] });
    assert_eq!(
        heard_by(json!({ "listen": { "to": all } }), &events),
        json!([{ "order": 1 }, { "order": 1, "late": true }])
    );
    let one = json!({ "one": filter("paid", Some("${ 1 + 1 }")) });
    assert_eq!(
        heard_by(json!({ "listen": { "to": one } }), &events),
        json!([{ "order": 2 }])
    );
    let text = [
        ("paid", json!({ "order": "x" })),
        ("paid", json!({ "order": "y" })),
    ];
    let one = json!({ "one": filter("paid", Some("y")) });
    assert_eq!(
        heard_by(json!({ "listen": { "to": one } }), &text),
        json!([{ "order": "y" }])
    );
}

#[test]
fn read_selects_the_part_of_an_event() {
    let hear = |read: &str| {
        let listen =
            json!({ "listen": { "to": { "one": { "with": { "type": "n" } } }, "read": read } });
        heard_by(listen, &[("n", json!({ "x": 1 }))])
    };
    assert_eq!(hear("data"), json!([{ "x": 1 }]));
    assert_eq!(hear("raw"), json!([{ "x": 1 }]));
    let envelope = hear("envelope");
    assert_eq!(envelope[0]["source"], "test:emitter");
    assert_eq!(envelope[0]["data"], json!({ "x": 1 }));
    assert_eq!(envelope[0]["time"], "2000-01-01T00:00:01.000000000Z");
}

#[test]
fn foreach_handles_one_event_after_the_other() {
    // The tasks take longer than the next event is away: it waits its turn.
    let foreach = json!({
        "item": "event", "at": "i",
        "do": [
            { "work": { "wait": "PT1.5S" } },
            { "mark": { "set": { "n": "${ $event.n * 10 }", "i": "${ $i }", "before": "${ $context }" } } },
        ],
        "output": { "as": "${ [.n, .i, .before] }" },
        "export": { "as": "${ .[0] }" },
    });
    let listen = json!({
        "listen": { "to": { "any": [{ "with": { "type": "n" } }], "until": { "one": { "with": { "type": "stop" } } } } },
        "foreach": foreach,
    });
    let events = [
        ("n", json!({ "n": 1 })),
        ("n", json!({ "n": 2 })),
        ("stop", json!(0)),
        ("n", json!({ "n": 3 })),
    ];
    assert_eq!(heard_by(listen, &events), json!([[10, 0, {}], [20, 1, 10]]));
    // Without tasks the event itself is what `output.as` works on; `item` is its name then.
    let listen = json!({
        "listen": { "to": { "any": [], "until": "${ length == 2 }" } },
        "foreach": { "output": { "as": "${ .n + $item.n + $index }" } },
    });
    assert_eq!(heard_by(listen, &events), json!([2, 5]));
}

#[test]
fn foreach_can_end_the_workflow_and_its_tasks_are_logged() {
    let room = Room::new();
    let listen = json!({ "hear": {
        "listen": { "to": { "any": [], "until": "${ false }" } },
        "foreach": { "do": [
            { "enough": { "switch": [{ "yes": { "when": ". == 2", "then": "end" } }, { "no": { "then": "continue" } }] } },
        ] },
    } });
    room.write(
        "l.json",
        &score("l", json!([listen, { "never": { "set": { "x": 1 } } }])),
    );
    room.write(
        "e.json",
        &score(
            "e",
            emits(&[("n", json!(1)), ("n", json!(2)), ("n", json!(3))]),
        ),
    );
    let out =
        room.succeed("play l.json e.json --clock virtual --store s.redb --tasks t.jsonl -o json");
    assert_eq!(json_lines(&out)[0]["output"], json!([1, 2]));
    let reported = room.json_lines("t.jsonl").into_iter();
    let reported = reported.filter(|line| line["instance"] == "l-1");
    let reported: Vec<String> = reported
        .map(|line| {
            format!(
                "{} {}",
                line["event"].as_str().unwrap(),
                line["task"].as_str().unwrap()
            )
        })
        .collect();
    let round = [
        "started /do/0/hear/foreach/do/0/enough",
        "completed /do/0/hear/foreach/do/0/enough",
    ];
    let expected = [
        &["started /do/0/hear"][..],
        &round,
        &round,
        &["completed /do/0/hear"],
    ]
    .concat();
    assert_eq!(reported, expected);
}

#[test]
fn a_timeout_ends_listening_in_the_middle_of_it() {
    let guard = |listen: Value| {
        json!([{ "guard": {
        "try": [{ "hear": listen }],
        "catch": { "errors": { "with": { "status": 408 } }, "do": [{ "late": { "set": { "late": true } } }] },
    } }])
    };
    let to = json!({ "any": [], "until": "${ false }" });
    let timeout = json!({ "after": "PT2.5S" });
    let events = [("n", json!(1)), ("n", json!(2)), ("n", json!(3))];
    for listen in [
        json!({ "listen": { "to": to }, "timeout": timeout }),
        json!({ "listen": { "to": to }, "foreach": { "do": [{ "long": { "wait": "PT9S" } }] }, "timeout": timeout }),
    ] {
        let outputs = together(&[("l", guard(listen)), ("e", emits(&events))]);
        assert_eq!(outputs[0], json!({ "late": true }));
    }
}

#[test]
fn early_events_are_kept_in_order() {
    let listen = |kind: &str| json!({ "listen": { "to": { "one": { "with": { "type": kind } } } }, "output": { "as": "${ $input + . }" } });
    let tasks = json!([
        { "begin": { "set": "${ [] }" } },
        { "sleep": { "wait": "PT10S" } },
        { "one": listen("b") }, { "two": listen("a") }, { "three": listen("b") },
    ]);
    let events = [
        ("a", json!(1)),
        ("b", json!(2)),
        ("c", json!(3)),
        ("b", json!(4)),
    ];
    assert_eq!(
        together(&[("l", tasks), ("e", emits(&events))])[0],
        json!([2, 1, 4])
    );
}

#[test]
fn the_same_event_is_received_once() {
    let twice = json!([{ "loop": { "for": { "in": "${ [1, 1, 2] }" }, "do": [
        { "tell": { "emit": { "event": { "with": { "id": "${ $item | tostring }", "source": "s", "type": "n", "data": "${ $item }" } } } } },
    ] } }]);
    let listen =
        json!([{ "hear": { "listen": { "to": { "any": [], "until": "${ length == 2 }" } } } }]);
    assert_eq!(together(&[("l", listen), ("e", twice)])[0], json!([1, 2]));
}

#[test]
fn all_branches_but_the_sender_receive_an_event() {
    let listen = json!({ "listen": { "to": { "one": { "with": { "type": "go" } } } } });
    let run = perform(
        json!([{ "band": { "fork": { "branches": [
            { "tell": { "do": [{ "emit": emit("go", json!(7)) }, { "self": {
                "try": [{ "hear": { "listen": { "to": { "one": { "with": { "type": "go" } } } }, "timeout": { "after": "PT1S" } } }],
                "catch": { "do": [{ "no": { "set": "${ \"not I\" }" } }] },
            } }] } },
            { "left": listen }, { "right": listen },
        ] } } }]),
        json!({}),
    );
    assert_eq!(run.output(), &json!(["not I", [7], [7]]));
    assert_eq!((run.count("EventSent"), run.count("EventRaised")), (1, 1));
}

#[test]
fn two_scores_exchange_events_whichever_starts_first() {
    let asks = json!([{ "ask": emit("question", json!(6)) }, { "hear": { "listen": { "to": { "one": { "with": { "type": "answer" } } } } } }]);
    let answers = json!([
        { "hear": { "listen": { "to": { "one": { "with": { "type": "question" } } } } } },
        { "answer": emit("answer", json!("${ .[0] * 7 }")) },
    ]);
    let outputs = together(&[("asks", asks.clone()), ("answers", answers.clone())]);
    assert_eq!(outputs[0], json!([42]));
    let outputs = together(&[("answers", answers), ("asks", asks)]);
    assert_eq!(outputs[1], json!([42]));
}

/// A rally of this many events in real time.
fn rally(name: &str, strokes: usize, serves: bool) -> String {
    let (mine, other) = if serves {
        ("ping", "pong")
    } else {
        ("pong", "ping")
    };
    let stroke = json!({ "stroke": emit(mine, json!("${ $index }")) });
    let hear = json!({ "hear": { "listen": { "to": { "one": { "with": { "type": other } } } } } });
    let breath = json!({ "breath": { "wait": { "milliseconds": 5 } } });
    let round = if serves {
        [stroke, hear, breath]
    } else {
        [hear, stroke, breath]
    };
    score(
        name,
        json!([{ "rally": { "for": { "in": format!("${{ [range({strokes})] }}") }, "do": round } }]),
    )
}

#[test]
fn a_killed_exchange_continues_without_loss_or_repetition() {
    const STROKES: usize = 150;
    let room = Room::new();
    room.write("a.json", &rally("a", STROKES, true));
    room.write("b.json", &rally("b", STROKES, false));
    let mut kills = 0;
    for round in 0..12_u64 {
        let scores = if round == 0 {
            "a.json b.json"
        } else {
            "--resume"
        };
        let tasks = format!("t{round}.jsonl");
        let mut run = room.start(&format!("play {scores} --store s.redb --tasks {tasks}"));
        let has_begun = |id: &str| {
            let lines = std::fs::read_to_string(room.path(&tasks)).unwrap_or_default();
            lines.contains(id)
        };
        if round == 0 {
            eventually("both have begun", || has_begun("a-1") && has_begun("b-2"));
        }
        thread::sleep(Duration::from_millis(40 + round * 17 % 90));
        if run_ended(&mut run) {
            break;
        }
        run.kill().unwrap();
        kills += 1;
        run.wait().unwrap();
    }
    room.run("play --resume --store s.redb");
    assert!(kills > 2, "killed {kills} times");
    for (id, other) in [("a-1", "pong"), ("b-2", "ping")] {
        let history = room.history("s.redb", id);
        assert_eq!(
            history.last().unwrap()["type"],
            "ExecutionCompleted",
            "{id}"
        );
        let raised = history
            .iter()
            .filter(|event| event["type"] == "EventRaised");
        let raised: Vec<u64> = raised
            .map(|event| {
                assert_eq!(event["name"], other);
                event["input"]["data"].as_u64().unwrap()
            })
            .collect();
        assert_eq!(raised, (0..STROKES as u64).collect::<Vec<_>>(), "{id}");
        room.write(
            "h.json",
            &room.succeed(&format!("export {id} --store s.redb")),
        );
        room.succeed("replay h.json");
    }
}

fn run_ended(run: &mut std::process::Child) -> bool {
    run.try_wait().unwrap().is_some()
}

#[test]
fn a_wait_names_what_it_waits_for() {
    let listen = |to: Value| json!({ "listen": { "to": to }, "timeout": { "after": "PT1S" } });
    let run = |to: Value| -> Performed {
        perform_with(json!([{ "hear": listen(to) }]), json!({}), json!({}))
    };
    let origin = |run: Performed| {
        let created = run
            .history
            .into_iter()
            .find(|event| event["type"] == "TimerCreated");
        created.unwrap()["origin"].clone()
    };
    let (a, b) = (
        json!({ "with": { "type": "a" } }),
        json!({ "with": { "type": "b" } }),
    );
    assert_eq!(
        origin(run(json!({ "one": a }))),
        json!({ "ExternalEvent": { "name": "a" } })
    );
    assert_eq!(
        origin(run(json!({ "any": [a], "until": { "one": b } }))),
        json!({ "ExternalEvents": { "names": ["a", "b"] } })
    );
    assert_eq!(
        origin(run(json!({ "any": [] }))),
        json!({ "ExternalEvents": { "names": [] } })
    );
}

#[test]
fn invalid_events_and_filters_are_reported_before_playing() {
    for (task, reason) in [
        (
            json!({ "emit": { "event": { "with": { "source": "s" } } } }),
            "missing key `type`",
        ),
        (
            json!({ "emit": { "event": { "with": { "source": "s", "type": "" } } } }),
            "a non-empty string",
        ),
        (
            json!({ "emit": { "event": { "with": { "source": "s", "type": "t", "Two Words": 1 } } } }),
            "lower-case",
        ),
        (json!({ "emit": { "events": {} } }), "did you mean `event`?"),
        (
            json!({ "listen": { "to": {} } }),
            "add `one`, `any` or `all`",
        ),
        (
            json!({ "listen": { "to": { "one": { "with": { "type": "x" } }, "any": [] } } }),
            "not both",
        ),
        (
            json!({ "listen": { "to": { "all": [] } } }),
            "at least one event",
        ),
        (
            json!({ "listen": { "to": { "one": { "with": {} } } } }),
            "at least one attribute",
        ),
        (
            json!({ "listen": { "to": { "any": [] }, "read": "loud" } }),
            "`data`, `envelope` or `raw`",
        ),
        (
            json!({ "listen": { "to": { "any": [], "until": "${ .[ }" } } }),
            "invalid expression",
        ),
        (
            json!({ "listen": { "to": { "any": [] } }, "foreach": { "each": "x" } }),
            "unknown key `each` in `foreach`",
        ),
        (
            json!({ "listen": { "to": { "one": { "with": { "type": "x" }, "correlate": { "a": {} } } } } }),
            "missing key `from`",
        ),
    ] {
        let room = Room::new();
        room.write("s.json", &score("s", json!([{ "a": task }])));
        let outcome = room.run("check s.json");
        assert_eq!(outcome.code, Some(1), "{task}: {outcome:?}");
        let output = outcome.out + &outcome.err;
        assert!(output.contains(reason), "{task}: {output}");
    }
}

#[test]
fn a_score_starts_with_the_events_of_its_schedule() {
    let room = Room::new();
    let mut waiter: Value = serde_json::from_str(&score(
        "w",
        json!([{ "tell": { "set": { "kinds": "${ [.[].type] }", "first": "${ $workflow.input[0].data }" } } }]),
    ))
    .unwrap();
    let all =
        json!([{ "with": { "type": "a" } }, { "with": { "type": "b", "data": "${ . > 1 }" } }]);
    waiter["schedule"] = json!({ "on": { "all": all }, "read": "envelope" });
    room.write("w.json", &waiter.to_string());
    let events = [("b", json!(1)), ("b", json!(2)), ("a", json!(3))];
    room.write("e.json", &score("e", emits(&events)));
    let out = room.succeed("play w.json e.json --clock virtual --store s.redb -o json");
    assert_eq!(
        json_lines(&out)[0]["output"],
        json!({ "kinds": ["b", "a"], "first": 2 })
    );
    let id = json_lines(&out)[0]["id"].as_str().unwrap().to_owned();
    room.write(
        "h.json",
        &room.succeed(&format!("export {id} --store s.redb")),
    );
    room.succeed("replay h.json");
}

#[test]
fn in_virtual_time_a_wait_for_an_event_that_nothing_sends_ends_the_performance() {
    let room = Room::new();
    let score = |name: &str, tasks: &str| {
        format!(
            "document: {{ dsl: 1.0.0, namespace: test, name: {name}, version: 1.0.0 }}\ndo:\n{tasks}"
        )
    };
    let listen = "  - ear: { listen: { to: { one: { with: { type: x } } } } }\n";
    room.write("wait.yaml", &score("wait", listen));
    let outcome = room.run("play wait.yaml --clock virtual --store :memory:");
    assert_eq!(outcome.code, Some(3), "{outcome:#?}");
    assert!(
        outcome.err.contains("wait-1 waits for the event `x`")
            && outcome.err.contains("virtual time"),
        "{outcome:#?}"
    );
    let emit = "  - pause: { wait: { seconds: 90 } }\n  - call: { emit: { event: { with: { source: http://a, type: x } } } }\n";
    room.write("tell.yaml", &score("tell", emit));
    room.succeed("play wait.yaml tell.yaml --clock virtual --store :memory:");
}
