//! Credentials: how they are sent, and where they are recorded.

use super::*;
use crate::tasks::perform_with;

const SECRET: &str = "p:ässwörd";
const SECRET_KEY: &str = "k-4711";

fn answer(seen: &Seen, _: usize) -> Reply {
    Reply::json(&json!(seen.headers.get("authorization")))
}

#[test]
fn basic_and_bearer_are_sent() {
    let server = Server::start(answer);
    let ask = |authentication: Value| {
        let uri = server.at("/basic-auth/{username}/{password}");
        let endpoint = json!({ "uri": uri, "authentication": authentication });
        let input = json!({ "username": "serverless-workflow", "password": "conformance-test" });
        call(json!({ "method": "get", "endpoint": endpoint }), input)
    };
    let run =
        ask(json!({ "basic": { "username": "${ .username }", "password": "${ .password }" } }));
    assert_eq!(
        run.output(),
        "Basic c2VydmVybGVzcy13b3JrZmxvdzpjb25mb3JtYW5jZS10ZXN0"
    );
    let run = ask(json!({ "basic": { "username": "admin", "password": 1234 } }));
    assert_eq!(run.output(), "Basic YWRtaW46MTIzNA==");
    let run = ask(json!({ "bearer": { "token": "${ .username }" } }));
    assert_eq!(run.output(), "Bearer serverless-workflow");
}

#[test]
fn a_named_policy_with_fixed_values_is_in_the_score_alone() {
    let server = Server::start(answer);
    let policies = json!({ "authentications": {
        "mine": { "basic": { "username": "me", "password": SECRET } },
        "worked out": { "bearer": { "token": "${ .token }" } },
    } });
    let ask = |name: Value| {
        let endpoint = json!({ "uri": server.at("/"), "authentication": name });
        let ask = json!({ "call": "http", "with": { "method": "get", "endpoint": endpoint } });
        let root = json!({ "use": policies });
        let tasks = json!([{ "ask": ask, }, { "forget": { "set": { "x": 1 } } }]);
        perform_with(tasks, json!({ "token": "t1" }), root)
    };
    let run = ask(json!({ "use": "mine" }));
    run.output();
    assert_eq!(
        server.seen()[0].headers["authorization"],
        "Basic bWU6cDrDpHNzd8O2cmQ="
    );
    let scheduled = run
        .history
        .iter()
        .find(|event| event["type"] == "TaskScheduled");
    let given = &scheduled.unwrap()["input"];
    assert_eq!(given["authentication"], json!({ "use": "mine" }));
    assert!(!given.to_string().contains(SECRET), "{given}");
    ask(json!("worked out")).output();
    assert_eq!(server.seen()[1].headers["authorization"], "Bearer t1");
}

#[test]
fn errors_contain_no_credentials() {
    let server = Server::start(|_, _| Reply::status(401));
    let ask = |authentication: Value| {
        let endpoint = json!({ "uri": server.at("/x?key=hush"), "authentication": authentication });
        let run = call(
            json!({ "method": "get", "endpoint": endpoint }),
            json!({ "password": "hush" }),
        );
        let error = run.error().clone();
        assert!(!error.to_string().contains("hush"), "{error:#}");
        assert!(
            error["detail"].is_string() && error["title"].is_string(),
            "{error:#}"
        );
        error["status"].clone()
    };
    assert_eq!(
        ask(json!({ "basic": { "username": "u", "password": "hush" } })),
        401
    );
    assert_eq!(
        ask(json!({ "bearer": { "token": "${ .password | tonumber }" } })),
        400
    );
    assert_eq!(
        ask(json!({ "bearer": { "token": "${ [.password] }" } })),
        400
    );
}

#[test]
fn an_api_key_can_be_sent_in_a_header() {
    let other = Server::start(|seen, _| Reply::json(&json!(seen.headers.get("x-api-key"))));
    let elsewhere = other.at("/there");
    let server = Server::start(move |seen, _| match seen.target.as_str() {
        "/away" => Reply::to(307, &elsewhere),
        _ => Reply::json(&json!(seen.headers.get("x-api-key"))),
    });
    let ask = |path: &str| {
        let endpoint = json!({ "uri": server.at(path), "authentication": "key" });
        let with = json!({ "method": "get", "endpoint": endpoint, "redirect": true });
        let key = json!({ "header": { "name": "X-Api-Key", "value": SECRET_KEY } });
        let root = json!({ "use": { "authentications": { "key": key } } });
        perform_with(
            json!([{ "ask": { "call": "http", "with": with } }]),
            json!({}),
            root,
        )
    };
    let run = ask("/");
    assert_eq!(run.output(), SECRET_KEY);
    let scheduled = run
        .history
        .iter()
        .find(|event| event["type"] == "TaskScheduled");
    let input = scheduled.unwrap()["input"].to_string();
    assert!(!input.contains(SECRET_KEY), "{input}");
    let redirected = ask("/away");
    assert_eq!(
        redirected.output(),
        &json!(null),
        "another origin does not see it"
    );
}

#[test]
fn a_policy_limits_the_origins_that_receive_its_credentials() {
    let server = Server::start(answer);
    let ask = |origins: Value| {
        let policy = json!({ "bearer": { "token": "tok" }, "origins": origins });
        let endpoint = json!({ "uri": server.at("/x"), "authentication": policy });
        call(json!({ "method": "get", "endpoint": endpoint }), json!({}))
    };
    assert_eq!(ask(json!([server.address])).output(), "Bearer tok");
    let refused = ask(json!(["https://api.example.com"]));
    let error = refused.error().to_string();
    assert!(
        error.contains("configuration") && error.contains("origins"),
        "{error}"
    );
    assert_eq!(server.seen().len(), 1, "nothing was sent");
}
