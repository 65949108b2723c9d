//! Commands to an engine of which the tests say what it has and answers.

use std::sync::Mutex;

use serde_json::json;
use tokio::sync::{mpsc, watch};

use super::*;
use crate::{
    backend::{Abilities, Answered, BackendNews, BackendPage, PageMark, SourceEngine, Watched},
    engine::{EventId, History, Payload, Runs, Search},
};

/// What was asked of it: the instance, the command and the reason.
type Asked = Arc<Mutex<Vec<(InstanceId, InstanceCommand, String)>>>;

struct Fake {
    name: BackendName,
    instances: usize,
    answer: fn() -> Result<Done, BackendError>,
    asked: Asked,
    /// How many instances each page was asked for.
    pages: Arc<Mutex<Vec<usize>>>,
}

fn there(own: &str) -> InstanceId {
    InstanceId::new(format!("temporal:default/{own}")).unwrap()
}

fn id(text: &str) -> InstanceId {
    InstanceId::new(text).unwrap()
}

impl Backend for Fake {
    fn name(&self) -> &BackendName {
        &self.name
    }

    fn abilities(&self, _: &InstanceSummary) -> Abilities {
        Abilities::ALL
    }

    fn search<'a>(
        &'a self,
        _: &'a Search,
        from: Option<PageMark>,
        most: usize,
    ) -> Answered<'a, BackendPage> {
        self.pages.lock().unwrap().push(most);
        let start = from.map_or(0, |mark| usize::from(mark.0[0]) * 100);
        // No more than a hundred at once, whatever is asked for.
        let end = self.instances.min(start + most.min(100));
        let instances = (start..end).map(|number| {
            InstanceSummary::new(there(&format!("order-{number}")), "Order".to_owned())
        });
        let page = BackendPage {
            instances: instances.collect(),
            next: (end < self.instances).then(|| PageMark(vec![(end / 100) as u8])),
        };
        Box::pin(async move { Ok(page) })
    }

    fn history<'a>(&'a self, id: &'a InstanceId, run: Option<u32>) -> Answered<'a, Imported> {
        Box::pin(async move {
            if *id != there("order-7") || run.is_some() {
                let instance = BackendName::shown(id).to_owned();
                let backend = self.name.clone();
                return Err(BackendError::UnknownInstance { backend, instance });
            }
            Ok(Imported {
                engine: SourceEngine::Temporal,
                history: History {
                    instance: id.clone(),
                    events: Vec::new(),
                },
                origins: Vec::new(),
            })
        })
    }

    fn command<'a>(
        &'a self,
        id: &'a InstanceId,
        command: InstanceCommand,
        reason: &'a str,
    ) -> Answered<'a, Done> {
        let asked = (id.clone(), command, reason.to_owned());
        self.asked.lock().unwrap().push(asked);
        let answer = (self.answer)();
        Box::pin(async move { answer })
    }

    fn follow(&self, _: watch::Receiver<Watched>) -> mpsc::Receiver<BackendNews> {
        unimplemented!("a command follows nothing")
    }
}

fn remote(instances: usize, answer: fn() -> Result<Done, BackendError>) -> (Remote, Arc<Fake>) {
    let fake = Arc::new(Fake {
        name: BackendName::temporal("default"),
        instances,
        answer,
        asked: Asked::default(),
        pages: Arc::default(),
    });
    let backend: Arc<dyn Backend> = fake.clone();
    let runtime = runtime().unwrap();
    (Remote { runtime, backend }, fake)
}

#[test]
fn instances_are_read_page_by_page_up_to_the_limit_and_shown_without_their_backend() {
    let (remote, fake) = remote(250, || Ok(Done::Durable));
    let search = |limit| {
        let search = Search {
            runs: Runs::Latest,
            ..Search::default()
        };
        remote.search(&SearchRequest { search, limit }).unwrap()
    };
    let all = search(None);
    assert_eq!(all.len(), 250);
    assert_eq!(all[249].id, id("order-249"));
    assert_eq!(fake.pages.lock().unwrap().len(), 3);
    assert_eq!(search(Some(120)).len(), 120);
    assert_eq!(search(Some(0)).len(), 0);
    assert_eq!(fake.pages.lock().unwrap()[3..], [120, 20]);
}

#[test]
fn a_history_is_asked_for_by_the_id_there() {
    let (remote, _) = remote(1, || Ok(Done::Durable));
    let request = |own: &str, run| HistoryRequest { id: id(own), run };
    let found = remote.history(&request("order-7", None)).unwrap();
    assert_eq!(found.history.instance, id("order-7"));
    let error = remote.history(&request("order-8", None)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "temporal:default has no instance \"order-8\"; `fermata list --backend ADDRESS` shows all instances"
    );
}

#[test]
fn each_command_reaches_the_backend_with_its_reason() {
    let (remote, fake) = remote(1, || Ok(Done::Durable));
    let (order, reason) = (|| id("order-7"), || "tuning".to_owned());
    let data = Payload::from(json!({"by": "card"}));
    for operation in [
        Operation::Pause {
            id: order(),
            reason: reason(),
        },
        Operation::Resume {
            id: order(),
            reason: reason(),
        },
        Operation::Cancel {
            id: order(),
            reason: reason(),
        },
        Operation::Terminate {
            id: order(),
            reason: reason(),
        },
        Operation::Raise {
            id: order(),
            event: "paid".to_owned(),
            data,
        },
        Operation::Rerun {
            id: order(),
            run: None,
            from: EventId(4),
            new_id: None,
            input: None,
        },
    ] {
        let operated = remote.operate(operation).unwrap();
        assert_eq!(operated, Operated::Recorded(Outcome::default()));
    }
    let asked = std::mem::take(&mut *fake.asked.lock().unwrap());
    assert!(asked.iter().all(|(id, _, _)| *id == there("order-7")));
    let commands: Vec<_> = asked
        .iter()
        .map(|(_, command, _)| command.clone())
        .collect();
    let raise = InstanceCommand::Raise {
        name: "paid".into(),
        data: json!({"by": "card"}),
    };
    let rerun = InstanceCommand::Rerun { from: EventId(4) };
    assert_eq!(
        commands,
        [
            InstanceCommand::Suspend,
            InstanceCommand::Resume,
            InstanceCommand::Cancel,
            InstanceCommand::Terminate,
            raise,
            rerun
        ]
    );
    assert!(asked[..4].iter().all(|(_, _, reason)| reason == "tuning"));
    let retry = Operation::Retry { id: order() };
    assert!(matches!(remote.operate(retry), Err(CliError::Usage(_))));
}

#[test]
fn what_was_only_requested_and_what_was_started_are_told_apart() {
    let pause = || Operation::Pause {
        id: id("order-7"),
        reason: String::new(),
    };
    let (requested, _) = remote(1, || Ok(Done::Requested));
    assert_eq!(requested.operate(pause()).unwrap(), Operated::Requested);
    let (started, _) = remote(1, || Ok(Done::Started(there("order-7"))));
    let operated = started.operate(pause()).unwrap();
    assert_eq!(operated.started(), Some(&id("order-7")));
    let (refused, _) = remote(1, || {
        Err(BackendError::Refused {
            backend: BackendName::temporal("default"),
            reason: "workflow is already paused.".to_owned(),
        })
    });
    let error = refused.operate(pause()).unwrap_err();
    let expected = "temporal:default refused: workflow is already paused.";
    assert_eq!(error.to_string(), expected);
}
