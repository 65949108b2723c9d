//! The data of a run at any moment of its history, and the tasks that its events belong to.
#![cfg(feature = "instrument")]

#[path = "common/mod.rs"]
mod common;

use std::time::Duration;

use common::simulation::Simulation;
use fermata::{
    conductor::ScoreRun,
    engine::{Committed, EventKind, History, InstanceSummary},
    score::parse,
    view::{
        DataKey, EventCount, EventPlace, HistorySource, LaneModel, Links, OpenedHistory,
        OpeningNumber, RunData, TransportView,
    },
};
use serde_json::{Value, json};

/// It exports, sets, transforms outputs, and plays two tasks of the same name one after the other.
const TOUR: &str = r#"
document:
  dsl: 1.0.0
  namespace: test
  name: tour
  version: 1.0.0
  title: Tour
  metadata: { fermata: { tempo: 120, instruments: { bass: { patch: bass } } } }
do:
  - plan:
      set: { total: "${ .fee * 3 }" }
      export: { as: "${ { total: .total } }" }
  - verse:
      do:
        - groove: { call: play, with: { instrument: bass, pattern: "c2 e2" } }
        - price:
            set: { price: "${ $context.total + 1 }" }
  - chorus:
      fork:
        branches:
          - groove: { call: play, with: { instrument: bass, pattern: "c3 e3 g3" } }
          - pause: { wait: { seconds: 1 } }
  - answer:
      wait: { seconds: 1 }
      output: { as: "${ { answer: 42 } }" }
"#;

fn tour() -> History {
    played(TOUR)
}

fn played(text: &str) -> History {
    let document = parse(text, "tour").unwrap();
    Simulation::default().run(async |conductor| {
        let input = json!({ "fee": 100 });
        let id = conductor.perform(&document, None, input).await.unwrap();
        tokio::time::sleep(Duration::from_secs(30)).await;
        conductor.engine().archive().export(&id).unwrap()
    })
}

/// The lane of a history, as it is opened from a file.
fn lane(history: &History) -> LaneModel {
    let commit = Committed {
        instance: InstanceSummary::new(history.instance.clone(), "tour".to_owned()),
        events: history.events.clone(),
        annotations: Vec::new(),
        log: Vec::new(),
    };
    let source = HistorySource::File("tour.json".into());
    let id = &history.instance;
    let number = OpeningNumber(1);
    let opened = OpenedHistory::fold(number, id, &[commit], source, TransportView::default());
    LaneModel::clone(&opened.unwrap().lane)
}

/// The values at a moment, by their names.
fn values(lane: &LaneModel, count: EventCount, run: &ScoreRun) -> Vec<(String, Value)> {
    let shown = lane.after(count, None);
    let data = RunData::of(lane, &shown, count, Some(run));
    let values = data.values.into_iter();
    values
        .map(|value| (value.name.to_string(), value.value.to_json()))
        .collect()
}

#[test]
fn at_every_moment_the_window_shows_the_data_that_the_score_had_then() {
    let history = tour();
    let lane = lane(&history);
    let run = ScoreRun::of(&history.instance, &history.events);
    let at = |count| values(&lane, EventCount(count), &run);
    let pair = |name: &str, value: Value| (name.to_owned(), value);

    let first = at(1);
    assert_eq!(first[0], pair("input", json!({ "fee": 100 })));
    assert_eq!(first[1], pair("context", json!({ "fee": 100 })));
    assert_eq!(first.len(), 2, "nothing was planned yet: {first:?}");

    let last = at(history.events.len());
    assert_eq!(last[0], pair("input", json!({ "fee": 100 })));
    assert_eq!(last[1], pair("context", json!({ "total": 300 })));
    assert_eq!(
        last[2],
        pair("answer", json!({ "answer": 42 })),
        "newest first"
    );
    let names: Vec<_> = last.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.ends_with(&["price", "plan"]), "{names:?}");
    assert!(last.contains(&pair("price", json!({ "price": 301 }))));
    assert!(
        !names.contains(&"groove"),
        "a phrase only passes on its input"
    );
}

#[test]
fn the_data_at_a_moment_depends_on_the_events_before_it_alone() {
    let history = tour();
    let lane = lane(&history);
    let whole = ScoreRun::of(&history.instance, &history.events);
    for count in 1..=history.events.len() {
        let prefix = ScoreRun::of(&history.instance, &history.events[..count]);
        let count = EventCount(count);
        assert_eq!(
            values(&lane, count, &whole),
            values(&lane, count, &prefix),
            "after {count:?}"
        );
    }
}

#[test]
fn without_a_replay_the_input_is_there_and_it_says_what_is_missing() {
    let history = tour();
    let lane = lane(&history);
    let count = lane.history.len();
    let data = RunData::of(&lane, &lane.after(count, None), count, None);
    assert!(data.get(&DataKey::Input).is_some());
    assert!(data.get(&DataKey::Context).is_none());
    assert!(data.missing.unwrap().contains("being replayed"));
}

#[test]
fn the_value_of_a_later_moment_is_not_that_of_an_earlier_one() {
    let history = tour();
    let lane = lane(&history);
    let run = ScoreRun::of(&history.instance, &history.events);
    let contexts = (1..=history.events.len()).map(|count| {
        let values = values(&lane, EventCount(count), &run);
        values.into_iter().find(|(name, _)| name == "context")
    });
    let mut contexts: Vec<_> = contexts.collect();
    contexts.dedup();
    assert_eq!(contexts.len(), 2, "it changed once: {contexts:?}");
}

#[test]
fn an_event_belongs_to_the_task_that_asked_for_it_even_if_two_have_the_same_name() {
    let history = tour();
    let lane = lane(&history);
    let run = ScoreRun::of(&history.instance, &history.events);
    let links = Links::new(&lane, lane.history.len(), lane.facts.as_ref(), Some(&run));
    let line_of = |needle: &str, nth: usize| {
        let mut lines = (1..).zip(TOUR.lines());
        let found = lines.by_ref().filter(|(_, line)| line.contains(needle));
        found.map(|(line, _)| line).nth(nth).unwrap()
    };
    let mut lines = Vec::new();
    for (place, event) in history.events.iter().enumerate() {
        let is_play =
            matches!(&event.kind, EventKind::TaskScheduled { name, .. } if name == "play");
        if is_play {
            let task = links.task_of(EventPlace(place)).unwrap();
            assert_eq!(&*task.name, "groove");
            lines.push(task.lines.first);
        }
    }
    // The first line of the text is the one after the opening quote.
    let (verse, chorus) = (line_of("- groove", 0), line_of("- groove", 1));
    assert_eq!(lines, [verse, verse, chorus, chorus, chorus]);
    let timers = history
        .events
        .iter()
        .enumerate()
        .filter(|(_, event)| matches!(event.kind, EventKind::TimerCreated { .. }))
        .map(|(place, _)| links.task_of(EventPlace(place)).unwrap().name.to_string());
    assert_eq!(timers.collect::<Vec<_>>(), ["pause", "answer"]);
}

#[test]
fn an_opened_history_shows_its_position_in_the_score() {
    let history = tour();
    let lane = lane(&history);
    let run = ScoreRun::of(&history.instance, &history.events);
    let scheduled = |(_, event): &(usize, &fermata::engine::Event)| matches!(&event.kind, EventKind::TaskScheduled { name, .. } if name == "play");
    let (first, _) = history.events.iter().enumerate().find(scheduled).unwrap();
    let links = Links::new(
        &lane,
        EventCount(first + 1),
        lane.facts.as_ref(),
        Some(&run),
    );
    let tokens = links
        .tokens(&lane.after(EventCount(first + 1), None))
        .tokens;
    let [token] = tokens.as_slice() else {
        panic!("{tokens:?}");
    };
    let text = TOUR.lines().nth(token.lines.first - 1).unwrap();
    assert!(text.contains("- groove"), "{text}");
}

#[test]
fn the_status_that_a_score_sets_is_shown_with_its_data() {
    let text = TOUR.replace(
        "      set: { total: \"${ .fee * 3 }\" }\n",
        "      set: { total: \"${ .fee * 3 }\" }\n      metadata: { fermata: { status: { paid: \"${ .total }\" } } }\n",
    );
    let history = played(&text);
    let lane = lane(&history);
    let run = ScoreRun::of(&history.instance, &history.events);
    let status = |count: EventCount| {
        let shown = lane.after(count, None);
        let data = RunData::of(&lane, &shown, count, Some(&run));
        data.get(&DataKey::Status)
            .map(|status| status.value.to_json())
    };
    assert_eq!(status(EventCount(1)), None, "nothing was set yet");
    assert_eq!(status(lane.history.len()), Some(json!({ "paid": 300 })));
}
