use super::*;
use crate::engine::{
    Context, Failure, Named, NamedActivity, Payload, Registry, RetryPolicy, Timestamp, walk,
};
use crate::view::{row::RowStatus, test_history::TestHistory};

type Call = NamedActivity<String, String>;

/// Two clusters at the same time, then a connection between them.
async fn cities(ctx: Context, (): ()) -> Result<String, Failure> {
    let retry = || RetryPolicy::attempts(3);
    let create = |city: &str| ctx.activity(Call::new("create-cluster"), &city.into());
    let both = futures_util::future::join(
        create("Istanbul").retry(retry()).into_future(),
        create("Ankara").retry(retry()).into_future(),
    );
    let (istanbul, ankara) = both.await;
    let pair = format!("{} {}", istanbul?, ankara?);
    ctx.activity(Call::new("create-replication"), &pair).await
}

fn completed(history: &mut TestHistory, at: f64, scheduled: EventId, result: &str) {
    let result = Payload::encode(result).unwrap();
    history.add(at, EventKind::TaskCompleted { scheduled, result });
}

fn text(text: &str) -> Payload {
    Payload::encode(text).unwrap()
}

/// Events 1 and 3 schedule the clusters, 8 the replication.
fn two_cities() -> History {
    let mut history = TestHistory::new("order-7");
    let task = |city: &str| EventKind::TaskScheduled {
        name: "create-cluster".into(),
        input: text(city),
        retry: None,
        timeouts: Default::default(),
    };
    let istanbul = history.add(1.0, task("Istanbul"));
    let ankara = history.add(1.0, task("Ankara"));
    let started = |scheduled, attempt| EventKind::TaskStarted { scheduled, attempt };
    history.add(1.1, started(istanbul, 1));
    history.add(1.1, started(ankara, 1));
    history.fail(2.0, ankara, 1, Some(3.0));
    history.add(3.0, started(ankara, 2));
    completed(&mut history, 4.0, istanbul, "ist-1");
    completed(&mut history, 5.0, ankara, "ank-1");
    let replication = history.schedule(5.0, "create-replication", text("ist-1 ank-1"));
    completed(&mut history, 6.0, replication, "rep-1");
    let output = text("rep-1");
    history.add(6.0, EventKind::ExecutionCompleted { output });
    exported(history)
}

fn exported(history: TestHistory) -> History {
    History {
        instance: history.id,
        events: history.events,
    }
}

fn explained(history: History) -> Explanation {
    let registry = Registry::new().workflow(Named::new("order-7"), cities);
    let walk = walk(&registry, &history.instance, &history.events);
    Explanation::new(history, walk)
}

fn states(explanation: &Explanation, at: StepNumber) -> Vec<(String, CommandState)> {
    let count = explanation.at(at).commands;
    let lines = (0..count).filter_map(|index| explanation.command(index, at));
    lines.map(|line| (line.text, line.state)).collect()
}

#[test]
fn each_step_shows_what_is_answered_from_history_and_what_runs_now() {
    let explanation = explained(two_cities());
    assert_eq!(explanation.last(), StepNumber(12));
    let [istanbul, ankara, replication] = [
        "create-cluster(\"Istanbul\")",
        "create-cluster(\"Ankara\")",
        "create-replication(\"ist-1 ank-1\")",
    ];
    use CommandState::{Answered, New, Waiting};
    let owned = |all: &[(&str, CommandState)]| -> Vec<_> {
        let all = all.iter();
        all.map(|(text, state)| ((*text).to_owned(), *state))
            .collect()
    };
    assert_eq!(
        states(&explanation, StepNumber(0)),
        owned(&[(istanbul, New), (ankara, New)])
    );
    assert_eq!(
        states(&explanation, StepNumber(1)),
        owned(&[(istanbul, Waiting), (ankara, New)])
    );
    assert_eq!(
        states(&explanation, StepNumber(7)),
        owned(&[(istanbul, Answered), (ankara, Waiting)])
    );
    assert_eq!(
        states(&explanation, StepNumber(8)),
        owned(&[(istanbul, Answered), (ankara, Answered), (replication, New)])
    );
}

#[test]
fn the_sentences_say_what_the_code_asked_for_and_how_history_answers() {
    let explanation = explained(two_cities());
    let step = explanation.at(explanation.step_of(EventId(8)));
    assert_eq!(step.place, "step 9 of 13");
    assert_eq!(step.heading, "The code starts again from the top");
    assert_eq!(step.counter, "walked 3 times, executed once");
    assert_eq!(
        step.asked.as_deref(),
        Some("create-replication(\"ist-1 ank-1\")")
    );
    assert_eq!(
        step.answer,
        "nothing yet: so it is scheduled, stored, and only then executed"
    );
    assert_eq!(
        step.caption,
        "create-cluster (2 times) are in the history and are not executed again. \
         create-replication is executed now."
    );
    let retried = explanation.at(explanation.step_of(EventId(5)));
    assert_eq!(retried.heading, "The code waits");
    assert_eq!(
        retried.caption,
        "create-cluster failed and is tried again. The code does not notice."
    );
    let first = explanation.at(explanation.step_of(EventId(7)));
    assert_eq!(first.asked.as_deref(), Some("create-cluster(\"Istanbul\")"));
    assert_eq!(first.answer, "event 7: create-cluster, Completed: ist-1");
    assert_eq!(
        first.caption,
        "create-cluster is in the history and is not executed again. \
         The code asks for nothing new and waits."
    );
    let end = explanation.at(explanation.last());
    assert_eq!(end.heading, "The code has ended");
    assert_eq!(end.asked.as_deref(), Some("complete(\"rep-1\")"));
}

#[test]
fn the_table_grows_row_by_row_and_says_what_each_event_is() {
    let explanation = explained(two_cities());
    for step in 0..=explanation.last().0 {
        let shown = explanation.at(StepNumber(step));
        assert_eq!(shown.rows, step + 1);
        let last = explanation.row(shown.rows - 1).unwrap();
        assert_eq!(Some(last.event), shown.event);
    }
    let row = |event| {
        let row = explanation.row(event).unwrap();
        (row.title.to_string(), row.status, row.payload.to_string())
    };
    let cluster = || "create-cluster".to_owned();
    assert_eq!(row(1), (cluster(), RowStatus::Scheduled, "Istanbul".into()));
    assert_eq!(row(4), (cluster(), RowStatus::Started, "attempt 1".into()));
    assert_eq!(
        row(5),
        (cluster(), RowStatus::Failed, "the service is down".into())
    );
    assert_eq!(row(7), (cluster(), RowStatus::Completed, "ist-1".into()));
    assert_eq!(explanation.row(13), None);
}

#[test]
fn a_stalled_instance_shows_expected_and_found_side_by_side() {
    let mut history = two_cities();
    let EventKind::TaskScheduled { input, .. } = &mut history.events[9].kind else {
        panic!("{:?}", history.events[9]);
    };
    *input = text("ist-1 izm-1");
    let explanation = explained(history);
    let last = explanation.last();
    assert_eq!(last, StepNumber(9), "one step beyond the last that matches");
    assert_eq!(explanation.at(StepNumber(8)).parted, None);
    let step = explanation.at(last);
    assert_eq!(step.event, Some(EventId(9)));
    assert_eq!(step.heading, "Code and history do not match");
    let parted = step.parted.unwrap();
    assert_eq!(
        parted.expected,
        "the activity \"create-replication\" with \"ist-1 ank-1\""
    );
    assert_eq!(
        parted.found,
        "the activity \"create-replication\" with \"ist-1 izm-1\""
    );
    assert!(parted.cause.contains("its data has changed"));
    assert_eq!(
        step.asked.as_deref(),
        Some("create-replication(\"ist-1 ank-1\")")
    );
    assert!(step.caption.contains("stalled until the code is fixed"));
    assert_eq!(explanation.step_of(EventId(12)), last);
}

#[test]
fn a_history_without_its_code_says_so_and_has_one_step() {
    let history = two_cities();
    let walk = walk(&Registry::new(), &history.instance, &history.events);
    let explanation = Explanation::new(history, walk);
    assert_eq!(explanation.last(), StepNumber(0));
    let parted = explanation.at(StepNumber(0)).parted.unwrap();
    assert!(parted.expected.contains("not registered"), "{parted:?}");
}

#[test]
fn code_that_panics_is_shown_after_the_event_that_made_it_panic() {
    async fn clumsy(ctx: Context, (): ()) -> Result<String, Failure> {
        let create = ctx.activity(Call::new("create-cluster"), &"Istanbul".into());
        let other = ctx.activity(Call::new("create-cluster"), &"Ankara".into());
        let _ = futures_util::future::join(create.into_future(), other.into_future()).await;
        panic!("it stumbles");
    }
    let mut history = two_cities();
    history.events.truncate(9);
    let registry = Registry::new().workflow(Named::new("order-7"), clumsy);
    let walk = walk(&registry, &history.instance, &history.events);
    let explanation = Explanation::new(history, walk);
    let before = explanation.at(StepNumber(8));
    assert_eq!((before.event, before.parted), (Some(EventId(8)), None));
    assert_eq!(explanation.last(), StepNumber(9));
    let step = explanation.at(StepNumber(9));
    assert_eq!((step.event, step.rows), (None, 9));
    let parted = step.parted.unwrap();
    assert!(parted.expected.contains("it stumbles"), "{parted:?}");
    assert_eq!(parted.found, "nothing more");
    assert!(
        step.caption
            .contains("it stumbles. The instance is stalled")
    );
}

#[test]
fn whatever_a_history_contains_it_can_be_explained() {
    let empty = History {
        instance: InstanceId::new("nothing").unwrap(),
        events: Vec::new(),
    };
    let explanation = Explanation::of_score(empty);
    assert_eq!(explanation.at(StepNumber(7)).rows, 0);
    let mut odd = two_cities();
    odd.events.remove(3);
    odd.events.swap(4, 6);
    odd.events[2].at = Timestamp(0);
    let explanation = explained(odd);
    for step in 0..20 {
        let step = StepNumber(step);
        explanation.at(step);
        explanation.lines(step);
        explanation.command(step.0, step);
        explanation.row(step.0);
    }
}
