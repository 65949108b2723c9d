//! Scores that run in a cluster: the same notes as on the own engine, and another worker goes on.

use std::process::Command;

use serde_json::json;
use tempfile::TempDir;

use super::{
    harness::{Pausing, Server},
    score_worker::{Note, Playing, ask, eventually, fermata, score},
    tls::{Certificates, Proxy},
};

/// The beats of a bar of the scores.
const BAR: f64 = 4.0;

/// Starts a score of the tests.
fn begin(server: &Server, name: &str) {
    let path = score(name);
    let out = ask(server, &["start", path.to_str().unwrap()]);
    assert_eq!(out, format!("{name}: started\n"));
}

/// The status of a workflow, as the server describes it.
fn is_completed(server: &Server, workflow: &str) -> bool {
    let types = server.exported(workflow, "").types();
    types.last().unwrap() == "EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED"
}

/// Waits until a score has ended well.
#[track_caller]
fn until_completed(server: &Server, workflow: &str) {
    eventually("its end", || is_completed(server, workflow));
}

/// What the own engine plays, in simulated time.
fn on_own_engine(name: &str) -> Vec<Note> {
    let mut own = Playing::simulated(name);
    own.until_end();
    own.notes()
}

/// A note by where in its bar it is.
fn position_in_bar(note: &Note) -> Note {
    Note {
        beat: note.beat.rem_euclid(BAR),
        ..*note
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn a_score_plays_the_same_notes_at_the_same_beats_as_on_the_own_engine() {
    let server = Server::start(Pausing::Enabled).await;
    for name in ["chain", "voices"] {
        // Phrases are asked for early enough also on a machine that is busy.
        let worker = Playing::worker_with_horizon(&server, 1_000);
        begin(&server, name);
        until_completed(&server, name);
        let own = on_own_engine(name);
        assert!(own.len() >= 20, "{own:?}");
        worker.until(own.len());
        assert_eq!(worker.notes(), own, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn an_event_a_retry_and_a_compensation_lead_to_the_same_notes_in_the_same_order() {
    let server = Server::start(Pausing::Enabled).await;
    let worker = Playing::worker(&server);
    begin(&server, "order");
    let folder = TempDir::new().unwrap();
    let store = folder.path().join("store.redb");
    let mut own = Playing::own_engine("order", &store);
    worker.until(4);
    own.until(4);
    let data = json!({ "up": 5 }).to_string();
    let raised = ask(&server, &["raise", "order", "answer", "--data", &data]);
    assert_eq!(raised, "order: raised answer\n");
    let raise = ["raise", "own", "answer", "--data", &data, "--store"];
    let raised = fermata().args(raise).arg(&store).status().unwrap();
    assert!(raised.success());
    until_completed(&server, "order");
    own.until_end();
    let here = own.notes();
    assert_eq!(here.len(), 32, "{here:?}");
    // The workflow ends before its last note sounds.
    worker.until(here.len());
    let there = worker.notes();
    // What waits goes on in the bar in which it is ready, which can be another one.
    let in_bars = |notes: &[Note]| notes.iter().map(position_in_bar).collect::<Vec<_>>();
    assert_eq!(in_bars(&there), in_bars(&here));
    // The child has undone what it had done, the last first, and has failed for that reason.
    let child = server
        .exported("order", "")
        .last("EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED");
    assert!(child.to_string().contains("No car is left"), "{child}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn all_voices_play_on_one_machine_and_another_one_goes_on_when_it_is_killed() {
    let server = Server::start(Pausing::Enabled).await;
    let mut workers = [Playing::worker(&server), Playing::worker(&server)];
    begin(&server, "voices");
    eventually("the second bar", || {
        workers.iter().any(|worker| worker.notes().len() > 12)
    });
    workers.sort_by_key(|worker| worker.notes().is_empty());
    let [first, second] = &mut workers;
    first.kill();
    assert_eq!(second.notes(), [], "one machine plays all voices");
    until_completed(&server, "voices");
    let (before, after) = (first.notes(), second.notes());
    let own = on_own_engine("voices");
    // The second one goes on at the same beats: nothing is missing, and nothing else was played.
    let missing: Vec<_> = own
        .iter()
        .filter(|note| !before.contains(note) && !after.contains(note))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    let all = before.iter().chain(&after);
    let other: Vec<_> = all.filter(|note| !own.contains(note)).collect();
    assert!(other.is_empty(), "{other:?}");
    // Only of the phrases that were under way some notes sound twice.
    let last = before.last().unwrap().beat;
    let twice = after.iter().filter(|note| before.contains(note));
    let early: Vec<_> = twice.filter(|note| note.beat <= last - BAR).collect();
    assert!(early.is_empty(), "{early:?} although it was at {last}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn a_pause_takes_effect_after_the_phrase_and_outlives_the_worker() {
    let server = Server::start(Pausing::Enabled).await;
    let mut worker = Playing::worker(&server);
    begin(&server, "chain");
    worker.until(1);
    ask(&server, &["pause", "chain", "--reason", "a break"]);
    let phrases = || {
        let types = server.exported("chain", "").types();
        let is = |name: &str, end: &str| name == format!("EVENT_TYPE_ACTIVITY_TASK_{end}");
        let count = |end: &str| types.iter().filter(|name| is(name, end)).count();
        (count("SCHEDULED"), count("COMPLETED"))
    };
    eventually("the end of the phrase", || {
        let (scheduled, completed) = phrases();
        scheduled == completed
    });
    let asked_for = phrases().0;
    // The phrase is played to its end.
    worker.until(4);
    worker.kill();
    let heard = worker.notes();
    assert_eq!(heard.len(), 4, "{heard:?}");
    let next = Playing::worker(&server);
    begin(&server, "voices");
    until_completed(&server, "voices");
    assert_eq!((next.notes_of("chain"), phrases().0), (vec![], asked_for));
    ask(&server, &["resume", "chain"]);
    until_completed(&server, "chain");
    let own = on_own_engine("chain");
    let all: Vec<_> = heard
        .iter()
        .chain(&next.notes_of("chain"))
        .map(position_in_bar)
        .collect();
    let expected: Vec<_> = own.iter().map(position_in_bar).collect();
    assert_eq!(all, expected);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn an_event_that_one_round_has_not_read_is_read_by_the_next_one() {
    let server = Server::start(Pausing::Enabled).await;
    let worker = Playing::worker(&server);
    begin(&server, "rounds");
    worker.until(1);
    let data = json!({ "up": 7 }).to_string();
    ask(&server, &["raise", "rounds", "note", "--data", &data]);
    let heard = |key: u64| worker.notes().iter().any(|note| note.key == key);
    eventually("a round with the event", || heard(67));
    ask(&server, &["terminate", "rounds"]);
    let first = server
        .exported("rounds", "")
        .last("EVENT_TYPE_WORKFLOW_EXECUTION_STARTED");
    assert!(first["continuedExecutionRunId"].is_string(), "{first}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn a_wrong_input_fails_the_workflow_with_a_sentence_and_the_worker_goes_on() {
    let server = Server::start(Pausing::Enabled).await;
    let worker = Playing::worker(&server);
    for (id, inputs, words) in [
        ("none", &[][..], "without a score"),
        ("text", &["\"x\""], "not the input of a score"),
        ("two", &["1", "2"], "not the input of a score"),
        (
            "wrong",
            &[r#"{"score":"do: 7","input":{}}"#],
            "missing key `document`",
        ),
    ] {
        let mut arguments = vec!["workflow", "start", "--type", "fermata.score"];
        arguments.extend(["--task-queue", "fermata", "--workflow-id", id]);
        arguments.extend(inputs.iter().flat_map(|input| ["--input", input]));
        server.cli(&arguments);
        let failed = "EVENT_TYPE_WORKFLOW_EXECUTION_FAILED";
        eventually("its failure", || {
            server.exported(id, "").types().last().unwrap() == failed
        });
        let failure = server.exported(id, "").last(failed);
        assert!(failure.to_string().contains(words), "{failure}");
    }
    begin(&server, "chain");
    until_completed(&server, "chain");
    assert_eq!(worker.notes().len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn a_worker_reaches_its_server_over_tls_with_a_certificate_and_a_key() {
    let server = Server::start(Pausing::Enabled).await;
    let certificates = Certificates::make();
    let proxy = Proxy::start(&server, &certificates);
    let worker = Playing::worker_over_tls(proxy.port, &certificates.variables());
    begin(&server, "chain");
    until_completed(&server, "chain");
    assert_eq!(worker.notes().len(), 20);
}

#[test]
fn a_worker_without_a_server_says_so() {
    for (address, words) in [
        ("temporal://127.0.0.1:1/default", "cannot be reached"),
        ("http://127.0.0.1", "temporal://HOST:PORT/NAMESPACE"),
    ] {
        let mut command: Command = fermata();
        let output = command.args(["worker", address]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(words), "{said}");
        assert_eq!(said.trim().lines().count(), 1, "{said}");
    }
}
