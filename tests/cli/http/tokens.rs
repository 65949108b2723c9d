//! Tokens that an authority gives: `oauth2`, `oidc`, and `digest`.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use super::*;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hidden::Play;

const CLIENT_SECRET: &str = "cl1ent/s3cr3t&";

/// An authority and a service in one: the service takes the last token that the authority gave.
fn authority(seconds: u64) -> Server {
    let given = AtomicUsize::new(0);
    Server::start(move |seen, _| {
        let own = format!("http://{}", seen.headers["host"]);
        match seen.target.as_str() {
            "/realm/.well-known/openid-configuration" => Reply::json(
                &json!({ "issuer": format!("{own}/realm"), "token_endpoint": format!("{own}/oidc/token") }),
            ),
            target if target.ends_with("/token") => {
                let count = given.fetch_add(1, Ordering::SeqCst) + 1;
                Reply::json(
                    &json!({ "access_token": format!("t0ken-number-{count}"), "token_type": "bearer",
                    "expires_in": seconds, "refresh_token": "r3fresh-token" }),
                )
            }
            _ => {
                let last = given.load(Ordering::SeqCst);
                match seen.headers.get("authorization") {
                    Some(who) if *who == format!("Bearer t0ken-number-{last}") => {
                        Reply::json(&json!({ "who": who }))
                    }
                    _ => Reply::status(401),
                }
            }
        }
    })
}

fn tokens_asked(server: &Server) -> Vec<Seen> {
    let asked = server.seen().into_iter();
    asked
        .filter(|seen| seen.target.ends_with("/token"))
        .collect()
}

fn call(server: &Server, authentication: &Value) -> Value {
    json!({ "call": "http", "with": { "method": "get",
        "endpoint": { "uri": server.at("/x"), "authentication": authentication } } })
}

fn oauth2(server: &Server) -> Value {
    json!({ "oauth2": {
        "authority": server.address,
        "grant": "client_credentials",
        "client": { "id": "me", "secret": "${ $secrets.client }" },
        "scopes": ["read", "write"],
        "audiences": ["pets"],
    } })
}

fn play(tasks: Value, authentications: Value) -> Play {
    Play::of(
        tasks,
        json!({ "secrets": ["client", "word"], "authentications": authentications }),
    )
    .with("CLIENT", CLIENT_SECRET)
    .with("WORD", "p4ss-word")
}

#[test]
fn one_token_is_used_for_several_requests_at_once_and_after_another() {
    let server = authority(3600);
    let who = json!({ "use": "authority" });
    let branches: Vec<Value> = (0..6)
        .map(|n| json!({ format!("b{n}"): call(&server, &who) }))
        .collect();
    let tasks = json!([
        { "together": { "fork": { "branches": branches } } },
        { "later": call(&server, &who) },
    ]);
    let mut play = play(tasks, json!({ "authority": oauth2(&server) }));
    assert_eq!(play.output(), json!({ "who": "Bearer ***" }));
    let asked = tokens_asked(&server);
    assert_eq!(asked.len(), 1, "one token for all of them");
    assert_eq!(asked[0].target, "/oauth2/token");
    assert_eq!(
        asked[0].body,
        "grant_type=client_credentials&client_id=me&client_secret=cl1ent%2Fs3cr3t%26&scope=read+write&audience=pets"
    );
    assert_eq!(server.seen().len(), 8);
    play.hides(&[
        CLIENT_SECRET,
        "t0ken-number-1",
        "r3fresh-token",
        "cl1ent%2Fs3cr3t%26",
    ]);
}

#[test]
fn an_expired_token_is_replaced() {
    let server = authority(2);
    let who = json!("authority");
    // Time in a score is simulated, but tokens expire in real time.
    let other = Server::start(|_, _| {
        std::thread::sleep(Duration::from_millis(1500));
        Reply::json(&json!(null))
    });
    let tasks = json!([
        { "first": call(&server, &who) },
        { "pause": { "call": "http", "with": { "method": "get", "endpoint": other.address } } },
        { "second": call(&server, &who) },
    ]);
    let mut play = play(tasks, json!({ "authority": oauth2(&server) }));
    play.output();
    assert_eq!(tokens_asked(&server).len(), 2);
    play.hides(&[CLIENT_SECRET, "t0ken-number"]);
}

#[test]
fn a_refused_token_is_replaced_once() {
    let refuses = |times: usize| {
        let refused = AtomicUsize::new(0);
        Server::start(move |seen, _| match seen.target.as_str() {
            "/oauth2/token" => {
                Reply::json(&json!({ "access_token": "t0ken-t0ken", "expires_in": 60 }))
            }
            _ if refused.fetch_add(1, Ordering::SeqCst) < times => Reply::status(401),
            _ => Reply::json(&json!(seen.headers["authorization"])),
        })
    };
    let server = refuses(1);
    let mut once = play(json!([{ "a": call(&server, &oauth2(&server)) }]), json!({}));
    assert_eq!(once.output(), "Bearer ***");
    assert_eq!(tokens_asked(&server).len(), 2);
    once.hides(&[CLIENT_SECRET, "t0ken-t0ken"]);

    let server = refuses(9);
    let mut twice = play(json!([{ "a": call(&server, &oauth2(&server)) }]), json!({}));
    let (kind, status, detail) = twice.error();
    assert_eq!(
        (kind.as_str(), status),
        ("communication", json!(401)),
        "{detail}"
    );
    assert_eq!(tokens_asked(&server).len(), 2);
    assert_eq!(server.seen().len(), 4);
    twice.hides(&[CLIENT_SECRET, "t0ken-t0ken"]);
}

#[test]
fn a_wrong_secret_is_an_authentication_error() {
    let server = Server::start(|seen, _| {
        let mut reply = Reply::json(&json!({ "error": "invalid_client",
            "error_description": format!("wrong: {}", seen.body) }));
        reply.status = 401;
        reply
    });
    let mut wrong = play(json!([{ "a": call(&server, &oauth2(&server)) }]), json!({}));
    let (kind, status, detail) = wrong.error();
    assert_eq!((kind.as_str(), status), ("authentication", json!(401)));
    assert!(detail.contains("invalid_client: wrong: "), "{detail}");
    assert_eq!(server.seen().len(), 1, "the service was not asked");
    wrong.hides(&[CLIENT_SECRET, "cl1ent%2Fs3cr3t%26", "cl1ent"]);

    // Trouble of the authority is another error, which may be retried.
    let server = Server::start(|_, _| Reply::status(503));
    let mut down = play(json!([{ "a": call(&server, &oauth2(&server)) }]), json!({}));
    let (kind, status, _) = down.error();
    assert_eq!((kind.as_str(), status), ("communication", json!(503)));
    let server = Server::start(|_, _| Reply::json(&json!({ "token": "x" })));
    let mut odd = play(json!([{ "a": call(&server, &oauth2(&server)) }]), json!({}));
    assert_eq!(odd.error().0, "communication");
}

#[test]
fn the_request_for_a_token_is_made_as_the_policy_says() {
    let server = authority(60);
    let ask = |kind: &str, more: Value| {
        let mut policy = json!({ "authority": server.at("/realm"), "grant": "client_credentials",
            "client": { "id": "a b", "secret": "${ $secrets.client }" } });
        policy
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let mut play = play(
            json!([{ "a": call(&server, &json!({ kind: policy })) }]),
            json!({}),
        );
        assert_eq!(play.output(), json!({ "who": "Bearer ***" }), "{more}");
        play.hides(&[CLIENT_SECRET, "t0ken-number", "p4ss-word"]);
        tokens_asked(&server).pop().unwrap()
    };
    let basic = json!({ "id": "a b", "secret": "${ $secrets.client }", "authentication": "client_secret_basic" });
    let seen = ask(
        "oauth2",
        json!({ "client": basic, "endpoints": { "token": "/my/token" } }),
    );
    assert_eq!(seen.target, "/realm/my/token");
    assert_eq!(
        seen.headers["authorization"],
        "Basic YStiOmNsMWVudCUyRnMzY3IzdCUyNg=="
    );
    assert_eq!(seen.body, "grant_type=client_credentials");
    let seen = ask(
        "oauth2",
        json!({ "request": { "encoding": "application/json" } }),
    );
    assert_eq!(seen.target, "/realm/oauth2/token");
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(body["client_secret"], CLIENT_SECRET);
    let seen = ask(
        "oauth2",
        json!({ "grant": "password", "username": "u", "password": "${ $secrets.word }",
        "client": { "id": "pub", "authentication": "none" } }),
    );
    assert_eq!(
        seen.body,
        "grant_type=password&username=u&password=p4ss-word&client_id=pub"
    );
}

#[test]
fn oidc_finds_its_endpoint_and_checks_the_issuer() {
    let server = authority(60);
    let ask = |authority: String, issuers: Value| {
        let policy = json!({ "oidc": { "authority": authority, "grant": "client_credentials", "issuers": issuers,
            "client": { "id": "me", "secret": "${ $secrets.client }" } } });
        play(json!([{ "a": call(&server, &policy) }]), json!({}))
    };
    for authority in [
        "/realm",
        "/realm/",
        "/realm/.well-known/openid-configuration",
    ] {
        let mut play = ask(server.at(authority), json!([server.at("/realm")]));
        assert_eq!(play.output(), json!({ "who": "Bearer ***" }), "{authority}");
        assert_eq!(tokens_asked(&server).pop().unwrap().target, "/oidc/token");
        play.hides(&[CLIENT_SECRET, "t0ken-number"]);
    }
    let (kind, _, detail) = ask(server.at("/realm"), json!(["https://other.example"])).error();
    assert_eq!(kind, "authentication", "{detail}");
    assert!(detail.contains("issuers"), "{detail}");

    // The token says who issued it.
    let claims = URL_SAFE_NO_PAD.encode(json!({ "iss": "https://evil.example" }).to_string());
    let token = format!("aaaa.{claims}.bbbb");
    let own = token.clone();
    let server = Server::start(move |_, _| Reply::json(&json!({ "access_token": token })));
    let mut policy = oauth2(&server);
    policy["oauth2"]["issuers"] = json!([server.address]);
    let mut play = play(json!([{ "a": call(&server, &policy) }]), json!({}));
    assert_eq!(play.error().0, "authentication");
    assert_eq!(server.seen().len(), 1, "the token was not used");
    play.hides(&[&own]);
}

#[test]
fn a_token_is_not_sent_to_another_origin() {
    let other = Server::start(|seen, _| Reply::json(&json!(seen.headers.get("authorization"))));
    let elsewhere = other.at("/there");
    let server = Server::start(move |seen, _| match seen.target.as_str() {
        "/oauth2/token" => Reply::json(&json!({ "access_token": "t0ken-t0ken" })),
        _ => Reply::to(307, &elsewhere),
    });
    let mut task = call(&server, &oauth2(&server));
    task["with"]["redirect"] = json!(true);
    let mut play = play(json!([{ "a": task }]), json!({}));
    assert_eq!(play.output(), json!(null));
    play.hides(&[CLIENT_SECRET, "t0ken-t0ken"]);
}

#[test]
fn a_digest_is_made_when_the_service_asks_for_it() {
    let server = Server::start(|seen, _| match seen.headers.get("authorization") {
        None => {
            let mut reply = Reply::status(401);
            let challenge = "Digest realm=\"pets\", qop=\"auth\", nonce=\"abc\", algorithm=SHA-256";
            reply.headers.push(("WWW-Authenticate", challenge.into()));
            reply
        }
        Some(digest) => Reply::json(&json!(digest)),
    });
    let policy = json!({ "digest": { "username": "me", "password": "${ $secrets.client }" } });
    let mut play = play(json!([{ "a": call(&server, &policy) }]), json!({}));
    let digest = play.output();
    let digest = digest.as_str().unwrap();
    assert!(digest.starts_with("Digest username=\"me\""), "{digest}");
    assert_eq!(server.seen().len(), 2);
    play.hides(&[CLIENT_SECRET]);
}

#[test]
fn policies_are_checked() {
    use super::checks::errors_of;
    let ask = |kind: &str, change: Value| {
        let mut policy = json!({ "authority": "https://h/", "grant": "client_credentials",
            "client": { "id": "a", "secret": "b" } });
        for (key, value) in change.as_object().unwrap() {
            policy[key] = value.clone();
        }
        let endpoint = json!({ "uri": "http://localhost/", "authentication": { kind: policy } });
        errors_of(
            json!({ "call": "http", "with": { "method": "get", "endpoint": endpoint } }),
            json!({}),
        )
    };
    for (change, says) in [
        (
            json!({ "grant": "authorization_code" }),
            "`authorization_code` is not supported: nobody can log in",
        ),
        (
            json!({ "grant": "client" }),
            "`client_credentials` or `password`",
        ),
        (
            json!({ "grant": "password" }),
            "needs `username` and `password`",
        ),
        (
            json!({ "client": { "id": "a" } }),
            "`client` needs `id` and `secret`",
        ),
        (
            json!({ "client": { "id": "a", "secret": "b", "authentication": "private_key_jwt" } }),
            "Fermata signs no tokens",
        ),
        (
            json!({ "client": { "id": "a", "assertion": "b" } }),
            "`assertion` is not supported",
        ),
        (
            json!({ "subject": { "token": "a", "type": "b" } }),
            "`subject` is not supported",
        ),
        (json!({ "authority": "h" }), "http:// or https://"),
        (
            json!({ "authority": "https://{h}/" }),
            "make the whole address an expression",
        ),
        (
            json!({ "request": { "encoding": "text/plain" } }),
            "`application/json`",
        ),
        (json!({ "scopes": "read" }), "a list of strings"),
        (json!({ "use": "secret" }), "cannot be a secret as a whole"),
    ] {
        let errors = ask("oauth2", change);
        assert!(errors.contains(says), "{errors}");
    }
    let errors = ask("oidc", json!({ "endpoints": { "token": "/x" } }));
    assert!(errors.contains("unknown key `endpoints`"), "{errors}");
}
