//! Indexed search gives the same results as a full scan.

use super::*;
use crate::engine::{Runs, store::scan};

/// Deterministic random numbers.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        crate::engine::retry::split_mix(&mut self.0) % limit
    }
}

/// The highest key: several groups of the index of times.
const KEYS: u64 = 1_000;

const STATUSES: [Status; 5] = [
    Status::Running,
    Status::Suspended,
    Status::Completed,
    Status::Failed,
    Status::Canceled,
];

fn drawn(numbers: &mut Numbers, key: u64) -> InstanceSummary {
    let status = STATUSES[numbers.below(5) as usize];
    let tags = (0..numbers.below(3)).map(|n| {
        let value = format!("v{}", numbers.below(3));
        (format!("t{n}"), value)
    });
    let tags = tags.collect();
    let started = 1_000 * key + numbers.below(5_000);
    InstanceSummary {
        workflow: format!("w{}", numbers.below(3)),
        status,
        tags,
        started_at: Timestamp(started),
        closed_at: status
            .is_closed()
            .then(|| Timestamp(started + numbers.below(9_000))),
        ..summary(
            &format!("{}-{}", numbers.below(4), numbers.below(30)),
            status,
        )
    }
}

fn drawn_search(numbers: &mut Numbers) -> Search {
    let some = |numbers: &mut Numbers| numbers.below(3) == 0;
    let mut search = Search::default();
    if some(numbers) {
        search.workflow = Some(format!("w{}", numbers.below(4)));
    }
    if some(numbers) {
        search.status = Some(STATUSES[numbers.below(5) as usize]);
    }
    if some(numbers) {
        search.statuses = vec![
            STATUSES[numbers.below(5) as usize],
            STATUSES[numbers.below(5) as usize],
        ];
    }
    for tag in 0..numbers.below(3) {
        if some(numbers) {
            let value = format!("v{}", numbers.below(4));
            search.tags.push((format!("t{tag}"), value));
        }
    }
    if some(numbers) {
        search.id_prefix = Some(["", "1", "1-2", "3-", "x"][numbers.below(5) as usize].into());
    }
    if some(numbers) {
        search.closed_since = Some(Timestamp(numbers.below(KEYS * 1_100)));
    }
    if some(numbers) {
        search.closed_before = Some(Timestamp(numbers.below(KEYS * 1_100)));
    }
    if some(numbers) {
        search.since = Some(Timestamp(numbers.below(KEYS * 1_100)));
    }
    if some(numbers) {
        search.before = Some(Timestamp(numbers.below(KEYS * 1_100)));
    }
    if some(numbers) {
        search.runs = Runs::Latest;
    }
    search
}

#[test]
fn indexed_search_finds_the_same_as_a_full_scan() {
    let store = RedbStore::in_memory().unwrap();
    let mut numbers = Numbers(5);
    for round in 0..1_000 {
        // Some are new, some change, some are purged.
        let summaries = (0..4).map(|_| {
            let key = 1 + numbers.below(KEYS);
            let known = store.summary(InstanceKey(key)).unwrap();
            let new = drawn(&mut numbers, key);
            let id = known.map_or(new.id.clone(), |known| known.id);
            (InstanceKey(key), InstanceSummary { id, ..new })
        });
        let mut batch = Batch {
            summaries: summaries.collect(),
            ..Batch::default()
        };
        batch.summaries.sort_by_key(|(key, _)| *key);
        batch.summaries.dedup_by_key(|(key, _)| *key);
        if round % 3 == 0 {
            batch.purged.push(InstanceKey(1 + numbers.below(KEYS)));
        }
        store.commit(&batch).unwrap();
    }
    let verified = store.verify().unwrap();
    assert!(verified.is_whole(), "{:?}", verified.damage);
    let mut found = 0;
    for _ in 0..500 {
        let search = drawn_search(&mut numbers);
        let before = (numbers.below(2) == 0).then(|| InstanceKey(numbers.below(KEYS + 10)));
        let most = numbers.below(30) as usize;
        let by_tables = store.search(&search, before, most).unwrap();
        let by_each = scan::search(&store, &search, before, most).unwrap();
        assert_eq!(by_tables, by_each, "{search:?} {before:?} {most}");
        found += by_tables.len();
        let statuses = search.statuses.clone();
        assert_eq!(
            store.count(&statuses).unwrap(),
            scan::count(&store, &statuses).unwrap()
        );
        let purge = match numbers.below(3) {
            0 => Purge::Search(search),
            1 => Purge::Oldest { kept: 0, statuses },
            _ => Purge::ClosedBefore(Timestamp(numbers.below(KEYS * 1_100)), search.status),
        };
        assert_eq!(slices(&store, &purge), whole(&store, &purge), "{purge:?}");
    }
    assert!(found > 500, "{found}");
}

/// All instances that a purge removes, in slices of three.
fn slices(store: &RedbStore, purge: &Purge) -> Vec<u64> {
    let mut keys = Vec::new();
    let mut after = None;
    loop {
        let slice = store.purgeable(purge, after, 3).unwrap();
        keys.extend(slice.iter().map(|one| one.key.0));
        match slice.last() {
            Some(last) if slice.len() == 3 => after = Some(*last),
            _ => break,
        }
    }
    keys.sort_unstable();
    keys
}

/// The same by a full scan.
fn whole(store: &RedbStore, purge: &Purge) -> Vec<u64> {
    let all = store.page(None, usize::MAX).unwrap();
    let mut keys: Vec<_> = all
        .into_iter()
        .filter(|(key, summary)| match purge {
            Purge::Search(search) if search.runs == Runs::Latest => {
                purge.selects(summary) && store.find(&summary.id).unwrap() == Some(*key)
            }
            _ => purge.selects(summary),
        })
        .map(|(key, _)| key.0)
        .collect();
    keys.sort_unstable();
    keys
}

#[test]
fn an_empty_page_is_not_the_last_and_pages_are_stable() {
    let store = Arc::new(RedbStore::in_memory().unwrap());
    let archive = crate::engine::Archive::new(Arc::clone(&store) as Arc<dyn Store>);
    for key in 1..=20 {
        store.commit(&instance(key, &format!("i{key}"), 1)).unwrap();
    }
    let all = Search::default();
    let none = archive.search(&all, None, 0).unwrap();
    assert!(none.instances.is_empty());
    let mut mark = none.next;
    assert!(mark.is_some());
    let mut ids = Vec::new();
    while mark.is_some() {
        let page = archive.search(&all, mark, 6).unwrap();
        mark = page.next;
        ids.extend(page.instances.iter().map(|one| one.id.to_string()));
        // The last of the page goes, and a new one comes.
        let key = 100 + ids.len() as u64;
        let mut batch = instance(key, &format!("new{key}"), 1);
        batch.purged.push(InstanceKey(21 - ids.len() as u64));
        store.commit(&batch).unwrap();
    }
    let expected: Vec<_> = (1..=20).rev().map(|key| format!("i{key}")).collect();
    assert_eq!(ids, expected);
}

#[test]
fn long_histories_and_earlier_runs_are_read_page_by_page() {
    let store = Arc::new(RedbStore::in_memory().unwrap());
    let archive = crate::engine::Archive::new(Arc::clone(&store) as Arc<dyn Store>);
    for run in 1..=3 {
        let mut batch = instance(u64::from(run), "again", 200 * u64::from(run));
        batch.summaries[0].1.run = run;
        store.commit(&batch).unwrap();
    }
    let again = id("again");
    let runs: Vec<_> = archive.run_summaries(&again).unwrap();
    let runs: Vec<_> = runs
        .iter()
        .map(|run| (run.run, run.head.unwrap().events))
        .collect();
    assert_eq!(runs, [(1, 200), (2, 400), (3, 600)]);
    for most in [1, 7, 64, 128, 599, 600, 1_000] {
        let mut whole = Vec::new();
        loop {
            let from = EventId(whole.len() as u64);
            let page = archive.history_page(&again, from, most).unwrap();
            assert!(page.len() <= most);
            if page.is_empty() {
                break;
            }
            whole.extend(page);
        }
        assert_eq!(whole, history(0..600), "pages of {most}");
    }
    assert_eq!(archive.history_page(&again, EventId(5), 0).unwrap(), []);
    let second = archive.history_of_run(&again, 2, EventId(390), 50).unwrap();
    assert_eq!(second, history(390..400));
    assert!(archive.history_of_run(&again, 4, EventId(0), 50).is_err());
}
