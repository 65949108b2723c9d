//! Comparisons for the window: both runs are read and compared on a thread of their own.

use std::sync::Arc;

use super::{answers::Answers, application::App};
use crate::{
    engine::{Archive, EngineError, EventId, History},
    view::{
        ComparedPair, ComparedRuns, HistorySource, LaneModel, MadeComparison, RunHistory, RunOf,
    },
};

/// The comparison that the window asked for last.
pub(super) type Comparisons = Answers<ComparedPair, MadeComparison>;

/// Events that are read at once.
const READ_AT_ONCE: usize = 10_000;

/// The comparison of two runs. The window is woken when it is made.
pub(super) fn comparison(app: &Arc<App>, pair: &ComparedPair) -> MadeComparison {
    let made = Answers::ask(
        app,
        |app| &app.comparisons,
        pair,
        |app, pair| {
            Some(match compare(app, pair) {
                Ok(runs) => MadeComparison::Made(Arc::new(runs)),
                Err(problem) => MadeComparison::Failed(problem.into()),
            })
        },
    );
    made.unwrap_or_default()
}

fn compare(app: &App, pair: &ComparedPair) -> Result<ComparedRuns, String> {
    let (one, other) = (read(app, &pair.one)?, read(app, &pair.other)?);
    let transport = app.snapshot().transport;
    let runs = ComparedRuns::of(one, other, transport);
    runs.ok_or_else(|| "One of both runs has no events.".to_owned())
}

/// Reads a run: of an opened file, or of the store.
fn read(app: &App, run: &RunOf) -> Result<RunHistory, String> {
    let snapshot = app.snapshot();
    if let Some(opened) = snapshot.histories.opened(&run.instance)
        && let HistorySource::File(name) = &opened.source
    {
        return Ok(RunHistory {
            name: name.to_string(),
            run: run.run,
            history: of_lane(&opened.lane, run),
        });
    }
    let history = stored(app.conductor.engine().archive(), run);
    history.map_err(|error| {
        let (id, run) = (&run.instance, run.run);
        format!("Run {run} of {id} cannot be read: {error}")
    })
}

/// The history of a file that was opened.
fn of_lane(lane: &LaneModel, run: &RunOf) -> History {
    let events = lane.history.iter().filter(|event| event.run == run.run);
    History {
        instance: lane.id.clone(),
        events: events.map(|event| (*event.event).clone()).collect(),
    }
}

fn stored(archive: &Archive, run: &RunOf) -> Result<RunHistory, EngineError> {
    let mut events = Vec::new();
    loop {
        let from = EventId(events.len() as u64);
        let page = archive.history_of_run(&run.instance, run.run, from, READ_AT_ONCE)?;
        let is_last = page.len() < READ_AT_ONCE;
        events.extend(page);
        if is_last {
            break;
        }
    }
    Ok(RunHistory {
        name: run.instance.to_string(),
        run: run.run,
        history: History {
            instance: run.instance.clone(),
            events,
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tokio::sync::mpsc;

    use super::*;
    use crate::{
        app::{
            replay_sound,
            test_app::{SentMessages, TestApp, until},
        },
        conductor::{Rate, Speed},
        engine::{InstanceId, Status, Timestamp},
        music::{Channel, Journal, Message, Player},
        view::{HistoryCommand, ReplayCommand},
    };

    const SCORE: &str = r#"
document:
  dsl: 1.0.0
  namespace: test
  name: four
  version: 1.0.0
  metadata: { fermata: { tempo: 240, instruments: { bass: { patch: bass } } } }
do:
  - walk: { call: play, with: { instrument: bass, pattern: "c2 d2 e2 f2" } }
"#;

    fn pair(one: &InstanceId, other: &InstanceId) -> ComparedPair {
        let run = |id: &InstanceId| RunOf {
            instance: id.clone(),
            run: 1,
        };
        ComparedPair {
            one: run(one),
            other: run(other),
            asked: Timestamp(1),
        }
    }

    async fn made(test: &TestApp, pair: &ComparedPair) -> MadeComparison {
        let ask = || comparison(&test.app, pair);
        until("it is made", || !matches!(ask(), MadeComparison::Making)).await;
        ask()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn two_runs_of_the_store_are_compared_and_heard_one_in_each_ear() {
        let test = TestApp::open().await;
        let heard = SentMessages::default();
        let player = Player::start(Journal::new()).unwrap();
        let conductor = &test.app.conductor;
        let _bus = conductor
            .open_replay_bus(player, Box::new(heard.clone()))
            .unwrap();
        let [one, other] = [test.perform(SCORE).await, test.perform(SCORE).await];
        for id in [&one, &other] {
            until("it ends", || test.status(id) == Status::Completed).await;
        }
        let pair = pair(&one, &other);
        let MadeComparison::Made(runs) = made(&test, &pair).await else {
            panic!("not compared");
        };
        assert_eq!(runs.title, "Two runs of four");
        assert_eq!(runs.comparison.first_difference(), None);

        // The last note sounds after the end of its instance.
        let played = || strikes(&test.sent).len();
        until("all was played", || played() == 8).await;
        let (commands, receiver) = mpsc::unbounded_channel();
        let task = tokio::spawn(replay_sound::run(Arc::clone(&test.app), receiver));
        test.app.send(HistoryCommand::Compare(Some(pair)));
        let (from, rate) = (
            runs.range.from,
            Rate {
                speed: Speed::Quadruple,
                ..Rate::default()
            },
        );
        commands.send(ReplayCommand::Play { from, rate }).unwrap();
        until("both are heard", || strikes(&heard).len() == 8).await;
        commands.send(ReplayCommand::Stop).unwrap();
        drop(commands);
        task.await.unwrap();
        let pans: BTreeSet<_> = heard.all().into_iter().filter_map(pan).collect();
        let channels: BTreeSet<_> = strikes(&heard).into_iter().collect();
        let expected: Vec<_> = channels.into_iter().zip([0, 127]).collect();
        assert_eq!(pans.into_iter().collect::<Vec<_>>(), expected);
        assert_eq!(played(), 8, "the live port heard nothing");
        // Afterwards the performance is replayed as it was.
        test.app.send(HistoryCommand::Compare(None));
        assert!(test.app.compared_runs().is_none());
    }

    /// The channels of the notes that were struck.
    fn strikes(sent: &SentMessages) -> Vec<Channel> {
        let on = sent.all().into_iter().filter_map(|message| match message {
            Message::NoteOn(channel, ..) => Some(channel),
            _ => None,
        });
        on.collect()
    }

    fn pan(message: Message) -> Option<(Channel, u8)> {
        match message {
            Message::Control(channel, 10, value) => Some((channel, value)),
            _ => None,
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_run_that_is_not_in_the_store_is_said() {
        let test = TestApp::open().await;
        let one = test.perform(SCORE).await;
        let gone = InstanceId::new("gone").unwrap();
        let MadeComparison::Failed(problem) = made(&test, &pair(&one, &gone)).await else {
            panic!("compared");
        };
        assert!(
            problem.starts_with("Run 1 of gone cannot be read: "),
            "{problem}"
        );
    }
}
