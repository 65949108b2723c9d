//! Secrets: they reach the service, and nothing else.

use std::{fs, os::unix::fs::PermissionsExt, sync::mpsc};

use super::*;
use hidden::Play;

const SECRET: &str = "s3cr3t/ wörd+\"&x";

/// Repeats everything that it was sent, in several forms.
fn echo(seen: &Seen, _: usize) -> Reply {
    let authorization = seen.headers.get("authorization");
    Reply::json(&json!({
        "headers": seen.headers,
        "target": seen.target,
        "body": seen.body,
        "who": authorization,
        "sent": serde_json::from_str::<Value>(&seen.body).ok(),
    }))
}

fn ask(with: Value) -> Value {
    json!([{ "ask": { "call": "http", "with": with } }])
}

fn declared() -> Value {
    json!({ "secrets": ["key", "pets"] })
}

#[test]
fn secrets_are_sent_in_headers_query_body_and_address_and_hidden_in_what_comes_back() {
    let server = Server::start(echo);
    let mut play = Play::of(
        ask(json!({
            "method": "post",
            "endpoint": format!("${{ \"{}/bot\" + ($secrets.key | @uri) + \"/send\" }}", server.address),
            "query": { "a": 1, "key": "${ $secrets.key }", "list": ["x", "${ $secrets.pets.username }"] },
            "headers": { "Authorization": "${ \"Basic \" + (\"\\($secrets.pets.username):\\($secrets.key)\" | @base64) }" },
            "body": { "n": "${ .n }", "deep": [{ "key": "${ \"<\\($secrets.key)>\" }" }] },
            "output": "response",
        })),
        declared(),
    )
    .with("KEY", SECRET)
    .with("PETS", r#"{"username":"me-myself","password":"p"}"#);
    let output = play.output();
    let seen = server.only();
    assert_eq!(
        seen.headers["authorization"],
        "Basic bWUtbXlzZWxmOnMzY3IzdC8gd8O2cmQrIiZ4"
    );
    let escaped = "s3cr3t%2F%20w%C3%B6rd%2B%22%26x";
    assert_eq!(
        seen.target,
        format!("/bot{escaped}/send?a=1&key=s3cr3t%2F+w%C3%B6rd%2B%22%26x&list=x&list=me-myself")
    );
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(
        body,
        json!({ "n": null, "deep": [{ "key": format!("<{SECRET}>") }] })
    );
    assert_eq!(output["content"]["sent"]["deep"][0]["key"], "<***>");
    let who = output["content"]["who"].as_str().unwrap();
    assert!(who.starts_with("Basic ***"), "{who}");
    assert_eq!(output["statusCode"], 200);
    play.hides(&[SECRET, "me-myself", escaped, "bWUtbXlzZWxm"]);
}

#[test]
fn policies_use_secrets_and_stay_out_of_the_history() {
    let server = Server::start(echo);
    let policies = json!({
        "named": { "bearer": { "token": "${ $secrets.key }" } },
        "whole": { "basic": { "use": "pets" } },
        "own": { "header": { "name": "X-Api-Key", "value": "${ \"k=\" + $secrets.key }" } },
        "token": { "bearer": { "use": "key" } },
    });
    let call = |authentication: Value| {
        json!({ "call": "http", "with": { "method": "get",
            "endpoint": { "uri": server.at("/x"), "authentication": authentication } } })
    };
    let mut play = Play::of(
        json!([
            { "a": call(json!("named")) },
            { "b": call(json!("whole")) },
            { "c": call(json!("own")) },
            { "d": call(json!("token")) },
            { "e": call(json!({ "bearer": { "token": "${ \"\\(.n // 7)-\\($secrets.key)\" }" } })) },
        ]),
        json!({ "secrets": ["key", "pets"], "authentications": policies }),
    )
    .with("KEY", "tok-tok-tok")
    .with("PETS", r#"{"username":"me","password":"s3cr3t-word"}"#);
    play.output();
    let sent: Vec<_> = server
        .seen()
        .into_iter()
        .map(|seen| {
            (
                seen.headers.get("authorization").cloned(),
                seen.headers.get("x-api-key").cloned(),
            )
        })
        .collect();
    let authorization = |text: &str| (Some(text.to_owned()), None);
    assert_eq!(
        sent,
        [
            authorization("Bearer tok-tok-tok"),
            authorization("Basic bWU6czNjcjN0LXdvcmQ="),
            (None, Some("k=tok-tok-tok".to_owned())),
            authorization("Bearer tok-tok-tok"),
            authorization("Bearer 7-tok-tok-tok"),
        ]
    );
    play.hides(&["tok-tok-tok", "s3cr3t-word", "bWU6czNjcjN0LXdvcmQ"]);
}

#[test]
fn a_file_holds_secrets_if_only_its_owner_can_read_it() {
    let server = Server::start(echo);
    let score = ask(json!({ "method": "get", "endpoint": server.at("/"),
        "headers": { "X-Key": "${ $secrets.key }" } }));
    let mut play = Play::of(score, declared());
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("mine.toml");
    fs::write(&file, "key = \"from-the-file\"\n[pets]\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let args = format!(
        "play tasks.json --clock virtual --store s.redb --log log.txt --secrets {}",
        file.display()
    );
    let refused = play.run(&args);
    assert_eq!(refused.code, Some(1), "{refused:#?}");
    assert!(refused.err.contains("chmod 600"), "{refused:#?}");
    assert!(server.seen().is_empty(), "nothing was sent");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(play.run(&args).code, Some(0));
    assert_eq!(server.only().headers["x-key"], "from-the-file");
    // The environment comes first.
    let mut play = play.with("KEY", "from-the-variable");
    assert_eq!(play.run(&args).code, Some(0));
    assert_eq!(server.seen()[1].headers["x-key"], "from-the-variable");
    play.hides(&["from-the-file", "from-the-variable"]);
}

#[test]
fn a_missing_secret_is_the_error_of_the_standard_and_names_the_remedy() {
    let server = Server::start(echo);
    let score = ask(json!({ "method": "get", "endpoint": server.at("/"),
        "headers": { "X-Key": "${ $secrets.key }" } }));
    let (kind, status, detail) = Play::of(score, declared()).error();
    assert_eq!((kind.as_str(), status), ("authorization", json!(403)));
    assert!(detail.contains("FERMATA_SECRET_KEY"), "{detail}");
    assert!(detail.contains("secrets.toml"), "{detail}");
    assert!(server.seen().is_empty(), "nothing was sent");
}

#[test]
fn errors_and_their_responses_have_no_secrets() {
    let server = Server::start(|seen, _| {
        let mut reply =
            Reply::json(&json!({ "message": format!("bad {}", seen.headers["x-key"]) }));
        reply.status = 403;
        reply
            .headers
            .push(("X-Echo", seen.headers["x-key"].clone()));
        reply
    });
    let tasks = json!([{ "tried": {
        "try": [{ "ask": { "call": "http", "with": { "method": "get",
            "endpoint": "${ \"ADDRESS/\\($secrets.key)\" }".replace("ADDRESS", &server.address),
            "headers": { "X-Key": "${ $secrets.key }" } } } }],
        "catch": { "as": "error", "do": [{ "keep": { "set": "${ $error }" } }] },
    } }]);
    let mut play = Play::of(tasks, declared()).with("KEY", "s3cr3t-word");
    let error = play.output();
    assert_eq!(error["status"], 403);
    assert_eq!(error["response"]["content"]["message"], "bad ***");
    assert_eq!(error["response"]["headers"]["x-echo"], "***");
    let detail = error["detail"].as_str().unwrap();
    assert!(detail.contains("/*** was answered 403"), "{detail}");
    play.hides(&["s3cr3t-word"]);

    // Nobody listens on this port.
    let gone = "${ \"http://127.0.0.1:1/\\($secrets.key)\" }";
    let mut play = Play::of(
        ask(json!({ "method": "get", "endpoint": gone })),
        declared(),
    )
    .with("KEY", "s3cr3t-word");
    let (kind, _, detail) = play.error();
    assert_eq!(kind, "communication", "{detail}");
    play.hides(&["s3cr3t-word"]);

    // A header is one line.
    let lines = ask(json!({ "method": "get", "endpoint": server.at("/"),
        "headers": { "X-Key": "${ $secrets.key }" } }));
    let mut play = Play::of(lines, declared()).with("KEY", "s3cr3t-word\r\nX-Other: 1");
    let (kind, _, detail) = play.error();
    assert_eq!(kind, "validation", "{detail}");
    play.hides(&["s3cr3t-word"]);
}

#[test]
fn raw_and_binary_answers_have_no_secrets() {
    let server = Server::start(|seen, _| {
        let mut bytes = vec![0xff, 0x00, 0x01];
        bytes.extend(seen.headers["x-key"].as_bytes());
        Reply::of(200, "application/octet-stream", &bytes)
    });
    for output in ["raw", "content", "response"] {
        let score = ask(
            json!({ "method": "get", "endpoint": server.at("/"), "output": output,
            "headers": { "X-Key": "${ $secrets.key }" } }),
        );
        let mut play = Play::of(score, declared()).with("KEY", "s3cr3t-word");
        let content = play.output();
        assert!(content.to_string().contains("/wABKioq"), "{content}");
        play.hides(&[
            "s3cr3t-word",
            "M2NyM3Qtd29y",
            "czNjcjN0LXdvcm",
            "zM2NyM3Qtd29yZ",
        ]);
    }
}

#[test]
fn a_redirect_to_another_origin_gets_no_secrets() {
    let other = Server::start(echo);
    let elsewhere = other.at("/there");
    let server = Server::start(move |_, _| Reply::to(307, &elsewhere));
    let headers = json!({ "X-Key": "${ $secrets.key }", "X-Open": "1" });
    let score = ask(
        json!({ "method": "get", "endpoint": server.at("/"), "redirect": true,
        "headers": headers }),
    );
    let mut play = Play::of(score, declared()).with("KEY", "s3cr3t-word");
    play.output();
    let seen = other.only();
    assert_eq!(seen.headers.get("x-key"), None);
    assert_eq!(seen.headers["x-open"], "1");
    play.hides(&["s3cr3t-word"]);

    let score = ask(
        json!({ "method": "post", "endpoint": server.at("/"), "redirect": true,
        "body": { "key": "${ $secrets.key }" } }),
    );
    let mut play = Play::of(score, declared()).with("KEY", "s3cr3t-word");
    let (kind, _, detail) = play.error();
    assert_eq!(kind, "configuration", "{detail}");
    assert!(detail.contains("another origin"), "{detail}");
    assert_eq!(other.seen().len(), 1, "the body was not sent there");
    play.hides(&["s3cr3t-word"]);
}

#[test]
fn parameters_of_an_operation_may_be_secrets_but_only_at_the_origin_of_its_document() {
    let server = Server::start(pet_store);
    let call = |document: String| {
        json!([{ "ask": { "call": "openapi", "with": { "document": { "endpoint": document },
            "operationId": "deletePet", "output": "content",
            "parameters": { "petId": 1, "api_key": "${ $secrets.key }" } } } }])
    };
    let mut play =
        Play::of(call(server.at("/v2/swagger.json")), declared()).with("KEY", "s3cr3t-word");
    assert_eq!(play.output(), json!({ "key": "***" }));
    assert_eq!(server.seen()[1].headers["api_key"], "s3cr3t-word");
    play.hides(&["s3cr3t-word"]);

    let host = server.address.trim_start_matches("http://").to_owned();
    let elsewhere = Server::start(move |seen, before| {
        let mut seen = seen.clone();
        seen.headers.insert("host".into(), host.clone());
        pet_store(&seen, before)
    });
    let mut play =
        Play::of(call(elsewhere.at("/v2/swagger.json")), declared()).with("KEY", "s3cr3t-word");
    let (kind, _, detail) = play.error();
    assert_eq!(kind, "configuration", "{detail}");
    assert_eq!(server.seen().len(), 2, "nothing more was sent");
    play.hides(&["s3cr3t-word"]);
}

#[test]
fn a_later_call_brings_no_secret_back() {
    let kept = std::sync::Mutex::new(String::new());
    let server = Server::start(move |seen, _| {
        let mut kept = kept.lock().unwrap();
        if seen.method == "POST" {
            kept.clone_from(&seen.body);
        }
        Reply::json(&json!({ "kept": *kept }))
    });
    let tasks = json!([
        { "keep": { "call": "http", "with": { "method": "post", "endpoint": server.at("/"),
            "body": "${ $secrets.pets.password }", "output": "response" },
            "output": { "as": "${ .statusCode }" } } },
        { "look": { "call": "http", "with": { "method": "get", "endpoint": server.at("/") } } },
    ]);
    let mut play = Play::of(tasks, declared())
        .with("KEY", "other-word")
        .with("PETS", r#"{"password":"s3cr3t-word"}"#);
    assert_eq!(play.output(), json!({ "kept": "***" }));
    play.hides(&["s3cr3t-word"]);
}

#[test]
fn data_that_looks_like_a_secret_is_sent_as_it_is() {
    let server = Server::start(echo);
    let score = json!([
        { "look": { "set": { "text": "{$secrets.pets}", "piece": [{ "secret": "pets" }] } } },
        { "ask": { "call": "http", "with": { "method": "post", "endpoint": server.at("/"),
            "body": { "text": "${ .text + $secrets.key }", "piece": "${ .piece }", "secrets": { "/request/body": [{ "secret": "pets" }] } } } } },
    ]);
    let mut play = Play::of(score, declared())
        .with("KEY", "s3cr3t-word")
        .with("PETS", "other-word");
    play.output();
    let seen = server.only();
    assert!(!seen.body.contains("other-word"), "{}", seen.body);
    assert!(
        seen.body.contains("{$secrets.pets}s3cr3t-word"),
        "{}",
        seen.body
    );
}

#[test]
fn a_killed_call_is_repeated_with_the_secret_and_without_a_trace() {
    let (arrived, arrivals) = mpsc::channel();
    let arrived = std::sync::Mutex::new(arrived);
    let server = Server::start(move |seen, before| {
        arrived.lock().unwrap().send(()).unwrap();
        if before == 0 {
            // Until the program is killed.
            std::thread::sleep(std::time::Duration::from_secs(60));
        }
        echo(seen, before)
    });
    let score = ask(json!({ "method": "post", "endpoint": server.at("/"),
        "body": "${ { key: $secrets.key } }" }));
    let mut play = Play::of(score, declared()).with("KEY", "s3cr3t-word");
    let args = "play tasks.json --store s.redb --log log.txt";
    let mut child = play.command(args).spawn().unwrap();
    arrivals.recv().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let resumed = play.run("play --resume --store s.redb --log log.txt -o json");
    assert_eq!(resumed.code, Some(0), "{resumed:#?}");
    let bodies: Vec<_> = server.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies, [r#"{"key":"s3cr3t-word"}"#; 2]);
    play.hides(&["s3cr3t-word"]);
}
