//! A history cut at any event continues to the same end, alone in its store: external events are raised
//! again, and missing children start over.

use std::{sync::Arc, time::Duration};

use fermata::engine::*;

use crate::{crash::undisturbed, labour::Log, lives::simulated, scenes::scenes, traces::*};

/// An external request to an instance, and its time.
struct News<'a> {
    to: &'a InstanceId,
    at: Timestamp,
    what: &'a EventKind,
}

/// What a run heard after the cut, and its children and theirs since then.
fn news<'a>(whole: &'a Traces, key: InstanceKey, cut: usize) -> Vec<News<'a>> {
    let (summary, history) = &whole[&key];
    let of = |to, event: &'a Event| News {
        to,
        at: event.at,
        what: &event.kind,
    };
    let mut news: Vec<_> = history[cut..]
        .iter()
        .map(|event| of(&summary.id, event))
        .collect();
    let mut family = vec![&summary.id];
    while let Some(parent) = family.pop() {
        let is_child =
            |child: &InstanceSummary| child.parent.as_ref().is_some_and(|p| p.instance == *parent);
        for (child, heard) in whole.values().filter(|(child, _)| is_child(child)) {
            family.push(&child.id);
            let later = heard.iter().filter(|event| event.at > history[cut - 1].at);
            news.extend(later.map(|event| of(&child.id, event)));
        }
    }
    news.sort_by_key(|news| news.at);
    news
}

async fn bring(engine: &Engine, news: &News<'_>) {
    use EventKind as E;
    let reach = Reach::Alone;
    // A child that starts again may not exist yet, or may have ended already.
    let _ = match news.what {
        E::EventRaised { name, input, .. } => engine.raise(news.to, name, input.clone()).await,
        E::ExecutionSuspended {
            reason,
            freeze_time,
        } => {
            let time = match freeze_time {
                true => SuspendedTime::Frozen,
                false => SuspendedTime::RunsOn,
            };
            let suspension = Suspension { reach, time };
            engine.suspend_with(news.to, reason, suspension).await
        }
        E::ExecutionResumed { reason } => engine.resume_with(news.to, reason, reach).await,
        E::ExecutionCancelRequested { reason, .. } => engine.cancel(news.to, reason).await,
        E::ExecutionTerminated { reason, .. } => {
            engine.terminate_with(news.to, reason, reach).await
        }
        _ => Ok(()),
    };
}

/// A store with the beginning of one run of an instance, and nothing else.
fn beginning(key: InstanceKey, summary: &InstanceSummary, history: &[Event]) -> RedbStore {
    let open = InstanceSummary {
        status: Status::Running,
        closed_at: None,
        custom_status: None,
        output: None,
        failure: None,
        ..summary.clone()
    };
    let store = RedbStore::in_memory().unwrap();
    let batch = Batch {
        histories: vec![(key, history.to_vec())],
        summaries: vec![(key, open)],
        ..Batch::default()
    };
    store.commit(&batch).unwrap();
    store
}

fn go_on_from(whole: &Traces, key: InstanceKey, cut: usize, scene: &str) {
    let (summary, history) = &whole[&key];
    let place = format!("{scene}: {} run {} cut at {cut}", summary.id, summary.run);
    let store: Arc<dyn Store> = Arc::new(beginning(key, summary, &history[..cut]));
    let before = traces(&*store);
    let log = Log::default();
    simulated(
        Arc::clone(&store),
        &log,
        history[cut - 1].at,
        async |engine| {
            for news in news(whole, key, cut) {
                let wait = news.at.since(engine.clock().now());
                tokio::time::sleep(wait).await;
                bring(engine, &news).await;
            }
            while !store.summary(key).unwrap().unwrap().status.is_closed() {
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
            engine.stop().await;
        },
    );
    let after = traces(&*store);
    check_kept(&before, &after, &place);
    check_not_again(&before, &log.take(), &place);
    check_well_formed(&after, &place);
    let (ended, now) = &after[&key];
    assert_eq!(end(ended), end(summary), "{place}:\n{}", text_of(now));
}

#[test]
fn a_single_history_cut_anywhere_continues_to_the_same_end() {
    let mut cuts = 0;
    for scene in scenes() {
        let whole = undisturbed(&scene);
        for (key, (_, history)) in &whole {
            for cut in 1..history.len() {
                go_on_from(&whole, *key, cut, scene.name);
                cuts += 1;
            }
        }
    }
    assert!(cuts > 300, "{cuts}");
}
