//! `use.functions`: tasks that are defined once and called by name.

use serde_json::{Value, json};

use crate::{
    harness::Room,
    tasks::{Performed, perform_with},
};

fn with(functions: Value, tasks: Value, input: Value) -> Performed {
    perform_with(tasks, input, json!({ "use": { "functions": functions } }))
}

#[test]
fn a_function_gets_its_arguments_and_returns_its_output() {
    let run = with(
        json!({ "double": { "set": { "n": "${ .n * 2 }" } }, "twice": {
            "do": [
                { "once": { "call": "double", "with": { "n": "${ .n }" } } },
                { "more": { "call": "double" } },
            ],
            "output": { "as": ".n" },
        } }),
        json!([
            { "plain": { "call": "double" } },
            { "args": { "call": "twice", "with": { "n": "${ .n + 1 }" }, "output": { "as": "{ n: . }" } } },
        ]),
        json!({ "n": 1 }),
    );
    // Without arguments it is given the task's input.
    assert_eq!(run.output(), &json!({ "n": 12 }));
    assert_eq!(
        run.tasks,
        [
            "started /do/0/plain",
            "completed /do/0/plain",
            "started /do/1/args",
            "started /use/functions/twice/do/0/once",
            "completed /use/functions/twice/do/0/once",
            "started /use/functions/twice/do/1/more",
            "completed /use/functions/twice/do/1/more",
            "completed /do/1/args",
        ]
    );
}

#[test]
fn an_error_of_a_function_is_the_callers() {
    let broken = json!({ "raise": { "error": { "type": "t:broken", "status": 500 } } });
    let run = with(
        json!({ "break": broken, "deep": { "do": [{ "inside": broken }] } }),
        json!([{ "guard": { "try": [{ "it": { "call": "break" } }], "catch": {} } }, { "go": { "call": "deep" } }]),
        json!({}),
    );
    assert_eq!(run.error()["instance"], "/use/functions/deep/do/0/inside");
    let run = with(
        json!({ "break": broken }),
        json!([{ "it": { "call": "break" } }]),
        json!({}),
    );
    assert_eq!(run.error()["instance"], "/do/0/it");
}

#[test]
fn errors_of_functions_are_found_without_playing() {
    let room = Room::new();
    let check = |used: &str, call: &str| {
        let head = "document: { dsl: 1.0.3, namespace: t, name: t, version: 1.0.0 }\n";
        room.write(
            "f.yaml",
            &format!("{head}use: {used}\ndo:\n  - one: {call}\n"),
        );
        let outcome = room.run("check f.yaml");
        assert_eq!(outcome.code, Some(1), "{outcome:#?}");
        outcome.err
    };
    let hello = "{ functions: { hello: { set: { a: 1 }, input: { schema: { document: { properties: { name: {} }, required: [name], additionalProperties: false } } } } } }";
    for (used, call, place, words) in [
        (hello, "{ call: helo }", "4:18", "did you mean `hello`?"),
        (
            hello,
            "{ call: hello, with: { nam: 1 } }",
            "4:33",
            "did you mean `name`?",
        ),
        (
            hello,
            "{ call: hello, with: {} }",
            "4:31",
            "missing argument `name`",
        ),
        (
            "{ functions: { a: { call: b }, b: { call: a } } }",
            "{ call: a }",
            "2:48",
            "`a` calls itself",
        ),
        (
            "{ functions: { a: { set: { x: '${ $y }' } } } }",
            "{ set: {} }",
            "2:40",
            "no variable `$y`",
        ),
        (
            "{ functions: { play: { set: {} } } }",
            "{ set: {} }",
            "2:21",
            "`play` is a built-in function",
        ),
        (
            "{ catalogs: { world: { endpoint: 'https://x.y' } } }",
            "{ call: 'log:1.0.0@world' }",
            "4:18",
            "`log:1.0.0@world` cannot be fetched",
        ),
        (
            "{ catalogs: { world: { endpoint: 'https://x.y' } } }",
            "{ call: 'log:1.0.0@word' }",
            "4:18",
            "did you mean `world`?",
        ),
        (
            "{}",
            "{ call: 'play:2.0.0@default' }",
            "4:18",
            "only available as version 1.0.0",
        ),
        (
            "{}",
            "{ call: 'https://x.y/f.yaml' }",
            "4:18",
            "cannot be fetched",
        ),
        (
            "{ extensions: [] }",
            "{ set: {} }",
            "2:8",
            "`extensions` is not supported: ",
        ),
        (
            "{}",
            "{ run: { script: { language: js, code: x } } }",
            "4:19",
            "`script` is not supported: ",
        ),
        (
            "{}",
            "{ run: { shell: { command: x } } }",
            "4:19",
            "`shell` is not supported: ",
        ),
        (
            "{}",
            "{ run: { container: { image: x } } }",
            "4:19",
            "`container` is not supported: ",
        ),
        (
            "{}",
            "{ call: grpc, with: {} }",
            "4:18",
            "`grpc` is not supported: ",
        ),
        (
            "{}",
            "{ call: asyncapi, with: {} }",
            "4:18",
            "`asyncapi` is not supported: ",
        ),
        (
            "{}",
            "{ call: a2a, with: {} }",
            "4:18",
            "`a2a` is not supported: ",
        ),
        (
            "{}",
            "{ call: mcp, with: {} }",
            "4:18",
            "`mcp` is not supported: ",
        ),
    ] {
        let message = check(used, call);
        assert!(
            message.starts_with(&format!("f.yaml:{place}: ")),
            "{call}: {message}"
        );
        assert!(message.contains(words), "{call}: {message}");
        assert_eq!(message.matches("f.yaml:").count(), 1, "{message}");
    }
}

#[test]
fn a_function_may_play_and_a_host_function_may_be_named_with_its_catalog() {
    let room = Room::new();
    let score = "document:
  dsl: 1.0.3
  namespace: t
  name: t
  version: 1.0.0
  metadata: { fermata: { instruments: { a: { patch: lead } } } }
use: { functions: { riff: { do: [ { x: { call: 'play:1.0.0@default', with: { instrument: a, pattern: '${ .tune }' } } } ] } } }
do:
  - one: { call: riff, with: { tune: c4 e4 } }
  - two: { call: riff, with: { tune: g4 } }
";
    room.write("f.yaml", score);
    room.succeed("play f.yaml --clock virtual --store :memory: --trace t.jsonl");
    let trace = room.trace("t.jsonl");
    let on = trace.iter().filter(|sent| sent.is_on());
    let notes: Vec<(u8, f64)> = on.map(|sent| (sent.key(), sent.beat)).collect();
    assert_eq!(notes, [(60, 0.0), (64, 2.0), (67, 4.0)]);
}
