//! Histories of other engines: what the browser finds at attached backends, and reads from them.
//!
//! A backend that does not answer in time is left out with a notice; the others are shown.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::time::timeout;

use super::application::App;
use crate::{
    backend::{Backend, BackendName, Imported, PageMark},
    engine::InstanceId,
    view::{HistoryCard, HistoryQuery},
};

/// How long a backend may take for a page or a history.
const PATIENCE: Duration = Duration::from_secs(10);
/// Instances of a backend on a page of the browser.
const PAGE: usize = 50;

/// How far the search of each backend has come.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct BackendMarks(BTreeMap<BackendName, Option<PageMark>>);

/// What a page of the search of all backends contains.
#[derive(Default)]
pub(super) struct BackendsPage {
    pub cards: Vec<HistoryCard>,
    /// Where the next page starts; `None`: this is the last one.
    pub next: Option<BackendMarks>,
    /// What went wrong, a sentence each.
    pub problems: Vec<String>,
}

impl BackendMarks {
    /// The beginning of a search of what is attached now; `None`: nothing is.
    pub fn begin(app: &App) -> Option<Self> {
        let names = app.backends.all().into_iter();
        let marks: BTreeMap<_, _> = names
            .map(|backend| (backend.name().clone(), None))
            .collect();
        (!marks.is_empty()).then_some(Self(marks))
    }
}

/// The next page of the instances of other engines that match, newest first.
pub(super) async fn page(app: Arc<App>, query: HistoryQuery, from: BackendMarks) -> BackendsPage {
    let backends = app.backends.all().into_iter();
    let asked = backends.filter_map(|backend| {
        let mark = from.0.get(backend.name())?.clone();
        Some(one_page(backend, &query, mark))
    });
    let mut all = BackendsPage::default();
    let mut marks = BTreeMap::new();
    for (name, found) in join_all(asked).await {
        match found {
            Ok((cards, next)) => {
                all.cards.extend(cards);
                marks.extend(next.map(|next| (name, Some(next))));
            }
            Err(problem) => all.problems.push(problem),
        }
    }
    all.cards
        .sort_by_key(|card| std::cmp::Reverse(card.started_at));
    all.next = (!marks.is_empty()).then_some(BackendMarks(marks));
    all
}

type OnePage = Result<(Vec<HistoryCard>, Option<PageMark>), String>;

async fn one_page(
    backend: Arc<dyn Backend>,
    query: &HistoryQuery,
    mark: Option<PageMark>,
) -> (BackendName, OnePage) {
    let found = timeout(PATIENCE, backend.search(&query.search, mark, PAGE)).await;
    let found = match found {
        Ok(Ok(page)) => {
            let matching = page.instances.iter().filter(|found| query.matches(found));
            Ok((matching.map(HistoryCard::from).collect(), page.next))
        }
        Ok(Err(error)) => Err(format!("{error}.")),
        Err(_) => Err(late(backend.name())),
    };
    (backend.name().clone(), found)
}

/// Reads the history of an instance of an attached backend. Blocks; never on a thread of the runtime.
pub(super) fn read(app: &App, id: &InstanceId) -> Result<Imported, String> {
    let name = BackendName::split(id).map(|(name, _)| name);
    let attached = name.and_then(|name| app.backends.get(&name));
    let (backend, runtime) = attached.ok_or("its engine is not attached")?;
    let history = async { timeout(PATIENCE, backend.history(id, None)).await };
    match runtime.block_on(history) {
        Ok(history) => history.map_err(|error| error.to_string()),
        Err(_) => Err(late(backend.name())),
    }
}

fn late(backend: &BackendName) -> String {
    let seconds = PATIENCE.as_secs();
    format!("{backend} has not answered for {seconds} seconds.")
}
