//! Replays of scores: the position at every event, each step explained, and runs compared.
#![cfg(feature = "instrument")]

#[path = "common/mod.rs"]
mod common;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use common::simulation::Simulation;
use fermata::{
    conductor::TaskTimeline,
    engine::{Event, EventId, EventKind, History, InstanceId},
    music::Bank,
    score::{Document, Repertoire, TaskKind, load, parse},
    view::{Comparison, Explanation, LineState, SectionKind, StepNumber},
};
use serde_json::json;

/// Two branches at the same time, a wait, an error that is caught, and a task that is skipped.
const CITIES: &str = r#"
document:
  dsl: 1.0.0
  namespace: test
  name: cities
  version: 1.0.0
  title: Two cities
do:
  - clusters:
      fork:
        branches:
          - istanbul: { wait: { seconds: 2 } }
          - ankara: { wait: { seconds: 3 } }
  - never:
      if: ${ false }
      set: { n: 1 }
  - again:
      for: { each: n, in: "${ [1, 2, 3] }" }
      do:
        - pause: { wait: { seconds: 1 } }
  - announce:
      set: { done: true }
"#;

/// The studies and the pieces, with the scores that they run.
fn scores() -> Vec<Document> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scores");
    let mut paths: Vec<PathBuf> = [folder.clone(), folder.join("studies")]
        .into_iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .filter(|path| !path.ends_with("setlist.yaml") && !path.ends_with("tour.yaml"))
        .collect();
    paths.sort();
    let load = |path: PathBuf| load(&path, &Bank::new()).unwrap_or_else(|e| panic!("{e}"));
    let mut scores: Vec<Document> = paths.into_iter().map(load).collect();
    let repertoire = Repertoire::of(&scores);
    for score in &mut scores {
        let name = score.name.clone();
        let supplied = repertoire.supply(score, &name);
        supplied.unwrap_or_else(|errors| panic!("{errors}"));
    }
    scores
}

fn emits(document: &Document) -> bool {
    let mut emits = false;
    document.each_task(&mut |task| emits |= matches!(task.kind, TaskKind::Emit(_)));
    emits
}

fn cities() -> Document {
    parse(CITIES, "cities").unwrap()
}

/// Performs a score for a while in simulated time.
fn performed(document: &Document, seconds: u64) -> History {
    Simulation::default().run(async |conductor| {
        let id = conductor.perform(document, None, json!({})).await.unwrap();
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        conductor.engine().archive().export(&id).unwrap()
    })
}

fn has_ended(history: &History) -> bool {
    let last = &history.events.last().unwrap().kind;
    matches!(
        last,
        EventKind::ExecutionCompleted { .. } | EventKind::ExecutionFailed { .. }
    )
}

fn timeline(id: &InstanceId, events: &[Event]) -> TaskTimeline {
    TaskTimeline::of(id, events)
}

#[test]
fn the_position_in_a_score_is_known_at_every_event_of_its_history() {
    for document in scores() {
        let history = performed(&document, 20);
        let whole = timeline(&history.instance, &history.events);
        let count = history.events.len();
        for end in (1..=count).step_by(1 + count / 60) {
            let prefix = &history.events[..end];
            let last = prefix[end - 1].id;
            let alone = timeline(&history.instance, prefix);
            let title = &document.title;
            assert_eq!(
                whole.running_after(last),
                alone.running(),
                "{title} at {last}"
            );
            assert!(has_ended(&history) || !alone.running().is_empty() || end < 20);
        }
        let at_end = whole.running_after(history.events[count - 1].id);
        assert_eq!(at_end, whole.running());
        assert_eq!(at_end.is_empty(), has_ended(&history), "{}", document.title);
    }
}

#[test]
fn the_position_is_the_fold_of_all_changes_so_far() {
    let many = CITIES.replace("${ [1, 2, 3] }", "${ [range(0; 400)] }");
    let document = parse(&many.replace("seconds: 1 }", "milliseconds: 50 }"), "many").unwrap();
    let history = performed(&document, 60);
    let timeline = timeline(&history.instance, &history.events);
    let changes: Vec<_> = timeline.changes().collect();
    assert!(changes.len() > 800, "{}", changes.len());
    let mut running: Vec<_> = Vec::new();
    for (n, change) in changes.iter().enumerate() {
        if change.happened.is_end() {
            let place = running.iter().rposition(|task| *task == change.task);
            place.map(|place| running.remove(place));
        } else {
            running.push(change.task);
        }
        let is_last = changes
            .get(n + 1)
            .is_none_or(|next| next.event > change.event);
        if is_last {
            assert_eq!(timeline.running_after(change.event), running);
        }
    }
}

#[test]
fn every_step_of_every_bundled_score_can_be_explained() {
    for document in scores() {
        let history = performed(&document, 20);
        let (count, ended) = (history.events.len(), has_ended(&history));
        let explanation = Explanation::of_score(history);
        assert_eq!(
            explanation.last(),
            StepNumber(count - 1),
            "{}",
            document.title
        );
        assert!(explanation.text.is_some(), "{}", document.title);
        let mut before = 0;
        for step in (0..count).map(StepNumber) {
            let shown = explanation.at(step);
            assert_eq!(shown.parted, None, "{}", document.title);
            assert!(!shown.caption.is_empty() && !shown.heading.is_empty());
            assert!(shown.commands >= before);
            before = shown.commands;
        }
        let lines = explanation.lines(explanation.last());
        let runs = |state: &&LineState| matches!(state, LineState::RunsNow { .. });
        assert_eq!(
            lines.iter().find(runs).is_none(),
            ended,
            "{}",
            document.title
        );
    }
}

#[test]
fn the_lines_of_a_score_show_what_is_answered_from_history_and_what_runs_now() {
    let explanation = Explanation::of_score(performed(&cities(), 30));
    assert_eq!(explanation.title, "Two cities");
    let text = explanation.text.as_ref().unwrap();
    let line = |part: &str| {
        let mut lines = text.lines.iter();
        lines.position(|line| line.contains(part)).unwrap()
    };
    let state_at = |step: StepNumber, part: &str| explanation.lines(step)[line(part)];
    let [istanbul, ankara] = ["- istanbul", "- ankara"];
    let pause = "- pause";
    let start = StepNumber(0);
    assert_eq!(state_at(start, "namespace"), LineState::NoTask);
    assert_eq!(state_at(start, "- clusters"), LineState::Entered);
    assert_eq!(state_at(start, istanbul), LineState::RunsNow { times: 0 });
    assert_eq!(state_at(start, pause), LineState::NotReached);
    let steps = (0..=explanation.last().0).map(StepNumber);
    let find = |part: &str, wanted: LineState| {
        let mut steps = steps.clone();
        let step = steps.find(|step| state_at(*step, part) == wanted);
        step.unwrap_or_else(|| panic!("{part} is never {wanted:?}"))
    };
    let first_done = find(istanbul, LineState::FromHistory { times: 1 });
    assert_eq!(
        state_at(first_done, ankara),
        LineState::RunsNow { times: 0 }
    );
    let again = find(pause, LineState::RunsNow { times: 2 });
    assert_eq!(
        state_at(again, istanbul),
        LineState::FromHistory { times: 1 }
    );
    assert_eq!(state_at(again, "set: { n: 1 }"), LineState::Skipped);
    assert_eq!(
        state_at(again, "set: { done: true }"),
        LineState::NotReached
    );
    let end = explanation.last();
    assert_eq!(state_at(end, pause), LineState::FromHistory { times: 3 });
    assert_eq!(
        state_at(end, "set: { done: true }"),
        LineState::FromHistory { times: 1 }
    );
    let shown = explanation.at(again);
    assert_eq!(shown.counter, "walked 5 times, executed once");
    assert_eq!(
        shown.caption,
        "istanbul, ankara and pause (2 times) are in the history and are not executed again. \
         pause begins now."
    );
}

#[test]
fn two_runs_of_a_score_are_the_same_whenever_they_play() {
    // An event that is emitted carries the time of its run.
    let same = |document: &&Document| !emits(document);
    for document in scores().iter().filter(same).chain([&cities()]) {
        let first = performed(document, 20);
        let second = Simulation::default().run(async |conductor| {
            tokio::time::sleep(Duration::from_millis(12_345)).await;
            let id = conductor.perform(document, None, json!({})).await.unwrap();
            tokio::time::sleep(Duration::from_secs(20)).await;
            conductor.engine().archive().export(&id).unwrap()
        });
        let compared = Comparison::of(&first, &second);
        // A run that is cut off has no more events; nothing else may differ.
        let is_end = compared
            .first_difference()
            .is_none_or(|difference| difference.left.is_none() || difference.right.is_none());
        assert!(
            is_end && !has_ended(&first) || compared.first_difference().is_none(),
            "{}: {:#?}",
            document.title,
            compared.first_difference()
        );
    }
}

#[test]
fn a_change_of_a_score_is_found_at_the_task_that_it_changes() {
    let changed = CITIES.replace("done: true", "done: 7");
    let (before, after) = (
        performed(&cities(), 30),
        performed(&parse(&changed, "cities").unwrap(), 30),
    );
    let compared = Comparison::of(&before, &after);
    let difference = compared.first_difference().unwrap();
    assert_eq!(
        difference.left.as_ref().unwrap().event,
        before.events.last().unwrap().id
    );
    assert_eq!(compared.shared, before.events.len() - 1);
    let kinds: Vec<_> = compared
        .sections
        .iter()
        .map(|section| section.kind)
        .collect();
    assert_eq!(kinds, [SectionKind::Same, SectionKind::Different]);
    assert!(
        compared.sentence.contains("{\"done\":true}"),
        "{}",
        compared.sentence
    );
}

#[test]
fn a_rerun_differs_from_its_source_at_the_fork_or_later() {
    for from in [1, 4, 7, 11] {
        let (source, rerun) = Simulation::default().run(async |conductor| {
            let engine = conductor.engine();
            let id = conductor.perform(&cities(), None, json!({})).await.unwrap();
            tokio::time::sleep(Duration::from_secs(30)).await;
            let fork = engine.rerun(&id, EventId(from), None, None).await.unwrap();
            tokio::time::sleep(Duration::from_secs(3)).await;
            let archive = engine.archive();
            (archive.export(&id).unwrap(), archive.export(&fork).unwrap())
        });
        let compared = Comparison::of(&source, &rerun);
        assert!(compared.shared >= from as usize, "{from}: {compared:?}");
        for place in 0..from as usize {
            assert_eq!(compared.counterpart(place), place);
        }
        // A rerun can be explained as any other run.
        let explanation = Explanation::of_score(rerun);
        let last = explanation.at(explanation.last());
        assert_eq!(last.parted, None);
    }
}
