//! Requests and responses of `call: http`.

use super::*;

#[test]
fn the_pet_store_is_called_as_in_the_standards_scenarios() {
    let store = Server::start(pet_store);
    let find = json!({
        "method": "get",
        "endpoint": { "uri": store.at("/v2/pet/findByStatus?status={status}") },
    });
    let run = perform(
        json!([{ "findPet": { "call": "http", "with": find, "output": { "as": ".[0]" } } }]),
        json!({ "status": "available" }),
    );
    assert_eq!(run.output()["id"], 1);
    assert_eq!(run.output()["status"], "available");
    assert_eq!(store.only().target, "/v2/pet/findByStatus?status=available");
}

#[test]
fn a_response_can_include_its_request() {
    let store = Server::start(pet_store);
    let uri = store.at("/v2/pet/{petId}");
    let run = call(
        json!({ "method": "GET", "endpoint": uri, "output": "response", "headers": { "X-Who": "me" } }),
        json!({ "petId": 1 }),
    );
    let output = run.output();
    assert_eq!(
        output["request"],
        json!({ "method": "get", "uri": store.at("/v2/pet/1"), "headers": { "X-Who": "me" } })
    );
    assert_eq!(output["statusCode"], 200);
    assert_eq!(output["headers"]["content-type"], "application/json");
    assert_eq!(output["content"]["name"], "pet 1");
    assert_eq!(store.only().headers["x-who"], "me");
}

#[test]
fn output_is_filtered_and_need_not_be_an_object() {
    let store = Server::start(pet_store);
    let ask = |uri: &str| json!({ "method": "get", "endpoint": { "uri": store.at(uri) } });
    let run = perform(
        json!([
            { "getPetById1": { "call": "http", "with": ask("/v2/pet/{petId}"), "output": { "as": ".id" } } },
            { "getPetById2": { "call": "http", "with": ask("/v2/pet/2"),
                "output": { "as": "{ ids: [ $input, .id ] }" } } },
        ]),
        json!({ "petId": 1 }),
    );
    assert_eq!(run.output(), &json!({ "ids": [1, 2] }));
}

#[test]
fn names_in_an_address_are_escaped_and_may_be_absent() {
    let store = Server::start(|_, _| Reply::json(&json!(1)));
    let run = call(
        json!({ "method": "get", "endpoint": store.at("/a/{text}/{flag}-{nothing}{absent}/?n={n}&pet.id={pet.id}") }),
        json!({ "text": "a/b c?&ü", "flag": true, "nothing": null, "n": 1.5, "pet.id": 7, "pet": { "id": 8 } }),
    );
    run.output();
    assert_eq!(
        store.only().target,
        "/a/a%2Fb%20c%3F%26%C3%BC/true-/?n=1.5&pet.id=7"
    );
    let run = call(
        json!({ "method": "get", "endpoint": store.at("/{list}") }),
        json!({ "list": [1] }),
    );
    assert_eq!(run.error()["status"], 400);
    let kind = run.error()["type"].as_str().unwrap();
    assert!(kind.ends_with("/errors/expression"), "{kind}");
}

#[test]
fn every_argument_may_be_an_expression() {
    let server = Server::start(|seen, _| Reply::json(&json!({ "body": seen.body })));
    let with = json!({
        "method": "${ .how }",
        "endpoint": { "uri": "${ .where + \"/there?a=1\" }" },
        "headers": { "X-Count": "${ .list | length }", "X-Not": "${ null }" },
        "query": { "q": "${ .list }", "none": "${ null }", "text": "a b&c" },
        "body": { "list": "${ .list }", "fixed": [1, "two"] },
    });
    let input = json!({ "how": "post", "where": server.address, "list": [3, 4] });
    let run = call(with, input);
    let sent: Value = serde_json::from_str(run.output()["body"].as_str().unwrap()).unwrap();
    assert_eq!(sent, json!({ "list": [3, 4], "fixed": [1, "two"] }));
    let seen = server.only();
    assert_eq!(seen.method, "POST");
    assert_eq!(seen.target, "/there?a=1&q=3&q=4&text=a+b%26c");
    assert_eq!(seen.headers["x-count"], "2");
    assert!(!seen.headers.contains_key("x-not"));
    assert_eq!(seen.headers["content-type"], "application/json");
}

#[test]
fn bodies_are_sent_by_their_type() {
    let echo = |seen: &Seen, _| {
        let media = seen.headers.get("content-type");
        Reply::json(&json!([seen.method, media, seen.body]))
    };
    let server = Server::start(echo);
    let sent = |method: &str, headers: Value, body: Value| {
        let with = json!({ "method": method, "endpoint": server.at("/"), "headers": headers, "body": body });
        call(with, json!({})).output().clone()
    };
    assert_eq!(
        sent("put", json!({}), json!("as it is")),
        json!(["PUT", "text/plain; charset=utf-8", "as it is"])
    );
    let form = json!({ "content-type": "application/x-www-form-urlencoded" });
    assert_eq!(
        sent("patch", form, json!({ "a": 1, "b": ["x y", "z"] })),
        json!([
            "PATCH",
            "application/x-www-form-urlencoded",
            "a=1&b=x+y&b=z"
        ])
    );
    assert_eq!(
        sent("delete", json!({}), json!([1])),
        json!(["DELETE", "application/json", "[1]"])
    );
    assert_eq!(
        sent("post", json!({}), json!(null)),
        json!(["POST", null, ""])
    );
}

#[test]
fn content_is_read_by_its_type() {
    let server = Server::start(|seen, _| match seen.target.as_str() {
        "/text" => Reply::of(200, "text/plain", b"12"),
        "/problem" => Reply::of(200, "application/problem+json; charset=utf-8", b"[1]"),
        "/bytes" => Reply::of(200, "application/octet-stream", b"\x00\xff\x10"),
        "/image" => Reply::of(200, "image/png", b"PNG"),
        "/nothing" => Reply::of(204, "application/json", b""),
        _ => Reply::of(200, "application/json", b"{no"),
    });
    let content = |path: &str, output: &str| {
        let with = json!({ "method": "get", "endpoint": server.at(path), "output": output });
        call(with, json!({}))
    };
    assert_eq!(content("/text", "content").output(), "12");
    assert_eq!(content("/problem", "content").output(), &json!([1]));
    assert_eq!(content("/bytes", "content").output(), "AP8Q");
    assert_eq!(content("/image", "content").output(), "UE5H");
    assert_eq!(content("/nothing", "content").output(), &Value::Null);
    assert_eq!(content("/problem", "raw").output(), "WzFd");
    let broken = content("/broken", "content");
    let kind = broken.error()["type"].as_str().unwrap();
    assert!(kind.ends_with("/errors/communication"), "{kind}");
    assert_eq!(content("/broken", "raw").output(), "e25v");
}

#[test]
fn a_head_has_no_content() {
    let server = Server::start(|_, _| Reply::of(200, "text/plain", b"not sent"));
    let with = json!({ "method": "head", "endpoint": server.at("/"), "output": "response" });
    let run = call(with, json!({}));
    assert_eq!(run.output()["content"], Value::Null);
    assert_eq!(run.output()["headers"]["content-length"], "8");
}

#[test]
fn redirects_are_errors_unless_they_are_followed() {
    let other = Server::start(|seen, _| Reply::json(&json!(seen.headers.get("authorization"))));
    let elsewhere = other.at("/there");
    let server = Server::start(move |seen, _| match seen.target.as_str() {
        "/first" => Reply::to(302, "second?x=1"),
        "/post" => Reply::to(303, "/seen"),
        "/keep" => Reply::to(307, "/seen"),
        "/away" => Reply::to(302, &elsewhere),
        "/round" => Reply::to(302, "/round"),
        "/file" => Reply::to(302, "file:///etc/passwd"),
        "/many" => Reply::status(300),
        _ => Reply::json(&json!([seen.method, seen.target, seen.body])),
    });
    let ask = |path: &str, method: &str, redirect: bool| {
        let mut with = json!({
            "method": method,
            "endpoint": { "uri": server.at(path), "authentication": { "bearer": { "token": "t" } } },
            "redirect": redirect,
        });
        if method == "post" {
            with["body"] = json!("B");
        }
        call(with, json!({}))
    };
    assert_eq!(ask("/first", "get", false).error()["status"], 302);
    assert_eq!(
        ask("/first", "get", true).output(),
        &json!(["GET", "/second?x=1", ""])
    );
    assert_eq!(
        ask("/post", "post", true).output(),
        &json!(["GET", "/seen", ""])
    );
    assert_eq!(
        ask("/keep", "post", true).output(),
        &json!(["POST", "/seen", "B"])
    );
    // Credentials stay with the host that they are for.
    assert_eq!(ask("/away", "get", true).output(), &Value::Null);
    assert_eq!(
        ask("/many", "get", true).output(),
        &json!({ "message": "no" })
    );
    for path in ["/round", "/file"] {
        let run = ask(path, "get", true);
        assert_eq!(run.error()["status"], 500, "{path}: {:#}", run.error());
    }
}

#[test]
fn a_call_is_one_activity_and_replay_does_not_call_again() {
    let server = Server::start(|_, before| Reply::json(&json!(before)));
    let room = crate::harness::Room::new();
    let score = json!({
        "document": { "dsl": "1.0.3", "namespace": "t", "name": "once", "version": "1.0.0" },
        "do": [{ "ask": { "call": "http", "with": { "method": "get", "endpoint": server.at("/") } } }],
    });
    room.write("once.json", &score.to_string());
    room.succeed("play once.json --clock virtual --store s.redb --id one");
    let history = room.history("s.redb", "one");
    let scheduled = history
        .iter()
        .filter(|event| event["type"] == "TaskScheduled");
    let scheduled: Vec<&Value> = scheduled.collect();
    assert_eq!(scheduled.len(), 1);
    assert_eq!(scheduled[0]["name"], "http");
    assert_eq!(scheduled[0]["input"]["request"]["uri"], server.at("/"));
    let exported = room.succeed("export one --store s.redb");
    room.write("one.json", &exported);
    room.succeed("replay one.json");
    server.only();
}
