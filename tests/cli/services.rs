//! `fermata services`: real sockets, the program, and scores that call it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, ChildStdout},
    time::Duration,
};

use serde_json::{Value, json};

use crate::harness::{Outcome, Room, hanging};

/// The program `fermata services`, on a port of its own, until the test ends.
struct Services {
    program: Child,
    lines: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Services {
    fn start(room: &Room) -> Self {
        let mut program = room.start("services --port 0");
        let mut lines = BufReader::new(program.stdout.take().unwrap());
        let mut first = String::new();
        lines.read_line(&mut first).unwrap();
        let address = first.trim().strip_prefix("services at http://").unwrap();
        let address = address.parse().unwrap();
        Self {
            program,
            lines,
            address,
        }
    }

    /// The next line that tells of a request.
    fn line(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.lines.read_line(&mut line).unwrap(), 0);
            if ["GET", "POST", "PUT", "DELETE", "PATCH"]
                .iter()
                .any(|method| line.starts_with(method))
            {
                return line.trim_end().to_owned();
            }
        }
    }

    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let host = format!("Host: {}\r\n", self.address);
        self.ask_raw(&format!(
            "{method} {path} HTTP/1.1\r\n{host}Content-Length: {}\r\nConnection: close\r\n{headers}\r\n{body}",
            body.len()
        ))
    }

    /// Sends bytes as they are, and reads to the end.
    fn ask_raw(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        // Of a request that is too long, the services may not read the end.
        let _ = stream.write_all(request.as_bytes());
        let mut read = Vec::new();
        let _ = stream.read_to_end(&mut read);
        let text = String::from_utf8(read).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        Answer {
            status: status.unwrap_or_default(),
            head: head.to_ascii_lowercase(),
            body: serde_json::from_str(body).unwrap_or_default(),
        }
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "", "")
    }

    /// Performs a score in virtual time; `document` and `base` are in its input.
    fn perform(&self, room: &Room, tasks: Value) -> Value {
        room.write("score.json", &score(&tasks).to_string());
        let mut play = room.command("play score.json --clock virtual --store :memory: -o json");
        let base = format!("http://{}", self.address);
        play.args(["--input", &json!({ "base": base }).to_string()]);
        let outcome = Outcome::of(play);
        serde_json::from_str(outcome.out.lines().next().unwrap_or_default())
            .unwrap_or_else(|_| panic!("{outcome:#?}"))
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: Value,
}

fn score(tasks: &Value) -> Value {
    json!({
        "document": { "dsl": "1.0.0", "namespace": "test", "name": "calls", "version": "1.0.0" },
        "do": tasks,
    })
}

fn openapi(service: &str, operation: &str, parameters: Value) -> Value {
    json!({
        "call": "openapi",
        "with": {
            "document": { "endpoint": format!("${{ .base + \"/{service}/openapi.json\" }}") },
            "operationId": operation,
            "parameters": parameters,
        },
        "output": { "as": "${ . + { base: $input.base } }" },
    })
}

#[test]
fn the_program_tells_where_the_services_are_and_what_they_answer() {
    let room = Room::new();
    let mut services = Services::start(&room);
    assert!(services.address.ip().is_loopback());
    let list = services.get("/");
    assert_eq!(
        (list.status, &list.body["title"]),
        (200, &"fermata services".into())
    );
    assert_eq!(
        services
            .line()
            .split(" ms")
            .next()
            .unwrap()
            .rsplit_once(' ')
            .unwrap()
            .0,
        "GET / 200"
    );
    let order = r#"{"order":"order-1","amount":20}"#;
    let key = "Idempotency-Key: one\r\nContent-Type: application/json\r\n";
    let first = services.ask("POST", "/payment/charges", key, order);
    assert_eq!(first.status, 201, "{first:?}");
    assert!(
        first.head.contains("content-type: application/json"),
        "{first:?}"
    );
    assert!(services.line().starts_with("POST /payment/charges 201 "));
    let second = services.ask("POST", "/payment/charges", key, order);
    assert_eq!(second.body, first.body);
    let line = services.line();
    assert!(line.ends_with(" ms (repeated)"), "{line}");
    services.ask("PUT", "/payment/faults", "", r#"{"fail_next":1}"#);
    let failed = services.ask("POST", "/payment/charges", key, order);
    assert_eq!(failed.status, 503);
    assert!(
        failed.head.contains("application/problem+json"),
        "{failed:?}"
    );
    assert!(services.line().starts_with("PUT /payment/faults 200 "));
    assert!(services.line().ends_with("(injected)"));
}

#[test]
fn quiet_services_print_no_requests_and_end_with_a_signal() {
    let room = Room::new();
    let mut program = room.start("services --quiet --port 0");
    let mut lines = BufReader::new(program.stdout.take().unwrap());
    let mut first = String::new();
    lines.read_line(&mut first).unwrap();
    let address = first.trim().strip_prefix("services at http://").unwrap();
    let port = address.parse::<SocketAddr>().unwrap().port();
    let second = room.run(&format!("services --port {port}"));
    assert_eq!(second.code, Some(1));
    assert!(second.err.contains(&format!("port {port}")), "{second:?}");
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let request = format!("GET / HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    #[cfg(unix)]
    {
        let id = rustix::process::Pid::from_child(&program);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        assert_eq!(program.wait().unwrap().code(), Some(143));
        let mut rest = String::new();
        lines.read_to_string(&mut rest).unwrap();
        assert!(!rest.contains("GET /"), "{rest}");
        assert!(rest.contains("curl -X PUT"), "{rest}");
    }
    let _ = program.kill();
}

#[test]
fn bad_requests_are_refused_with_a_reason() {
    let room = Room::new();
    let services = Services::start(&room);
    let charges = "/payment/charges";
    let refused = |answer: Answer, status: u16, why: &str| {
        assert_eq!(answer.status, status, "{answer:?}");
        let detail = answer.body["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(why), "{answer:?}");
    };
    refused(services.ask("POST", charges, "", "{"), 400, "not JSON");
    refused(services.ask("POST", charges, "", "[]"), 400, "object");
    refused(services.ask("POST", charges, "", "{}"), 422, "`order`");
    let huge = "x".repeat(100_000);
    let huge = services.ask("POST", charges, "", &huge);
    assert_eq!(huge.status, 413, "{huge:?}");
    let patch = services.ask("PATCH", charges, "", "");
    assert!(patch.head.contains("allow: "), "{patch:?}");
    refused(patch, 405, "GET, POST");
    let get = services.get(charges);
    assert!(get.head.contains("allow: post"), "{get:?}");
    refused(get, 405, "POST");
    refused(services.get("/nowhere"), 404, "GET / lists");
    refused(services.get("/payment/nowhere"), 404, "openapi.json");
    let foreign = "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    refused(services.ask_raw(foreign), 421, "this machine only");
    let absolute = format!(
        "GET http://evil.example/ HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        services.address
    );
    refused(services.ask_raw(&absolute), 421, "this machine only");
    let page = "Origin: https://evil.example\r\n";
    refused(
        services.ask("POST", charges, page, "{}"),
        403,
        "other sites",
    );
    for garbage in ["\r\n\r\n\r\n", "GET\r\n\r\n", "\u{1}\u{2}\r\n\r\n"] {
        services.ask_raw(garbage);
    }
    assert_eq!(services.get("/").status, 200);
}

#[test]
fn a_score_orchestrates_the_services_by_their_documents() {
    let room = Room::new();
    let services = Services::start(&room);
    let ended = services.perform(
        &room,
        json!([
            { "charge": openapi("payment", "charge", json!({ "body": { "order": "o", "amount": 5 } })) },
            { "refund": openapi("payment", "refund", json!({ "id": "${ .id }" })) },
            { "reserve": openapi("stock", "reserve",
                json!({ "body": { "order": "o", "item": "book", "quantity": 2 } })) },
            { "release": openapi("stock", "release", json!({ "id": "${ .id }" })) },
            { "book": openapi("shipping", "book", json!({ "body": { "order": "o", "to": "Ankara" } })) },
            { "cancel": openapi("shipping", "cancel", json!({ "id": "${ .id }" })) },
            { "create": openapi("clusters", "createCluster", json!({ "body": { "city": "Izmir" } })) },
            { "look": openapi("clusters", "getCluster", json!({ "id": "${ .id }" })) },
            { "provision": openapi("machines", "provision", json!({ "body": { "vm": "vm-1" } })) },
            { "install": openapi("machines", "install",
                json!({ "vm": "${ .vm }", "body": { "version": "2.0" } })) },
            { "check": openapi("machines", "check", json!({ "vm": "${ .vm }" })) },
        ]),
    );
    assert_eq!(ended["status"], "Completed", "{ended}");
    assert_eq!(ended["output"]["healthy"], true);
    let cluster = services.get("/clusters/databases").body;
    assert_eq!(cluster["clusters"][0]["progress"], 25, "{cluster}");
    assert_eq!(services.get("/stock/items/book").body["available"], 1000);
    assert_eq!(
        services.get("/payment/charges/charge-1").body["state"],
        "refunded"
    );
    assert_eq!(
        services.get("/shipping/parcels/parcel-1").body["state"],
        "cancelled"
    );
}

#[test]
fn a_score_retries_what_fails_and_sees_a_service_that_is_too_slow() {
    let room = Room::new();
    let services = Services::start(&room);
    services.ask("PUT", "/payment/faults", "", r#"{"fail_next":3}"#);
    let charge = openapi(
        "payment",
        "charge",
        json!({ "body": { "order": "o", "amount": 5 } }),
    );
    let ended = services.perform(
        &room,
        json!([{ "pay": {
            "try": [{ "charge": charge }],
            "catch": {
                "errors": { "with": { "status": 503 } },
                "retry": { "delay": { "seconds": 1 }, "limit": { "attempt": { "count": 5 } } },
            },
        } }]),
    );
    assert_eq!(ended["output"]["id"], "charge-1", "{ended}");
    // The answer is late, the effect is not: without the answer, nobody knows.
    services.ask("PUT", "/payment/faults", "", r#"{"latency":60000}"#);
    let mut slow = charge.clone();
    slow["timeout"] = json!({ "after": { "seconds": 3 } });
    let late = services.perform(&room, json!([{ "charge": slow }]));
    assert_eq!(late["status"], "Failed", "{late}");
    assert!(late["failure"].to_string().contains("timeout"), "{late}");
    services.ask("PUT", "/payment/faults", "", "{}");
    assert_eq!(services.get("/payment/charges/charge-2").status, 200);
}

#[test]
fn play_starts_the_services_or_uses_those_that_run() {
    // Both need the usual port: one test, so that they are not at the same time.
    let room = Room::new();
    let call = json!([{ "reserve": {
        "call": "http",
        "with": {
            "method": "post",
            "endpoint": "http://127.0.0.1:7070/stock/reservations",
            "body": { "order": "o", "item": "play-starts-services", "quantity": 1 },
        },
    } }]);
    room.write("score.json", &score(&call).to_string());
    let play = "play score.json --clock virtual --store :memory: -o json";
    let Ok(free) = TcpListener::bind("127.0.0.1:7070") else {
        eprintln!("skipped: another program has port 7070");
        return;
    };
    drop(free);
    let alone = room.run(play);
    assert!(alone.out.contains("`fermata services`"), "{alone:?}");
    let with = room.run(&format!("{play} --services"));
    assert_eq!(with.code, Some(0), "{with:?}");
    let mut other = room.start("services");
    let mut lines = BufReader::new(other.stdout.take().unwrap());
    let mut first = String::new();
    lines.read_line(&mut first).unwrap();
    let both = room.run(&format!("{play} --services"));
    let _ = other.kill();
    let _ = other.wait();
    assert_eq!(both.code, Some(0), "{both:?}");
    assert!(
        both.err.contains("http://127.0.0.1:7070 are used"),
        "{both:?}"
    );
    let foreign = TcpListener::bind("127.0.0.1:7070").unwrap();
    let acceptor = std::thread::spawn(move || drop(foreign.accept()));
    let refused = room.run(&format!("{play} --services"));
    let _ = acceptor.join();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("port 7070"), "{refused:?}");
}

/// Performs a piece that comes with Fermata to its end, which must be a good one.
fn perform_piece(room: &Room, services: &Services, name: &str) {
    let score = format!("{}/scores/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    let mut play = room.command("play --clock virtual --trace trace.jsonl --force -o json");
    let base = format!("http://{}", services.address);
    play.args(["--store", &format!("{name}.redb"), &score])
        .args(["--input", &json!({ "services": base }).to_string()]);
    let outcome = Outcome::of(play);
    assert_eq!(outcome.code, Some(0), "{name}: {outcome:#?}");
    let trace = room.trace("trace.jsonl");
    assert!(!trace.is_empty() && hanging(&trace).is_empty(), "{name}");
}

#[test]
fn an_order_is_undone_by_events_and_by_its_flow_where_shipping_fails() {
    let room = Room::new();
    let services = Services::start(&room);
    perform_piece(&room, &services, "order");
    let state = |path: &str| services.get(path).body["state"].clone();
    for (number, charge, reservation) in [
        (1, "charged", "reserved"),
        (2, "refunded", "released"),
        (3, "charged", "reserved"),
        (4, "refunded", "released"),
    ] {
        assert_eq!(state(&format!("/payment/charges/charge-{number}")), charge);
        let path = format!("/stock/reservations/reservation-{number}");
        assert_eq!(state(&path), reservation);
    }
    assert_eq!(services.get("/payment/charges/charge-5").status, 404);
    assert_eq!(services.get("/shipping/parcels/parcel-2").status, 200);
    assert_eq!(services.get("/shipping/parcels/parcel-3").status, 404);
}

#[test]
fn two_cities_get_their_clusters_however_often_that_fails() {
    let room = Room::new();
    let services = Services::start(&room);
    perform_piece(&room, &services, "two-cities");
    let made = services.get("/clusters/replications/replication-1").body;
    assert_eq!(
        (&made["from"], &made["to"]),
        (&"istanbul-1".into(), &"ankara-1".into())
    );
    let clusters = services.get("/clusters/databases").body;
    assert_eq!(clusters["clusters"].as_array().unwrap().len(), 2);
    let history = room.history("two-cities.redb", "two-cities-1");
    let failed = history.iter().filter(|event| event["type"] == "TaskFailed");
    assert!(failed.count() > 0, "nothing failed on the way");
    assert_eq!(services.get("/clusters/faults").body["failure_rate"], 0.0);
}

#[test]
fn each_machine_of_the_fleet_gets_the_second_version() {
    let room = Room::new();
    let services = Services::start(&room);
    perform_piece(&room, &services, "fleet");
    let fleet = services.get("/machines/vms").body;
    let fleet = fleet["vms"].as_array().unwrap();
    assert_eq!(fleet.len(), 5);
    assert!(fleet.iter().all(|vm| vm["version"] == "2.0"), "{fleet:#?}");
}
