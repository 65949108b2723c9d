//! Services that fail, are slow or send too much, and programs that are killed during a call.

use std::time::{Duration, Instant};

use super::*;
use crate::harness::{Room, eventually};

fn score(name: &str, tasks: Value) -> String {
    let head = json!({ "dsl": "1.0.3", "namespace": "test", "name": name, "version": "1.0.0" });
    json!({ "document": head, "do": tasks }).to_string()
}

/// The scenarios of the standard's try feature; their errors have an older URI.
fn try_pet(store: &Server, status: u16) -> Performed {
    let ask = json!({ "call": "http", "with": {
        "method": "get", "endpoint": { "uri": store.at("/v2/pet/getPetByName/{petName}") } } });
    let kind = "https://serverlessworkflow.io/dsl/errors/types/communication";
    perform(
        json!([{ "tryGetPet": {
            "try": [{ "getPet": ask }],
            "catch": { "errors": { "with": { "type": kind, "status": status } }, "as": "err",
                "do": [{ "setError": { "set": { "error": "${ $err }" } } }] },
        } }]),
        json!({ "petName": "Milou" }),
    )
}

#[test]
fn a_404_is_an_error_that_can_be_caught() {
    let store = Server::start(pet_store);
    let run = try_pet(&store, 404);
    let error = &run.output()["error"];
    assert_eq!(error["status"], 404);
    assert_eq!(error["instance"], "/do/0/tryGetPet/try/0/getPet");
    assert_eq!(
        error["type"],
        "https://open-workflow-specification.org/spec/1.0.0/errors/communication"
    );
    assert_eq!(error["title"], "Communication Error");
    let detail = error["detail"].as_str().unwrap();
    assert!(
        detail.ends_with("/pet/getPetByName/Milou was answered 404 Not Found"),
        "{detail}"
    );
    assert_eq!(try_pet(&store, 503).end["status"], "Failed");
}

#[test]
fn an_unavailable_service_is_retried() {
    let server = Server::start(|_, before| match before {
        0 | 1 => Reply::status(503),
        _ => Reply::json(&json!("at last")),
    });
    let ask = json!({ "call": "http", "with": { "method": "get", "endpoint": server.at("/") } });
    let run = perform(
        json!([{ "patient": {
            "try": [{ "ask": ask }],
            "catch": { "errors": { "with": { "status": 503 } },
                "retry": { "delay": { "seconds": 5 }, "limit": { "attempt": { "count": 5 } } } },
        } }]),
        json!({}),
    );
    assert_eq!(run.output(), "at last");
    assert_eq!(server.seen().len(), 3);
    assert_eq!((run.count("TaskFailed"), run.count("TimerFired")), (2, 2));
}

#[test]
fn no_server_is_a_communication_error() {
    // Nobody gets this port by chance.
    let run = call(
        json!({ "method": "get", "endpoint": "http://127.0.0.1:1/" }),
        json!({}),
    );
    let error = run.error();
    assert_eq!(error["status"], 500);
    let kind = error["type"].as_str().unwrap();
    assert!(kind.ends_with("/errors/communication"), "{kind}");
    assert_eq!(error["instance"], "/do/0/ask");
}

#[test]
fn a_huge_answer_is_refused() {
    let server = Server::start(|seen, _| {
        let megabytes = seen
            .target
            .trim_start_matches('/')
            .parse::<usize>()
            .unwrap();
        Reply::of(200, "text/plain", &vec![b'x'; megabytes << 20])
    });
    let ask = |megabytes: usize| {
        let with = json!({ "method": "get", "endpoint": server.at(&format!("/{megabytes}")) });
        let ask = json!({ "ask": { "call": "http", "with": with, "output": { "as": "length" } } });
        perform(json!([ask]), json!({}))
    };
    assert_eq!(ask(3).output(), 3 << 20);
    let run = ask(5);
    assert_eq!(run.error()["status"], 500);
    let detail = run.error()["detail"].as_str().unwrap();
    assert!(detail.contains("which is the limit"), "{detail}");
}

/// A server that takes requests and says nothing.
fn silent() -> Server {
    Server::start(|_, _| {
        std::thread::sleep(Duration::from_secs(60));
        Reply::status(200)
    })
}

#[test]
fn a_task_timeout_also_limits_a_call_in_virtual_time() {
    let server = silent();
    let ask = json!({ "call": "http", "with": { "method": "get", "endpoint": server.at("/") },
        "timeout": { "after": { "milliseconds": 300 } } });
    let begun = Instant::now();
    let run = perform(json!([{ "ask": ask }]), json!({}));
    assert_eq!(run.error()["status"], 408);
    let kind = run.error()["type"].as_str().unwrap();
    assert!(kind.ends_with("/errors/timeout"), "{kind}");
    // Far less than the server's minute; the machine may be busy.
    assert!(begun.elapsed() < Duration::from_secs(25));
}

#[test]
fn virtual_time_stops_during_a_call() {
    let server = Server::start(|_, _| {
        std::thread::sleep(Duration::from_millis(300));
        Reply::json(&json!("service"))
    });
    let ask = json!({ "call": "http", "with": { "method": "get", "endpoint": server.at("/") } });
    let run = perform(
        json!([{ "race": { "fork": { "compete": true, "branches": [
            { "service": ask },
            { "wait": { "do": [{ "wait": { "wait": { "seconds": 1 } } }, { "late": { "set": { "x": 1 } } }] } },
        ] } } }]),
        json!({}),
    );
    assert_eq!(run.output(), "service");
}

#[test]
fn a_call_that_lost_its_race_delays_nothing() {
    let (slow, quick) = (silent(), Server::start(|_, _| Reply::json(&json!("quick"))));
    let ask = |server: &Server| json!({ "call": "http", "with": { "method": "get", "endpoint": server.at("/") } });
    let tasks = json!([
        { "race": { "fork": { "compete": true, "branches": [
            { "slow": ask(&slow) }, { "quick": ask(&quick) } ] } } },
        { "then": { "wait": { "milliseconds": 1 } } },
    ]);
    for clock in ["virtual", "real"] {
        let room = Room::new();
        room.write("race.json", &score("race", tasks.clone()));
        let begun = Instant::now();
        let out = room.succeed(&format!(
            "play race.json --clock {clock} --store s.redb -o json"
        ));
        assert!(out.contains("quick"), "{out}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{clock}");
    }
}

#[test]
fn a_call_interrupted_by_a_crash_is_repeated() {
    let server = Server::start(|_, before| {
        if before == 0 {
            std::thread::sleep(Duration::from_secs(60));
        }
        Reply::json(&json!(before))
    });
    let room = Room::new();
    let ask = json!({ "call": "http", "with": { "method": "post", "endpoint": server.at("/"),
        "body": { "order": "${ .order }" } } });
    room.write("order.json", &score("order", json!([{ "ask": ask }])));
    let mut command = room.command("play order.json --store s.redb --id order --input");
    let mut run = command.arg(r#"{"order":7}"#).spawn().unwrap();
    eventually("the request has come", || server.seen().len() == 1);
    run.kill().unwrap();
    run.wait().unwrap();
    let out = room.succeed("play --resume --store s.redb -o json");
    let end: Value = serde_json::from_str(out.trim()).unwrap();
    assert_eq!(end["output"], 1, "{end:#}");
    let bodies: Vec<String> = server.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies, [r#"{"order":7}"#, r#"{"order":7}"#]);
}
