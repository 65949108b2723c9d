//! `kill -9` at any moment: the state that a process leaves, as seen from outside.

#[path = "../common/mod.rs"]
mod common;
#[cfg(all(target_os = "linux", feature = "instrument"))]
mod performance;
mod player;
#[cfg(target_os = "linux")]
mod power;
#[cfg(target_os = "linux")]
mod power_cuts;

use common::seed::{self, split_mix};

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use fermata::engine::*;

/// How long it is tried to kill processes that have begun something.
const PATIENCE: Duration = Duration::from_secs(300);

/// A piece of work: its instance, and the event that asked for it.
type Work = (String, u64);

/// What the store and the diary had when they were last looked at.
#[derive(Default)]
struct Seen {
    histories: BTreeMap<InstanceId, Vec<Event>>,
    /// How many bytes of the diary.
    diary: usize,
    done: HashSet<Work>,
    closed: HashSet<Work>,
    /// How often each was started in the history.
    failed: HashMap<Work, u32>,
}

impl Seen {
    /// How many instances there are.
    fn begun(&self) -> usize {
        self.histories.len()
    }

    fn look(&mut self, place: &Path) {
        let closed_before = self.closed.clone();
        let failed_before = self.failed.clone();
        self.read_store(place);
        let diary = fs::read_to_string(player::diary_path(place)).unwrap_or_default();
        for line in diary[self.diary..].lines() {
            let mut words = line.split(' ');
            let mut word = || words.next().unwrap();
            let work = (word().to_owned(), word().parse().unwrap());
            let attempt: u32 = word().parse().unwrap();
            match word() {
                "done" => {
                    self.done.insert(work);
                }
                _ => {
                    assert!(!closed_before.contains(&work), "done before: {line}");
                    let failed = failed_before.get(&work).copied().unwrap_or(0);
                    assert!(attempt > failed, "this attempt failed before: {line}");
                    assert!(
                        self.has_started(&work, attempt),
                        "not in the history: {line}"
                    );
                }
            }
        }
        self.diary = diary.len();
        for (id, history) in &self.histories {
            for event in history {
                if let EventKind::TaskCompleted { scheduled, .. } = event.kind {
                    let work = (id.to_string(), scheduled.0);
                    assert!(self.done.contains(&work), "{work:?} was never done");
                }
            }
        }
    }

    fn has_started(&self, (id, scheduled): &Work, attempt: u32) -> bool {
        let started = EventKind::TaskStarted {
            scheduled: EventId(*scheduled),
            attempt,
        };
        let history = self.histories.get(&InstanceId::new(id).unwrap());
        history.is_some_and(|history| history.iter().any(|event| event.kind == started))
    }

    fn read_store(&mut self, place: &Path) {
        // Whoever looks writes nothing: the next process finds what the last one left.
        let store = match RedbStore::open_read_only(&player::store_path(place)) {
            Err(StoreError::Missing(_)) => return,
            store => store.unwrap(),
        };
        let archive = Archive::new(Arc::new(store));
        for summary in archive.list().unwrap() {
            let id = summary.id;
            let history = archive.history(&id).unwrap();
            let before = self.histories.get(&id).map_or(&[][..], Vec::as_slice);
            assert!(history.starts_with(before), "{id:?} was rewritten");
            for event in &history[before.len()..] {
                match &event.kind {
                    EventKind::TaskCompleted { scheduled, .. } => {
                        assert!(self.closed.insert((id.to_string(), scheduled.0)));
                    }
                    // An attempt that the kill has interrupted is made again.
                    EventKind::TaskFailed { failure, .. }
                        if failure.error_type == Failure::INTERRUPTED => {}
                    EventKind::TaskFailed {
                        scheduled, attempt, ..
                    } => {
                        self.failed.insert((id.to_string(), scheduled.0), *attempt);
                    }
                    _ => {}
                }
            }
            self.histories.insert(id, history);
        }
        for id in self.histories.keys() {
            assert!(archive.summary(id).is_ok(), "{id:?} is missing");
        }
    }
}

/// This program again, as the process that is killed.
fn process(place: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "the_process_that_is_killed", "--nocapture"])
        .env(player::PLACE, place)
        .stdout(Stdio::null());
    command
}

fn begin(place: &Path, last: bool) -> Child {
    let mut command = process(place);
    if last {
        command.env(player::LAST, "yes");
    }
    command.spawn().unwrap()
}

/// Plays only where [`player::PLACE`] says so.
#[test]
fn the_process_that_is_killed() {
    if let Some(place) = std::env::var_os(player::PLACE) {
        player::play(Path::new(&place));
    }
}

/// As many as `FERMATA_KILL_ROUNDS` says.
fn rounds(usually: usize) -> usize {
    let rounds = std::env::var("FERMATA_KILL_ROUNDS").ok();
    rounds
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(usually)
}

/// As many rounds as `FERMATA_KILL_ROUNDS` says, or 50.
#[test]
fn a_kill_at_any_moment_loses_and_repeats_nothing() {
    if std::env::var_os(player::PLACE).is_some() {
        return;
    }
    let rounds = rounds(50);
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let mut seen = Seen::default();
    let mut chance = seed::seed();
    let begun = Instant::now();
    let mut round = 0;
    // A busy machine kills some processes before they have begun anything: then more are killed.
    while round < rounds || (seen.begun() < rounds / 2 && begun.elapsed() < PATIENCE) {
        round += 1;
        let mut process = begin(place, false);
        std::thread::sleep(Duration::from_millis(10 + split_mix(&mut chance) % 250));
        process.kill().unwrap();
        let end = process.wait().unwrap();
        assert_eq!(end.code(), None, "it ended before it was killed");
        seen.look(place);
    }
    assert!(begin(place, true).wait().unwrap().success());
    seen.look(place);
    check_ends(place, rounds);
}

/// Everything that was begun has ended as it should.
fn check_ends(place: &Path, rounds: usize) {
    let archive = Archive::new(Arc::new(
        RedbStore::open(&player::store_path(place)).unwrap(),
    ));
    let all = archive.list().unwrap();
    assert!(
        all.len() >= rounds / 2,
        "only {} instances in {rounds} rounds",
        all.len()
    );
    let open = archive.open_instances().unwrap();
    assert!(open.is_empty(), "{open:?}");
    for (workflow, result) in player::WORKFLOWS {
        let roots = all.iter().filter(|instance| instance.workflow == workflow);
        for instance in roots {
            let generation = instance.id.as_str().rsplit('-').next().unwrap();
            let expected = Payload::encode(&result(generation.parse().unwrap())).unwrap();
            assert_eq!(instance.output, Some(expected), "{instance:?}");
        }
    }
}
