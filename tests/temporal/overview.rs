//! Thousands of instances at once.

use fermata::engine::{Runs, Search, Status};
use serde_json::json;

use super::harness::{Following, Pausing, Server, Worker};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Temporal server: see docs/testing.md"]
async fn the_overview_counts_a_thousand_workflows_exactly() {
    let server = Server::start(Pausing::Enabled).await;
    let mut worker = Worker::start(&server);
    let backend = server.attach().await;
    let mut following = Following::start(&backend, &[]);
    let many = |workflow: &str, id: &str, count: u32, queue: &str| {
        let arguments = if workflow == "Chain" {
            json!([1])
        } else {
            json!([])
        };
        json!({ "many": workflow, "id": id, "count": count, "args": arguments, "queue": queue })
    };
    let queue = "fermata-tests";
    worker
        .ask(many("Waiting", "waiting", 800, "nobody"))
        .unwrap();
    worker.ask(many("Chain", "chain", 120, queue)).unwrap();
    worker.ask(many("Saga", "saga", 80, queue)).unwrap();
    let expected = [
        ("Chain", Status::Completed, 120),
        ("Saga", Status::Failed, 80),
        ("Waiting", Status::Running, 800),
    ];
    following
        .until("exact counts", |now| {
            let Some(overview) = &now.overview else {
                return false;
            };
            let counts = overview.counts.iter();
            let counts = counts.map(|((name, status), count)| (&**name, *status, *count));
            counts.eq(expected)
        })
        .await;
    let overview = following.overview.as_ref().unwrap();
    assert_eq!((overview.total(), overview.instances.len()), (1_000, 1_000));
    assert!(following.lanes.len() <= 64);

    // The search finds the same, page by page.
    let search = Search {
        statuses: vec![Status::Failed],
        runs: Runs::Latest,
        ..Search::default()
    };
    let (mut found, mut from) = (Vec::new(), None);
    loop {
        let page = backend.search(&search, from, 40).await.unwrap();
        assert!(page.instances.len() <= 40);
        found.extend(page.instances.into_iter().map(|instance| instance.id));
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 80);
    for (search, expected) in [
        (
            Search {
                workflow: Some("it's' OR ''='".to_owned()),
                ..Search::default()
            },
            0,
        ),
        (
            Search {
                workflow: Some("Chain".to_owned()),
                ..Search::default()
            },
            120,
        ),
        (
            Search {
                id_prefix: Some("temporal:default/waiting-59".to_owned()),
                ..Search::default()
            },
            11,
        ),
        (
            Search {
                tags: vec![("asked".to_owned(), "saga-7".to_owned())],
                ..Search::default()
            },
            1,
        ),
    ] {
        let page = backend.search(&search, None, 1_000).await.unwrap();
        assert_eq!(page.instances.len(), expected, "{search:?}");
    }
}
