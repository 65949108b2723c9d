//! `fermata fault`: faults while the program plays.
#![cfg(unix)]

use std::{
    io::{BufRead, BufReader},
    process::Child,
};

use serde_json::Value;

use crate::harness::{Room, eventually, score};

/// A program that plays notes, each retried until it sounds, until the test ends.
struct Show {
    room: Room,
    program: Child,
}

impl Show {
    fn new() -> Self {
        let room = Room::new();
        let hum = r#"  - hum:
      try:
        - note: { call: play, with: { instrument: a, pattern: "c3*4", repeat: 500 } }
      catch:
        retry: { delay: { milliseconds: 20 }, limit: { attempt: { count: 999 } } }
"#;
        room.write("hum.yaml", &score("hum", 400, hum));
        let program = room.start("play hum.yaml --store s.redb --trace t.jsonl");
        let show = Self { room, program };
        eventually("it plays", || {
            show.room.path("t.jsonl").exists()
                && show.room.trace("t.jsonl").iter().any(|sent| sent.is_on())
        });
        show
    }

    fn fault(&self, args: &str) -> String {
        self.room.succeed(&format!("fault {args} --store s.redb"))
    }

    fn failures(&self) -> Vec<Value> {
        let history = self.room.history("s.redb", "hum-1").into_iter();
        history
            .filter(|event| event["type"] == "TaskFailed")
            .collect()
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

#[test]
fn a_failure_that_was_asked_for_happens_once_and_is_marked_as_injected() {
    let show = Show::new();
    assert_eq!(show.fault("list"), "no faults\n");
    let set = show.fault("set instrument:a --fail-next 1");
    assert_eq!(set, "instrument:a: the next fails\n");
    eventually("it fails", || !show.failures().is_empty());
    eventually("it is used up", || show.fault("list") == "no faults\n");
    let failures = show.failures();
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!(failures[0]["failure"]["injected"], true);
    let shown = show.room.succeed("history hum-1 --store s.redb");
    assert!(shown.contains("injected"), "{shown}");
}

#[test]
fn an_outage_lasts_until_all_faults_are_ended() {
    let show = Show::new();
    show.fault("set activity:play --outage on --latency 5ms --rate 30%");
    let listed = show.fault("list");
    assert_eq!(listed, "activity:play: outage, 5 ms late, 30 % fail\n");
    eventually("it fails again and again", || show.failures().len() > 3);
    assert_eq!(show.fault("end"), "all faults ended\n");
    assert_eq!(show.fault("list"), "no faults\n");
    let notes = || {
        show.room
            .trace("t.jsonl")
            .iter()
            .filter(|sent| sent.is_on())
            .count()
    };
    let before = notes();
    eventually("it plays on", || notes() > before);
}

#[test]
fn on_a_full_disk_nothing_is_committed_and_once_it_is_freed_the_history_is_whole() {
    let show = Show::new();
    let events = || show.room.history("s.redb", "hum-1").len();
    show.fault("set disk --outage on");
    let before = events();
    std::thread::sleep(std::time::Duration::from_millis(300));
    // A commit that had begun may still end.
    assert!(events() <= before + 8, "commits fail");
    show.fault("end");
    eventually("it plays on", || events() > before + 20);
    let history = show.room.history("s.redb", "hum-1");
    let ids: Vec<u64> = history
        .iter()
        .map(|e| e["eventId"].as_u64().unwrap())
        .collect();
    assert_eq!(ids, (0..history.len() as u64).collect::<Vec<_>>());
}

#[test]
fn a_lane_whose_code_breaks_is_stalled_and_plays_on_once_the_fault_is_ended() {
    let show = Show::new();
    let before = show.room.history("s.redb", "hum-1");
    assert_eq!(show.fault("break hum-1"), "lane:hum-1: broken\n");
    let stall = || {
        let history = show.room.history("s.redb", "hum-1").into_iter();
        let mut stalls = history.filter(|event| event["type"] == "ExecutionStalled");
        stalls.next()
    };
    eventually("it is stalled", || stall().is_some());
    let reason = stall().unwrap()["reason"].as_str().unwrap().to_owned();
    let found = r#"the history has the activity "play" with "#;
    let expected = r#"the code now requests the activity "added on purpose""#;
    assert!(
        reason.contains(found) && reason.contains(expected),
        "{reason}"
    );
    let listed = show.room.succeed("list --store s.redb -o json");
    assert!(listed.to_lowercase().contains("stalled"), "{listed}");
    assert_eq!(show.fault("list"), "lane:hum-1: broken\n");
    let stalled = show.room.history("s.redb", "hum-1").len();

    show.fault("end");
    let events = || show.room.history("s.redb", "hum-1");
    eventually("it plays on", || events().len() > stalled + 12);
    let history = events();
    assert_eq!(
        history[..before.len()],
        before,
        "the history is what it was"
    );
    let stalls = history
        .iter()
        .filter(|event| event["type"] == "ExecutionStalled");
    assert_eq!(stalls.count(), 1);
    let added = |event: &&Value| event["name"] == "added on purpose";
    assert!(
        !history.iter().any(|event| added(&event)),
        "the wrong step was never written"
    );
    assert_eq!(show.fault("list"), "no faults\n");
}

#[test]
fn what_is_no_target_and_a_store_without_a_program_are_errors() {
    let room = Room::new();
    for wrong in [
        "set drums --rate 1",
        "set activity:charge --rate 1",
        "set activity:play",
    ] {
        let refused = room.run(&format!("fault {wrong} --store s.redb"));
        assert_eq!(refused.code, Some(2), "{refused:?}");
    }
    let show = Show::new();
    for (wrong, why) in [
        ("break nobody-1", "nobody-1"),
        ("unplug no-such-port", "no-such-port"),
        ("set lane:hum-1 --rate 30%", "broken"),
    ] {
        let refused = show.room.run(&format!("fault {wrong} --store s.redb"));
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.err.contains(why), "{refused:?}");
    }
    let nobody = room.run("fault list --store s.redb");
    assert_eq!(nobody.code, Some(1), "{nobody:?}");
    assert!(nobody.err.contains("no program"), "{nobody:?}");
}

#[test]
fn a_service_is_out_of_order_until_its_fault_is_ended_and_its_calls_are_retried() {
    let room = Room::new();
    let mut services = room.start("services --port 0 --quiet");
    let mut first = String::new();
    let mut lines = BufReader::new(services.stdout.take().unwrap());
    lines.read_line(&mut first).unwrap();
    let address = first.trim().strip_prefix("services at ").unwrap();
    let call = |name: &str| {
        format!(
            "        - {name}: {{ call: http, with: {{ method: get, endpoint: \"{address}/{name}/openapi.json\" }} }}\n"
        )
    };
    let asks = format!(
        "  - again:\n      for: {{ each: n, in: '${{ [range(1000)] }}' }}\n      do:\n        - ask:\n            \
         try:\n{}            catch:\n              errors: {{ with: {{ status: 503 }} }}\n              \
         retry: {{ delay: {{ milliseconds: 20 }}, limit: {{ attempt: {{ count: 999 }} }} }}\n{}        - \
         breathe: {{ wait: {{ milliseconds: 20 }} }}\n",
        call("stock").replace("        - ", "              - "),
        call("payment"),
    );
    room.write("hum.yaml", &score("hum", 400, &asks));
    let program = room.start("play hum.yaml --store s.redb");
    let show = Show { room, program };
    let completed = || {
        let history = show.room.history("s.redb", "hum-1");
        let of = |kind: &str| history.iter().filter(|event| event["type"] == kind).count();
        of("TaskCompleted")
    };
    eventually("it begins", || {
        let begun = show.room.path("s.redb.sock").exists();
        begun && show.room.run("history hum-1 --store s.redb").code == Some(0)
    });
    eventually("it asks", || completed() > 2);
    let set = show.fault("set service:stock --outage on");
    assert_eq!(set, "service:stock: outage\n");
    eventually("calls of it fail", || show.failures().len() > 3);
    let failures = show.failures();
    for failed in &failures {
        assert_eq!(failed["failure"]["injected"], true, "{failed}");
        let words = failed["failure"].to_string();
        assert!(words.contains("stock") && words.contains("503"), "{words}");
    }
    assert_eq!(show.fault("end service:stock"), "service:stock: ended\n");
    let before = completed();
    eventually("it goes on", || completed() > before + 4);
    services.kill().unwrap();
    services.wait().unwrap();
}
