//! Another engine, of which the tests say what it tells.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::sync::{mpsc, watch};

use super::{
    application::AppEvent,
    backends::{self, BackendEvent},
    event_names::event_names,
    test_app::{TestApp, until},
};
use crate::{
    backend::{
        Abilities, Ability, Answered, Backend, BackendError, BackendName, BackendNews, BackendPage,
        Done, Imported, InstanceCommand, Link, Moment, PageMark, SourceEngine, Watched,
    },
    engine::{
        Committed, Event, EventId, EventKind, History, InstanceId, InstanceSummary, Payload,
        Search, Status, Tags, Timeouts, Timestamp,
    },
    music::Message,
    view::{BackendCommand, CommandEnd, EngineCommand, HistoryCommand, MoreHistories, Projector},
};

/// What was asked of it.
type Asked = Arc<Mutex<Vec<(InstanceId, InstanceCommand)>>>;

struct TestBackend {
    name: BackendName,
    news: Mutex<Option<mpsc::Receiver<BackendNews>>>,
    watched: Arc<Mutex<Option<watch::Receiver<Watched>>>>,
    asked: Asked,
}

impl Backend for TestBackend {
    fn name(&self) -> &BackendName {
        &self.name
    }

    fn abilities(&self, _: &InstanceSummary) -> Abilities {
        Abilities {
            suspend: Ability::No,
            ..Abilities::ALL
        }
    }

    fn search<'a>(
        &'a self,
        _: &'a Search,
        from: Option<PageMark>,
        _: usize,
    ) -> Answered<'a, BackendPage> {
        // Two pages of one instance each.
        let (name, next) = match from {
            None => ("order-1", Some(PageMark(vec![1]))),
            Some(_) => ("order-2", None),
        };
        let id = InstanceId::new(format!("temporal:default/{name}")).unwrap();
        let instance = InstanceSummary::new(id, "Order");
        let instances = vec![instance];
        Box::pin(async move { Ok(BackendPage { instances, next }) })
    }

    fn history<'a>(&'a self, id: &'a InstanceId, _: Option<u32>) -> Answered<'a, Imported> {
        let started = Event {
            id: EventId(0),
            at: Timestamp(5),
            kind: started(),
        };
        Box::pin(async move {
            Ok(Imported {
                engine: SourceEngine::Temporal,
                history: History {
                    instance: id.clone(),
                    events: vec![started],
                },
                origins: Vec::new(),
            })
        })
    }

    fn command<'a>(
        &'a self,
        id: &'a InstanceId,
        command: InstanceCommand,
        _: &'a str,
    ) -> Answered<'a, Done> {
        let refused = matches!(command, InstanceCommand::Suspend);
        self.asked.lock().unwrap().push((id.clone(), command));
        Box::pin(async move {
            match refused {
                true => Err(BackendError::Refused {
                    backend: self.name.clone(),
                    reason: "pausing is not enabled".to_owned(),
                }),
                false => Ok(Done::Durable),
            }
        })
    }

    fn event_names<'a>(&'a self, _: &'a InstanceId) -> Answered<'a, Vec<Arc<str>>> {
        Box::pin(async { Ok(vec!["paid".into(), "refund".into()]) })
    }

    fn follow(&self, watched: watch::Receiver<Watched>) -> mpsc::Receiver<BackendNews> {
        *self.watched.lock().unwrap() = Some(watched);
        self.news
            .lock()
            .unwrap()
            .take()
            .expect("it is followed once")
    }
}

/// An application with another engine attached.
struct Attached {
    test: TestApp,
    tell: mpsc::Sender<BackendNews>,
    asked: Asked,
    watched: Arc<Mutex<Option<watch::Receiver<Watched>>>>,
    projector: Mutex<Projector>,
    ended: Mutex<Vec<(EngineCommand, CommandEnd)>>,
}

impl Attached {
    async fn new() -> Self {
        let test = TestApp::open_listening().await;
        let (tell, news) = mpsc::channel(16);
        let (asked, watched) = (Asked::default(), Arc::default());
        let backend = TestBackend {
            name: BackendName::temporal("default"),
            news: Mutex::new(Some(news)),
            watched: Arc::clone(&watched),
            asked: Arc::clone(&asked),
        };
        backends::add(&test.app, Arc::new(backend));
        Self {
            test,
            tell,
            asked,
            watched,
            projector: Mutex::default(),
            ended: Mutex::default(),
        }
    }

    /// Shows what has happened.
    fn show(&self) {
        let mut events = self.test.events.lock().unwrap();
        while let Ok(event) = events.try_recv() {
            match event {
                AppEvent::Backend(event) => {
                    let event: BackendEvent = *event;
                    event.apply(&mut self.projector.lock().unwrap());
                }
                AppEvent::Histories(event) => {
                    event.apply(&mut self.projector.lock().unwrap());
                }
                AppEvent::CommandEnded(ended) => self.ended.lock().unwrap().push(*ended),
                _ => {}
            }
        }
    }

    async fn tell(&self, events: Vec<EventKind>, first: u64, moment: Moment) {
        self.tell_of(order(), events, first, moment).await;
    }

    async fn tell_of(&self, id: InstanceId, events: Vec<EventKind>, first: u64, moment: Moment) {
        let now = self.test.app.conductor.engine().clock().now();
        let events = events.into_iter().zip(first..).map(|(kind, id)| Event {
            id: EventId(id),
            at: now,
            kind,
        });
        let instance = InstanceSummary {
            status: Status::Running,
            started_at: now,
            ..InstanceSummary::new(id, "Order")
        };
        let commit = Arc::new(Committed::stored(instance, events.collect()));
        let news = BackendNews::Committed { commit, moment };
        self.tell.send(news).await.unwrap();
    }

    /// Notes that were played.
    fn notes(&self) -> usize {
        let sent = self.test.sent.all();
        let notes = sent
            .iter()
            .filter(|message| matches!(message, Message::NoteOn { .. }));
        notes.count()
    }
}

fn order() -> InstanceId {
    InstanceId::new("temporal:default/order-7").unwrap()
}

fn started() -> EventKind {
    EventKind::ExecutionStarted {
        name: "Order".to_owned(),
        input: Payload::null(),
        run: 1,
        version: None,
        seed: 0,
        parent: None,
        fork: None,
        tags: Tags::new(),
        start_at: None,
        limits: None,
        custom_status: None,
        deadline: None,
        code: Default::default(),
    }
}

fn activity(first: u64) -> Vec<EventKind> {
    let scheduled = EventId(first);
    vec![
        EventKind::TaskScheduled {
            name: "charge".to_owned(),
            input: Payload::null(),
            retry: None,
            timeouts: Timeouts::default(),
        },
        EventKind::TaskStarted {
            scheduled,
            attempt: 1,
        },
        EventKind::TaskCompleted {
            scheduled,
            result: Payload::null(),
        },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_of_another_engine_is_a_lane_without_its_prefix_and_with_the_buttons_that_work()
{
    let attached = Attached::new().await;
    attached.tell(vec![started()], 0, Moment::Past).await;
    let lane = || {
        attached.show();
        let snapshot = attached.projector.lock().unwrap().snapshot();
        snapshot.lane(&order()).cloned()
    };
    until("shown", || lane().is_some()).await;
    let lane = lane().unwrap();
    assert_eq!(
        (lane.title(), lane.lineage().as_str()),
        ("order-7", "Order")
    );
    assert_eq!(lane.backend, Some(BackendName::temporal("default")));
    assert!(!lane.can_be_suspended() && lane.can_be_terminated());
    let backends = attached
        .projector
        .lock()
        .unwrap()
        .snapshot()
        .backends
        .clone();
    assert_eq!((backends.len(), backends[0].lanes), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_had_happened_before_is_silent_and_what_happens_now_is_heard() {
    let attached = Attached::new().await;
    let mut past = vec![started()];
    past.extend(activity(1));
    attached.tell(past, 0, Moment::Past).await;
    attached.test.app.conductor.until_silent().await;
    assert_eq!(attached.notes(), 0);
    attached.tell(activity(4), 4, Moment::Now).await;
    until("heard", || attached.notes() > 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_instances_as_can_be_lanes_are_heard_on_the_channels_that_they_share() {
    let attached = Attached::new().await;
    let id = |number: usize| InstanceId::new(format!("temporal:default/order-{number}")).unwrap();
    for number in 0..Watched::MAX_LANES {
        let events = std::iter::once(started()).chain(activity(1)).collect();
        attached.tell_of(id(number), events, 0, Moment::Past).await;
    }
    attached.test.app.conductor.until_silent().await;
    // The last of them is heard as the first was.
    let last = id(Watched::MAX_LANES - 1);
    for number in 0..Watched::MAX_LANES - 1 {
        attached
            .tell_of(id(number), activity(4), 4, Moment::Now)
            .await;
    }
    until("heard", || attached.notes() > 0).await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let before = attached.notes();
    attached.tell_of(last, activity(4), 4, Moment::Now).await;
    until("heard too", || attached.notes() > before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_to_its_instances_reach_it_and_a_refusal_is_the_answer() {
    let attached = Attached::new().await;
    let raise = EngineCommand::RaiseEvent {
        instance: order(),
        event: "paid".into(),
        data: json!({ "by": "card" }),
    };
    attached.test.app.send(raise.clone());
    attached.test.app.send(EngineCommand::Suspend(order()));
    let ended = || {
        attached.show();
        attached.ended.lock().unwrap().clone()
    };
    until("answered", || ended().len() == 2).await;
    let reason = "temporal:default refused: pausing is not enabled".into();
    assert_eq!(
        ended(),
        [
            (raise, CommandEnd::Done),
            (
                EngineCommand::Suspend(order()),
                CommandEnd::Rejected(reason)
            ),
        ]
    );
    let paid = InstanceCommand::Raise {
        name: "paid".into(),
        data: json!({ "by": "card" }),
    };
    let asked = attached.asked.lock().unwrap();
    assert_eq!(
        asked[..],
        [(order(), paid), (order(), InstanceCommand::Suspend)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_is_away_says_so_and_one_that_is_detached_takes_its_lanes_along() {
    let attached = Attached::new().await;
    let away = Link::Down {
        since: Timestamp(1),
        reason: "connection refused".into(),
    };
    attached.tell(vec![started()], 0, Moment::Past).await;
    attached
        .tell
        .send(BackendNews::Link(away.clone()))
        .await
        .unwrap();
    let snapshot = || {
        attached.show();
        attached.projector.lock().unwrap().snapshot()
    };
    let is_away = || {
        snapshot()
            .backends
            .iter()
            .any(|backend| backend.link == away)
    };
    until("away", is_away).await;
    assert!(snapshot().lane(&order()).is_some());
    let app = &attached.test.app;
    app.send(BackendCommand::Detach(BackendName::temporal("default")));
    until("detached", || snapshot().backends.is_empty()).await;
    assert!(snapshot().lane(&order()).is_none());
    // Nobody takes commands to it any more; the own engine knows no such instance.
    app.send(EngineCommand::Cancel(order()));
    until("answered", || {
        attached.show();
        !attached.ended.lock().unwrap().is_empty()
    })
    .await;
    let ended = attached.ended.lock().unwrap();
    assert!(matches!(ended[0].1, CommandEnd::Rejected(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_says_which_instances_are_lanes() {
    let attached = Attached::new().await;
    let watched = Watched {
        chosen: vec![order()],
        matching: "order".to_owned(),
    };
    attached
        .test
        .app
        .send(BackendCommand::Watch(watched.clone()));
    let seen = || {
        attached
            .watched
            .lock()
            .unwrap()
            .as_ref()
            .map(|w| w.borrow().clone())
    };
    until("passed on", || seen() == Some(watched.clone())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_names_of_its_events_are_asked_of_its_own_code() {
    let attached = Attached::new().await;
    let names = || event_names(&attached.test.app, &order());
    until("known", || names().is_some()).await;
    assert_eq!(names().unwrap()[..], ["paid".into(), "refund".into()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_finds_the_instances_of_other_engines_and_opens_them() {
    let attached = Attached::new().await;
    let snapshot = || {
        attached.show();
        attached.projector.lock().unwrap().snapshot()
    };
    let places = || {
        let snapshot = snapshot();
        let cards = snapshot.histories.found.cards.iter();
        cards.map(|card| card.place()).collect::<Vec<_>>()
    };
    attached.test.app.send(HistoryCommand::Find("order".into()));
    until("found", || places() == ["order-1 · temporal:default"]).await;
    assert_eq!(snapshot().histories.found.more, MoreHistories::NextPage);
    attached.test.app.send(HistoryCommand::More);
    until("all of them", || places().len() == 2).await;
    assert_eq!(snapshot().histories.found.more, MoreHistories::None);
    let id = InstanceId::new("temporal:default/order-2").unwrap();
    attached.test.app.send(HistoryCommand::Open(id.clone()));
    let opened = || snapshot().histories.opened(&id).cloned();
    until("it is opened", || opened().is_some()).await;
    assert_eq!(opened().unwrap().origin(), "from temporal:default");
    attached
        .test
        .app
        .send(HistoryCommand::Find("nothing like that".into()));
    until("nothing is found", || places().is_empty()).await;
}
