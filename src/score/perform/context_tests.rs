//! Scores on an engine that has nothing but what [`WorkflowContext`] asks of it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use futures_util::future::{FutureExt, LocalBoxFuture, pending, ready};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{MusicStep, RetryOn, ScoreInput, UndoStep, WorkflowContext, WorkflowSaga, perform};
use crate::{
    engine::{
        Activity, EventId, Failure, InstanceId, Payload, RaisedEvent, TimerOrigin, Timestamp, Uuid,
    },
    music::{Beat, Beats},
    score::parse,
};

/// An engine that does at once what it is asked for and keeps a list of it. `PHRASES`: its steps are phrases.
#[derive(Clone, Default)]
struct Minimal<const PHRASES: bool = false>(Rc<State>);

#[derive(Default)]
struct State {
    asked: RefCell<Vec<String>>,
    /// Events that nobody has read.
    mailbox: RefCell<Vec<RaisedEvent>>,
    next: RefCell<Option<ScoreInput>>,
    drawn: Cell<u64>,
}

struct Steps {
    undo: RefCell<Vec<UndoStep>>,
}

type Filter = RefCell<Box<dyn FnMut(&RaisedEvent) -> bool>>;

impl<const PHRASES: bool> Minimal<PHRASES> {
    fn note(&self, what: String) {
        self.0.asked.borrow_mut().push(what);
    }

    fn answer<T: DeserializeOwned>(name: &str, input: &Value) -> T {
        let last = input["notes"].as_array().and_then(|notes| notes.last());
        let at = last.unwrap_or(input).get("at").cloned();
        let at = at.unwrap_or_else(|| json!(Beat::ZERO));
        let moment = Timestamp(0);
        let answer = match name {
            "emit" => json!([]),
            "again" => json!({ "again": { "at": at } }),
            "phrase" => {
                json!({ "at": at, "onset": moment, "until": moment, "moved": Beats::whole(4) })
            }
            _ => json!({ "at": at, "onset": moment, "until": moment }),
        };
        serde_json::from_value(answer).unwrap()
    }
}

impl<const PHRASES: bool> WorkflowContext for Minimal<PHRASES> {
    type Operation<T: 'static> = LocalBoxFuture<'static, Result<T, Failure>>;
    type Listener = Filter;
    type Saga = Steps;

    const STEP: MusicStep = match PHRASES {
        true => MusicStep::Phrase,
        false => MusicStep::Note,
    };

    fn instance(&self) -> InstanceId {
        InstanceId::new("minimal").unwrap()
    }

    fn now(&self) -> Timestamp {
        Timestamp(0)
    }

    fn random(&self) -> u64 {
        self.0.drawn.set(self.0.drawn.get() + 1);
        self.0.drawn.get()
    }

    fn new_uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.random()))
    }

    fn cancel_reason(&self) -> Option<String> {
        None
    }

    fn activity<A: Activity>(&self, activity: A, input: &A::Input) -> Self::Operation<A::Output> {
        let (context, name) = (self.clone(), activity.name().to_owned());
        let input = serde_json::to_value(input).unwrap();
        async move {
            let task = input["task"].as_str().unwrap_or_default();
            let notes = input["notes"].as_array().into_iter().flatten();
            let beats = notes.map(|note| format!(" {}", note["at"].as_str().unwrap_or_default()));
            let beats: String = beats.collect();
            context.note(format!("{}{beats}", format!("{name} {task}").trim()));
            Ok(Self::answer(&name, &input))
        }
        .boxed_local()
    }

    fn retried_activity<A: Activity>(
        &self,
        activity: A,
        input: &A::Input,
        _: RetryOn,
    ) -> Self::Operation<A::Output> {
        self.activity(activity, input)
    }

    fn timer_for(&self, duration: Duration, _: TimerOrigin) -> Self::Operation<()> {
        self.note(format!("wait {duration:?}"));
        ready(Ok(())).boxed_local()
    }

    fn child(&self, name: &str, _: &ScoreInput) -> Self::Operation<Value> {
        self.note(format!("child {name}"));
        ready(Ok(Value::Null)).boxed_local()
    }

    fn detached_child(&self, name: &str, _: &ScoreInput) -> Result<(), Failure> {
        self.note(format!("start {name}"));
        Ok(())
    }

    fn send(&self, target: &InstanceId, name: &str, _: &Value) -> Result<(), Failure> {
        self.note(format!("send {name} to {target}"));
        Ok(())
    }

    fn listen(&self, filter: impl FnMut(&RaisedEvent) -> bool + 'static) -> Filter {
        RefCell::new(Box::new(filter))
    }

    fn next_event(&self, listener: &Filter, _: Vec<String>) -> Self::Operation<RaisedEvent> {
        let mut mailbox = self.0.mailbox.borrow_mut();
        let mut selects = listener.borrow_mut();
        match mailbox.iter().position(&mut **selects) {
            Some(at) => ready(Ok(mailbox.remove(at))).boxed_local(),
            None => pending().boxed_local(),
        }
    }

    fn next_event_for(
        &self,
        listener: &Filter,
        names: Vec<String>,
        _: Duration,
    ) -> Self::Operation<Option<RaisedEvent>> {
        let next = self.next_event(listener, names).now_or_never();
        ready(next.transpose()).boxed_local()
    }

    fn set_status(&self, status: &Value) -> Result<(), Failure> {
        self.note(format!("status {status}"));
        Ok(())
    }

    fn continue_as_new(&self, input: &ScoreInput) -> Failure {
        self.0.next.replace(Some(input.clone()));
        Failure::new(Failure::CONTINUE, "the workflow continues as new")
    }

    fn saga(&self) -> Steps {
        Steps {
            undo: RefCell::default(),
        }
    }
}

impl WorkflowSaga for Steps {
    fn undo_with(&self, _: &str, undo: UndoStep) {
        self.undo.borrow_mut().push(undo);
    }

    async fn settle<T>(self, outcome: Result<T, Failure>) -> Result<T, Failure> {
        if outcome.as_ref().is_err_and(|failure| !failure.continues()) {
            for undo in self.undo.into_inner().into_iter().rev() {
                undo().await?;
            }
        }
        outcome
    }
}

/// Performs a score; it must not have to wait for anything.
fn performed<const PHRASES: bool>(
    context: &Minimal<PHRASES>,
    tasks: &str,
    more: &str,
) -> Result<Value, Failure> {
    let text = format!(
        "document: {{ dsl: 1.0.0, namespace: test, name: minimal, version: 1.0.0, metadata: \
         {{ fermata: {{ instruments: {{ bell: {{ patch: bell }} }}{more} }} }} }}\ndo:\n{tasks}"
    );
    let document = parse(&text, "test.yaml").unwrap_or_else(|errors| panic!("{errors}"));
    let start = ScoreInput::new(&document, json!({}));
    let ended = perform(context.clone(), start).now_or_never();
    ended.expect("the performance waits for something")
}

#[test]
fn a_score_asks_an_engine_for_nothing_but_what_the_trait_has() {
    let context = <Minimal>::default();
    context.0.mailbox.borrow_mut().push(RaisedEvent {
        event: EventId(1),
        name: "go".to_owned(),
        input: Payload::from(json!(7)),
        from: None,
    });
    let output = performed(
        &context,
        "  - two: { call: play, with: { instrument: bell, pattern: c4 e4 } }
  - breath: { wait: { seconds: 2 } }
  - cue: { listen: { to: { one: { with: { type: go } } } } }
  - tell: { emit: { event: { with: { type: told } } } }
  - both:
      fork:
        branches:
          - left: { call: play, with: { instrument: bell, pattern: g4 } }
          - right: { set: { done: true } }
",
        "",
    );
    let asked = context.0.asked.take();
    let expected = [
        "enter",
        "play two",
        "play two",
        "wait 2s",
        "emit tell",
        "play left",
    ];
    assert_eq!(asked, expected);
    assert_eq!(output.unwrap(), json!([null, { "done": true }]));
}

#[test]
fn a_score_that_loops_continues_as_new_at_the_beat_where_the_round_ended() {
    let context = <Minimal>::default();
    let tasks = "  - bar: { call: play, with: { instrument: bell, pattern: c4 } }\n";
    let ended = performed(&context, tasks, ", loop: true").unwrap_err();
    assert!(ended.continues());
    assert_eq!(context.0.asked.take(), ["enter", "play bar", "again"]);
    let next = context.0.next.take().expect("there is a next run");
    assert_eq!(next.from, Some(Beat(Beats::whole(4))));
}

#[test]
fn what_was_done_is_undone_by_the_saga_of_the_engine() {
    let context = <Minimal>::default();
    let tasks = "  - first:
      set: { a: 1 }
      metadata:
        fermata:
          compensate:
            - undo: { call: play, with: { instrument: bell, pattern: c4 } }
  - breaks: { raise: { error: { type: https://example.com/broken, status: 500 } } }
";
    let failure = performed(&context, tasks, "").unwrap_err();
    assert_eq!(failure.error_type, "https://example.com/broken");
    assert!(context.0.asked.borrow().contains(&"play undo".to_owned()));
}

#[test]
fn a_repetition_is_one_step_where_steps_are_phrases_and_moves_what_follows() {
    let context = <Minimal<true>>::default();
    let tasks = "  - twice: { call: play, with: { instrument: bell, pattern: c4 e4, repeat: 2 } }
  - rest: { call: rest, with: { bars: 1 } }
  - last: { call: play, with: { instrument: bell, pattern: c4 } }
";
    performed(&context, tasks, "").unwrap();
    let asked = context.0.asked.take();
    let expected = [
        "enter",
        "phrase twice 0 2",
        "phrase twice 8 10",
        "rest rest",
        "phrase last 20",
    ];
    assert_eq!(asked, expected);
}
