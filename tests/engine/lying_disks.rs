//! A disk that returns wrong data: a flipped bit, an old page, another page. The store returns correct data
//! or reports damage.

use fermata::engine::*;

use crate::{
    disk::{Disk, Lie},
    seed::{count, seed_of},
};

/// How many instances there are, each with as many events.
const INSTANCES: u64 = 6;
const EVENTS: u64 = 40;

fn on(disk: &Disk) -> Result<RedbStore, StoreError> {
    let disk = disk.clone();
    RedbStore::on(move || Ok(disk.clone()))
}

/// The n-th event of every instance.
fn step(n: u64) -> Batch {
    let event = |key: u64| Event {
        id: EventId(n),
        at: Timestamp(1_000 * n),
        kind: EventKind::EventRaised {
            name: "hall".into(),
            input: Payload::encode(&format!("{key} {n} {}", "x".repeat(100))).unwrap(),
            from: None,
            request: None,
        },
    };
    let summary = |key: u64| {
        let id = InstanceId::new(format!("instance-{key}")).unwrap();
        let mut summary = InstanceSummary::new(id, "work");
        let shard = (key % 2).to_string();
        summary.tags.insert("shard".into(), shard);
        summary.custom_status = Some(Payload::encode(&n).unwrap());
        summary
    };
    let keys = || (1..=INSTANCES).map(InstanceKey);
    Batch {
        histories: keys().map(|key| (key, vec![event(key.0)])).collect(),
        summaries: keys().map(|key| (key, summary(key.0))).collect(),
        relations: keys().map(|key| (key, InstanceKey(key.0 + 1))).collect(),
        ..Batch::default()
    }
}

/// The answers of a store; `None`: it reports damage.
type Answers = Vec<Option<String>>;

fn answers(store: &RedbStore) -> Answers {
    fn text<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> Option<String> {
        answer.ok().map(|answer| format!("{answer:?}"))
    }
    let mut answers = vec![
        text(store.page(None, 100)),
        text(store.open_instances()),
        text(
            store
                .opening()
                .and_then(|opening| match opening.damaged.first() {
                    None => Ok(opening),
                    Some(error) => Err(error.clone()),
                }),
        ),
    ];
    for key in (1..=INSTANCES).map(InstanceKey) {
        let id = InstanceId::new(format!("instance-{}", key.0)).unwrap();
        answers.push(text(store.find(&id)));
        answers.push(text(store.runs(&id)));
        answers.push(text(store.summary(key)));
        answers.push(text(store.history(key, EventId(0))));
        answers.push(text(store.history(key, EventId(EVENTS / 2))));
        answers.push(text(store.relations(key)));
        let by_name = Search {
            id_prefix: Some(id.as_str().to_owned()),
            ..Search::default()
        };
        answers.push(text(store.search(&by_name, None, 9)));
    }
    for status in [Status::Pending, Status::Running, Status::Completed] {
        let status = Some(status);
        let search = Search {
            status,
            ..Search::default()
        };
        answers.push(text(store.search(&search, None, 9)));
    }
    let search = Search {
        workflow: Some("work".into()),
        tags: vec![("shard".into(), "1".into())],
        ..Search::default()
    };
    answers.push(text(store.search(&search, None, 9)));
    let mut open = Vec::new();
    let each = store.each_open(&mut |key, instance| {
        open.push((key, instance.ok().map(|instance| format!("{instance:?}"))));
    });
    answers.push(text(each.map(|()| open.len())));
    answers.extend(open.into_iter().map(|(_, instance)| instance));
    answers.push(text(store.verify()).filter(|_| store.verify().is_ok_and(|v| v.is_whole())));
    answers
}

/// Where a store says something, it is the truth. Says how often it said nothing.
fn check(said: &Answers, truth: &Answers, place: &str) -> usize {
    if said.len() != truth.len() {
        // Only where it says that it cannot list them all.
        assert!(said.contains(&None), "{place}: instances are missing");
        return 1;
    }
    for (said, truth) in said.iter().zip(truth) {
        assert!(
            said.is_none() || said == truth,
            "{place}: {said:?} for {truth:?}"
        );
    }
    said.iter().filter(|said| said.is_none()).count()
}

/// A disk with a store, and its content.
fn with_a_store() -> (Disk, Answers) {
    let disk = Disk::default();
    let store = on(&disk).unwrap();
    for n in 0..EVENTS {
        store.commit(&step(n)).unwrap();
    }
    let truth = answers(&store);
    assert!(!truth.contains(&None));
    drop(store);
    (disk, truth)
}

fn seeds() -> impl Iterator<Item = u64> {
    (0..count(20)).map(|n| seed_of(u64::from(n) * 1_000))
}

fn check_lies(lies: impl Fn(u64) -> Lie) {
    let (whole, truth) = with_a_store();
    let (mut lied, mut refused) = (0, 0);
    for nth in 1.. {
        let disk = whole.duplicate();
        disk.lie(nth, lies(nth));
        let place = format!("read {nth}, {:?}", lies(nth));
        match on(&disk) {
            Ok(store) => refused += check(&answers(&store), &truth, &place),
            Err(_) => refused += 1,
        }
        lied += u32::from(disk.has_lied());
        if disk.reads() < whole.reads() + nth {
            break;
        }
    }
    assert!(lied > 5 && refused > 0, "{lied} lies, {refused} refused");
}

#[test]
fn a_flipped_bit_is_never_shown_as_history() {
    for seed in seeds() {
        check_lies(|nth| Lie::Flipped(seed.wrapping_add(nth)));
    }
}

#[test]
fn an_old_page_is_never_shown_as_history() {
    check_lies(|_| Lie::Stale);
}

#[test]
fn another_page_is_never_shown_as_history() {
    for seed in seeds() {
        check_lies(|nth| Lie::Misdirected(seed.wrapping_add(nth)));
    }
}
