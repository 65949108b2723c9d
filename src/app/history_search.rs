//! The search of the history browser: the store first, then attached engines, a page at a time.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::task::{JoinHandle, spawn_blocking};

use super::{
    application::{App, AppEvent},
    backend_histories::{self, BackendMarks},
    histories::{HistoryEvent, emit},
};
use crate::{
    engine::{Archive, PageToken, StoreError},
    view::{FoundHistories, HistoryCard, HistoryQuery, MoreHistories},
};

/// Instances on a page of the browser.
const PAGE: usize = 50;
/// Instances that are compared with what was typed between two looks at whether it still counts.
const COMPARE_AT_ONCE: usize = 200;

/// The search of the browser.
#[derive(Default)]
pub(super) struct Finder {
    query: HistoryQuery,
    cards: Vec<HistoryCard>,
    next: Option<NextPage>,
    /// The search that goes on, and whether its result is still wanted.
    search: Option<(Arc<AtomicBool>, JoinHandle<Found>)>,
}

/// Where a search goes on: in the store first, then at other engines.
#[derive(Debug, Clone)]
enum NextPage {
    Store(Option<PageToken>),
    Backends(BackendMarks),
}

/// What a search found. An error of the store does not keep other engines from being searched.
pub(super) struct Found {
    cards: Vec<HistoryCard>,
    next: Option<NextPage>,
    problems: Vec<String>,
}

impl Finder {
    pub fn find(&mut self, app: &Arc<App>, typed: &str) {
        let now = app.conductor.engine().clock().now();
        self.query = HistoryQuery::parse(typed, now);
        self.cards.clear();
        self.search(app, NextPage::Store(None));
    }

    pub fn more(&mut self, app: &Arc<App>) {
        if self.search.is_none()
            && let Some(next) = self.next.take()
        {
            self.search(app, next);
        }
    }

    fn search(&mut self, app: &Arc<App>, from: NextPage) {
        if let Some((wanted, _)) = self.search.take() {
            wanted.store(false, Ordering::Relaxed);
        }
        self.show(app, MoreHistories::Searching);
        let wanted = Arc::new(AtomicBool::new(true));
        let (app, query, still) = (Arc::clone(app), self.query.clone(), Arc::clone(&wanted));
        let search = tokio::spawn(search(app, query, from, still));
        self.search = Some((wanted, search));
    }

    /// Waits for the search that goes on, if there is one.
    pub async fn finished(&mut self) -> Option<Found> {
        match &mut self.search {
            Some((_, search)) => search.await.ok(),
            None => std::future::pending().await,
        }
    }

    pub fn found(&mut self, app: &App, found: Option<Found>) {
        self.search = None;
        self.next = None;
        match found {
            Some(found) => {
                self.cards.extend(found.cards);
                self.next = found.next;
                for problem in found.problems {
                    app.emit(AppEvent::Notice(problem));
                }
            }
            None => app.emit(AppEvent::Notice(
                "The search ended unexpectedly.".to_owned(),
            )),
        }
        self.show(
            app,
            match self.next {
                Some(_) => MoreHistories::NextPage,
                None => MoreHistories::None,
            },
        );
    }

    fn show(&self, app: &App, more: MoreHistories) {
        let found = FoundHistories {
            query: self.query.clone(),
            cards: self.cards.as_slice().into(),
            more,
        };
        emit(app, HistoryEvent::Found(found));
    }
}

/// The next page of the instances that match. The end of the store's is followed by those of other engines.
async fn search(
    app: Arc<App>,
    query: HistoryQuery,
    from: NextPage,
    wanted: Arc<AtomicBool>,
) -> Found {
    let mut found = Found {
        cards: Vec::new(),
        next: None,
        problems: Vec::new(),
    };
    let marks = match from {
        NextPage::Backends(marks) => Some(marks),
        NextPage::Store(from) => {
            let archive = app.conductor.engine().archive().clone();
            let searched = query.clone();
            let stored = spawn_blocking(move || page(&archive, &searched, from, &wanted)).await;
            match stored {
                Ok(Ok((cards, next))) => {
                    found.cards = cards;
                    found.next = next.map(|next| NextPage::Store(Some(next)));
                }
                Ok(Err(error)) => found.problems.push(error.to_string()),
                // The store made the reader panic.
                Err(_) => found
                    .problems
                    .push("The store cannot be searched.".to_owned()),
            }
            match found.next {
                Some(_) => None,
                None => BackendMarks::begin(&app),
            }
        }
    };
    if let Some(marks) = marks {
        let others = backend_histories::page(app, query, marks).await;
        found.cards.extend(others.cards);
        found.problems.extend(others.problems);
        found.next = others.next.map(NextPage::Backends);
    }
    found
}

/// The next page of the instances of the store that match, newest first.
fn page(
    archive: &Archive,
    query: &HistoryQuery,
    mut from: Option<PageToken>,
    wanted: &AtomicBool,
) -> Result<(Vec<HistoryCard>, Option<PageToken>), StoreError> {
    let mut cards = Vec::new();
    let most = match query.words.is_empty() {
        true => PAGE,
        false => COMPARE_AT_ONCE,
    };
    while wanted.load(Ordering::Relaxed) {
        let page = archive.search(&query.search, from, most)?;
        let matching = page.instances.iter().filter(|found| query.matches(found));
        cards.extend(matching.map(HistoryCard::from));
        from = page.next;
        if from.is_none() || cards.len() >= PAGE {
            break;
        }
    }
    Ok((cards, from))
}
