//! What the services promise, without sockets.

use serde_json::{Value, json};

use super::{Answer, Method, Request, Services};

/// The services, asked in a line each.
struct Asked(Services);

impl Asked {
    fn new(seed: u64) -> Self {
        Self(Services::new(seed))
    }

    fn ask(&mut self, method: Method, path: &str, body: Value, key: Option<&str>) -> Answer {
        self.0.answer(&Request {
            method,
            path: path.to_owned(),
            key: key.map(str::to_owned),
            body: match body {
                Value::Null => Vec::new(),
                body => body.to_string().into_bytes(),
            },
        })
    }

    fn get(&mut self, path: &str) -> Answer {
        self.ask(Method::Get, path, Value::Null, None)
    }

    fn post(&mut self, path: &str, body: Value) -> Answer {
        self.ask(Method::Post, path, body, None)
    }

    fn faults(&mut self, service: &str, faults: Value) -> Answer {
        self.ask(Method::Put, &format!("/{service}/faults"), faults, None)
    }
}

#[test]
fn a_cluster_becomes_ready_while_it_is_observed_and_replication_waits_for_both() {
    let mut services = Asked::new(1);
    let created = services.post("/clusters/databases", json!({ "city": "Istanbul" }));
    assert_eq!(created.status, 201);
    assert_eq!(created.body["id"], "istanbul-1");
    assert_eq!(created.body["state"], "creating");
    services.post("/clusters/databases", json!({ "city": "Ankara" }));
    let both = json!({ "from": "istanbul-1", "to": "ankara-1" });
    for id in ["istanbul-1", "ankara-1"] {
        let early = services.post("/clusters/replications", both.clone());
        assert_eq!(early.status, 409, "{early:?}");
        let progress: Vec<_> = (0..5)
            .map(|_| services.get(&format!("/clusters/databases/{id}")).body["progress"].clone())
            .collect();
        assert_eq!(progress, [25, 50, 75, 100, 100]);
    }
    let replication = services.post("/clusters/replications", both);
    assert_eq!(replication.body["state"], "replicating");
    let read = services.get("/clusters/replications/replication-1");
    assert_eq!(read.body, replication.body);
    let deleted = services.ask(
        Method::Delete,
        "/clusters/databases/ankara-1",
        Value::Null,
        None,
    );
    assert_eq!(deleted.status, 200);
    assert_eq!(services.get("/clusters/databases/ankara-1").status, 404);
    let left = services.get("/clusters/databases").body;
    assert_eq!(left["clusters"].as_array().unwrap().len(), 1);
}

#[test]
fn what_is_charged_reserved_and_booked_can_be_undone_once() {
    let mut services = Asked::new(1);
    let charge = services.post("/payment/charges", json!({ "order": "a", "amount": 3 }));
    assert_eq!(
        charge.body,
        json!({ "id": "charge-1", "order": "a", "amount": 3, "state": "charged" })
    );
    let goods = json!({ "order": "a", "item": "book", "quantity": 400 });
    services.post("/stock/reservations", goods.clone());
    services.post("/stock/reservations", goods.clone());
    let too_many = services.post("/stock/reservations", goods);
    assert_eq!(too_many.status, 409);
    assert_eq!(
        too_many.body["detail"],
        "there are 200 of \"book\", not 400"
    );
    let parcel = services.post("/shipping/parcels", json!({ "order": "a", "to": "Ankara" }));
    assert_eq!(parcel.body["state"], "booked");
    for _ in 0..2 {
        let refund = services.post("/payment/charges/charge-1/refund", Value::Null);
        assert_eq!(refund.body["state"], "refunded");
        let release = services.post("/stock/reservations/reservation-1/release", Value::Null);
        assert_eq!(release.body["state"], "released");
        let cancelled = services.post("/shipping/parcels/parcel-1/cancel", Value::Null);
        assert_eq!(cancelled.body["state"], "cancelled");
        assert_eq!(services.get("/stock/items/book").body["available"], 600);
    }
    let dear = services.post(
        "/payment/charges",
        json!({ "order": "b", "amount": 20_000 }),
    );
    assert_eq!(dear.status, 402);
    let nowhere = services.post(
        "/shipping/parcels",
        json!({ "order": "b", "to": "nowhere" }),
    );
    assert_eq!(nowhere.status, 409);
}

#[test]
fn a_machine_is_healthy_once_it_has_software() {
    let mut services = Asked::new(1);
    assert_eq!(services.get("/machines/vms/vm-1/health").status, 404);
    let provisioned = services.post("/machines/vms", json!({ "vm": "vm-1" }));
    assert_eq!(provisioned.body["state"], "provisioned");
    let health = |services: &mut Asked| services.get("/machines/vms/vm-1/health").body;
    assert_eq!(health(&mut services)["healthy"], false);
    let version = json!({ "version": "2.0" });
    services.ask(Method::Put, "/machines/vms/vm-1/software", version, None);
    assert_eq!(
        health(&mut services),
        json!({ "vm": "vm-1", "healthy": true, "version": "2.0" })
    );
    let all = services.get("/machines/vms").body;
    assert_eq!(all["vms"][0]["state"], "installed");
    services.ask(Method::Delete, "/machines/vms/vm-1", Value::Null, None);
    assert_eq!(services.get("/machines/vms").body, json!({ "vms": [] }));
}

#[test]
fn the_same_key_gets_the_same_answer_and_has_no_second_effect() {
    let mut services = Asked::new(1);
    let order = json!({ "order": "a", "amount": 3 });
    let post = |services: &mut Asked, body: &Value, key| {
        services.ask(Method::Post, "/payment/charges", body.clone(), Some(key))
    };
    let first = post(&mut services, &order, "k1");
    let second = post(&mut services, &order, "k1");
    assert_eq!(second.body, first.body);
    assert!(second.marks.repeated && !first.marks.repeated);
    let other = post(&mut services, &order, "k2");
    assert_eq!(other.body["id"], "charge-2");
    let misused = post(&mut services, &json!({ "order": "b", "amount": 3 }), "k1");
    assert_eq!(misused.status, 422);
    assert_eq!(post(&mut services, &order, "").status, 400);
}

#[test]
fn a_refusal_is_not_repeated_and_a_fault_has_no_effect() {
    let mut services = Asked::new(1);
    for city in ["A", "B"] {
        services.post("/clusters/databases", json!({ "city": city }));
    }
    let both = json!({ "from": "a-1", "to": "b-1" });
    let ask = |services: &mut Asked| {
        let path = "/clusters/replications";
        services.ask(Method::Post, path, both.clone(), Some("k"))
    };
    assert_eq!(ask(&mut services).status, 409);
    for id in ["a-1", "b-1"].repeat(4) {
        services.get(&format!("/clusters/databases/{id}"));
    }
    services.faults("clusters", json!({ "fail_next": 2 }));
    for _ in 0..2 {
        let failed = ask(&mut services);
        assert_eq!((failed.status, failed.marks.injected), (503, true));
        assert_eq!(failed.body["injected"], true);
    }
    let done = ask(&mut services);
    assert_eq!((done.status, done.marks.repeated), (201, false));
    assert_eq!(done.body["id"], "replication-1");
}

#[test]
fn faults_are_those_of_one_service_until_they_are_set_again() {
    let mut services = Asked::new(1);
    let set = services.faults("payment", json!({ "outage": true, "latency": 20 }));
    assert_eq!(
        set.body,
        json!({ "latency": 20, "failure_rate": 0.0, "outage": true, "fail_next": 0 })
    );
    assert_eq!(services.get("/payment/faults").body, set.body);
    let down = services.get("/payment/charges/charge-1");
    assert_eq!((down.status, down.delay.as_millis()), (503, 20));
    assert_eq!(services.get("/stock/items/book").status, 200);
    assert_eq!(services.get("/payment/openapi.json").status, 200);
    services.faults("payment", json!({}));
    assert_eq!(services.get("/payment/charges/charge-1").status, 404);
    for wrong in [
        json!({ "failure_rate": 2 }),
        json!({ "latency": 10_000_000 }),
        json!({ "latency": -1 }),
        json!({ "slow": true }),
        json!([1, 0.5, true, 2]),
    ] {
        let refused = services.faults("payment", wrong.clone());
        assert!((400..500).contains(&refused.status), "{wrong}: {refused:?}");
    }
    assert_eq!(services.get("/payment/faults").body["latency"], 0);
}

#[test]
fn the_seed_decides_which_requests_fail_whatever_comes_in_between() {
    let fails = |seed, between: bool| -> Vec<u16> {
        let mut services = Asked::new(seed);
        services.faults("stock", json!({ "failure_rate": 0.4 }));
        let ask = |services: &mut Asked, item| services.get(&format!("/stock/items/{item}")).status;
        (0..200)
            .map(|_| {
                if between {
                    ask(&mut services, "other");
                }
                ask(&mut services, "book")
            })
            .collect()
    };
    let one = fails(7, false);
    assert_eq!(one, fails(7, true));
    assert_ne!(one, fails(8, false));
    let failed = one.iter().filter(|status| **status == 503).count();
    assert!((50..110).contains(&failed), "{failed} of 200, not about 80");
}

#[test]
fn each_operation_is_described_as_it_behaves() {
    let mut services = Asked::new(1);
    let list = services.get("/").body;
    let names = list["services"].as_array().unwrap();
    assert_eq!(names.len(), 5);
    let mut operations = 0;
    for service in names {
        let document = services.get(service["openapi"].as_str().unwrap()).body;
        assert_eq!(document["openapi"], "3.1.0");
        let base = document["servers"][0]["url"].as_str().unwrap().to_owned();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                operations += 1;
                let method = Method::of(&method.to_ascii_uppercase()).unwrap();
                // An empty body is refused exactly where the document demands one.
                let target = format!("{base}{}", path.replace(['{', '}'], ""));
                let answer = services.ask(method, &target, json!({}), None);
                let demands = operation.get("requestBody").is_some();
                assert_eq!(answer.status == 422, demands, "{target}: {answer:?}");
                let known = &operation["responses"][answer.status.to_string()];
                assert!(demands || known.is_object(), "{target}: {answer:?}");
                if answer.status < 300 {
                    let schema = &known["content"]["application/json"]["schema"];
                    let wrong = jsonschema::validate(schema, &answer.body);
                    assert!(wrong.is_ok(), "{target}: {wrong:?}");
                }
            }
        }
    }
    assert_eq!(operations, 21);
}

#[test]
fn anything_may_be_asked_and_nothing_panics() {
    let mut services = Asked::new(1);
    let long = "x".repeat(100_000);
    for path in [
        "",
        "/",
        "//",
        "/payment",
        "/payment/",
        "/paymentx",
        "/payment/charges/",
        "/payment/charges/%ff/refund",
        "/payment/charges/%00",
        "/nothing",
        &long,
        "/stock/items/%2e%2e",
        "*",
    ] {
        for method in [Method::Get, Method::Post, Method::Put, Method::Delete] {
            for body in [
                &b""[..],
                b"{",
                b"[]",
                b"\xff\xfe",
                br#"{"order":1,"amount":"x"}"#,
            ] {
                let answer = services.0.answer(&Request {
                    method,
                    path: path.to_owned(),
                    key: Some(long.clone()),
                    body: body.to_vec(),
                });
                assert!((200..500).contains(&answer.status), "{path}: {answer:?}");
            }
        }
    }
}
