//! Dapr's HTTP API for workflows.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::{Value, json};

use crate::harness::{DAPR, Serve};

/// A request without any library: status and body.
fn ask(at: &str, method: &str, path: &str, headers: &str, body: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(at).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

fn post(at: &str, path: &str, body: &str) -> u16 {
    ask(
        at,
        "POST",
        &format!("/v1.0/workflows/dapr/{path}"),
        "",
        body,
    )
    .0
}

fn get(at: &str, path: &str) -> (u16, Value) {
    ask(at, "GET", &format!("/v1.0/workflows/dapr/{path}"), "", "")
}

fn until(at: &str, id: &str, status: &str) -> Value {
    loop {
        let (_, state) = get(at, id);
        if state["runtimeStatus"] == status {
            return state;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
#[ignore = "needs a Python environment"]
fn each_verb_of_dapr_works_over_http() {
    let serve = Serve::start_with_http();
    let http = serve.http.clone().unwrap();
    let http = http.as_str();
    let _worker = DAPR.worker(&serve.address);
    let start = "/v1.0-beta1/workflows/dapr/two_events/start?instanceID=song-1";
    let (status, started) = ask(http, "POST", start, "", "{\"n\":  1.0}");
    assert_eq!((status, &started["instanceID"]), (202, &json!("song-1")));
    assert_eq!(ask(http, "POST", start, "", "").0, 409);
    let state = until(http, "song-1", "RUNNING");
    assert_eq!(state["workflowName"], "two_events");
    assert_eq!(state["properties"]["dapr.workflow.input"], "{\"n\":  1.0}");
    assert_eq!(post(http, "song-1/pause", ""), 202);
    until(http, "song-1", "SUSPENDED");
    for (event, data) in [("first", "1"), ("first", "\"größe\""), ("second", "null")] {
        assert_eq!(post(http, &format!("song-1/raiseEvent/{event}"), data), 202);
    }
    assert_eq!(post(http, "song-1/purge", ""), 409, "it is open");
    assert_eq!(post(http, "song-1/resume", ""), 202);
    let state = until(http, "song-1", "COMPLETED");
    let output: Value = serde_json::from_str(
        state["properties"]["dapr.workflow.output"]
            .as_str()
            .unwrap(),
    )
    .unwrap();
    assert_eq!(output, json!([1, "größe", null]));
    // Beyond Dapr: list, history, rerun.
    assert_eq!(get(http, "").0, 200);
    let (_, listed) = get(http, "?pageSize=10");
    assert_eq!(listed["instanceIDs"], json!(["song-1"]));
    let (_, history) = get(http, "song-1/history");
    assert_eq!(history["format"], "fermata-history/1");
    assert_eq!(post(http, "song-1/rerun?newInstanceID=song-2", ""), 202);
    for (event, data) in [("first", "2"), ("first", "3"), ("second", "4")] {
        assert_eq!(post(http, &format!("song-2/raiseEvent/{event}"), data), 202);
    }
    until(http, "song-2", "COMPLETED");
    assert_eq!(post(http, "waits/start?instanceID=song-3", ""), 202);
    assert_eq!(post(http, "song-3/terminate", "\"enough\""), 202);
    let state = until(http, "song-3", "TERMINATED");
    assert_eq!(state["properties"]["dapr.workflow.output"], "\"enough\"");
    assert_eq!(post(http, "song-1/purge", ""), 202);
    let (status, gone) = get(http, "song-1");
    assert_eq!(
        (status, &gone["errorCode"]),
        (404, &json!("ERR_INSTANCE_ID_NOT_FOUND"))
    );
}

#[test]
#[ignore = "needs a Python environment"]
fn what_web_pages_send_is_refused() {
    let serve = Serve::start_with_http();
    let http = serve.http.clone().unwrap();
    let start = "/v1.0/workflows/dapr/chain/start?instanceID=evil";
    let origin = "Origin: http://evil.example\r\n";
    assert_eq!(ask(&http, "POST", start, origin, "1").0, 403);
    let mut stream = TcpStream::connect(&http).unwrap();
    write!(
        stream,
        "POST {start} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 421"), "{answer}");
    assert_eq!(get(&http, "evil").0, 404);
    let large = "x".repeat((4 << 20) + 1);
    assert_eq!(ask(&http, "POST", start, "", &large).0, 413);
}

#[test]
#[ignore = "needs a Python environment"]
fn the_token_is_demanded_over_http() {
    let serve = Serve::start_with_token("s3cret");
    let http = serve.http.clone().unwrap();
    let path = "/v1.0/workflows/dapr/nobody";
    assert_eq!(ask(&http, "GET", path, "", "").0, 401);
    assert_eq!(
        ask(&http, "GET", path, "dapr-api-token: wrong\r\n", "").0,
        401
    );
    assert_eq!(
        ask(&http, "GET", path, "dapr-api-token: s3cret\r\n", "").0,
        404
    );
}
