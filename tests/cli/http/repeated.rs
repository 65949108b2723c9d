//! A call that is repeated after a crash.

use std::{thread, time::Duration};

use crate::harness::{Room, eventually};

use super::*;

#[test]
fn a_service_recognizes_a_request_that_is_repeated_after_a_crash() {
    let server = Server::start(|seen, before| {
        if before == 0 {
            thread::sleep(Duration::from_secs(60));
        }
        Reply::json(&json!(seen.headers.get("idempotency-key")))
    });
    let post = json!({ "method": "post", "endpoint": server.at("/pay"), "body": { "cents": 100 } });
    let get = json!({ "method": "get", "endpoint": server.at("/pay") });
    let own = json!({ "method": "post", "endpoint": server.at("/pay"), "headers": { "idempotency-key": "mine" } });
    let call = |with: &Value| json!({ "call": "http", "with": with });
    let score = json!({
        "document": { "dsl": "1.0.0", "namespace": "test", "name": "pay", "version": "1.0.0" },
        "do": [{ "first": call(&post) }, { "second": call(&post) }, { "look": call(&get) }, { "own": call(&own) }],
    });
    let room = Room::new();
    room.write("pay.json", &score.to_string());
    let mut playing = room.start("play pay.json --store s.redb");
    eventually("the service is called", || server.seen().len() == 1);
    playing.kill().unwrap();
    playing.wait().unwrap();
    room.succeed("play --resume --store s.redb");
    let seen = server.seen();
    let keys: Vec<_> = seen
        .iter()
        .map(|seen| seen.headers.get("idempotency-key"))
        .collect();
    assert_eq!(keys.len(), 5, "{seen:#?}");
    assert!(keys[0].is_some() && keys[0] == keys[1], "{keys:?}");
    assert!(
        keys[2].is_some() && keys[2] != keys[1],
        "another call: {keys:?}"
    );
    assert_eq!(keys[3], None);
    assert_eq!(keys[4].map(String::as_str), Some("mine"));
}
