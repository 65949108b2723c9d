//! Watches for ports that come and go.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, Thread},
};
#[cfg(all(target_os = "linux", not(feature = "jack")))]
use std::{os::unix::net::UnixStream, time::Duration};

use tokio::sync::watch;

#[cfg(all(target_os = "linux", not(feature = "jack")))]
use super::announcements::Announcements;
use super::{PortFinder, PortNames};
use crate::music::device_search::DeviceSearch;

/// A device announces several ports in a row: time to collect them.
#[cfg(all(target_os = "linux", not(feature = "jack")))]
const SETTLE: Duration = Duration::from_millis(10);

/// A watch on the ports of the system, with a thread of its own. Dropping it ends the watch.
pub struct PortWatch {
    names: watch::Receiver<Arc<PortNames>>,
    ended: Arc<AtomicBool>,
    thread: Option<Thread>,
    /// Closing it wakes the thread while that waits for announcements.
    #[cfg(all(target_os = "linux", not(feature = "jack")))]
    _closer: Option<UnixStream>,
}

impl PortWatch {
    /// Lists the ports for the first time and starts the watch.
    pub fn start() -> Self {
        let mut finder = PortFinder::default();
        let (publisher, names) = watch::channel(Arc::new(finder.list()));
        let ended = Arc::new(AtomicBool::new(false));
        #[cfg(all(target_os = "linux", not(feature = "jack")))]
        let (closer, end) = UnixStream::pair().ok().unzip();
        let mut watcher = Watcher {
            finder,
            names: publisher,
            ended: Arc::clone(&ended),
            #[cfg(all(target_os = "linux", not(feature = "jack")))]
            end,
        };
        // Without the thread, changes are not noticed; everything else works.
        let thread = thread::Builder::new()
            .name("fermata-ports".into())
            .spawn(move || watcher.watch());
        Self {
            names,
            ended,
            thread: thread.ok().map(|thread| thread.thread().clone()),
            #[cfg(all(target_os = "linux", not(feature = "jack")))]
            _closer: closer,
        }
    }

    /// The ports and every change of them.
    pub fn subscribe(&self) -> watch::Receiver<Arc<PortNames>> {
        self.names.clone()
    }
}

impl Drop for PortWatch {
    fn drop(&mut self) {
        self.ended.store(true, Relaxed);
        if let Some(thread) = &self.thread {
            thread.unpark();
        }
    }
}

/// The watching thread.
struct Watcher {
    finder: PortFinder,
    names: watch::Sender<Arc<PortNames>>,
    ended: Arc<AtomicBool>,
    #[cfg(all(target_os = "linux", not(feature = "jack")))]
    end: Option<UnixStream>,
}

impl Watcher {
    fn watch(&mut self) {
        let changed = Arc::new(AtomicBool::new(false));
        let mut search = search(Arc::clone(&changed));
        while !self.ended.load(Relaxed) {
            #[cfg(all(target_os = "linux", not(feature = "jack")))]
            if let Some(end) = self.end.take() {
                if let Some(announcements) = Announcements::open() {
                    self.listen(announcements, &end);
                    search.begin_anew();
                }
                self.end = Some(end);
                if self.ended.load(Relaxed) {
                    return;
                }
            }
            self.compare();
            thread::park_timeout(search.interval());
            if changed.swap(false, Relaxed) {
                search.begin_anew();
            }
        }
    }

    /// Follows the announcements until they end.
    #[cfg(all(target_os = "linux", not(feature = "jack")))]
    fn listen(&mut self, mut announcements: Announcements, end: &UnixStream) {
        // Changes before the subscription.
        self.compare();
        while !self.ended.load(Relaxed) {
            let Some(mut changed) = announcements.wait(None, end) else {
                return;
            };
            if changed.is_empty() {
                continue;
            }
            let mut more = || announcements.wait(Some(SETTLE), end);
            while let Some(more) = more().filter(|more| !more.is_empty()) {
                changed.extend(more);
            }
            let mut changes = self.names.borrow().changes.clone();
            for name in changed {
                *changes.entry(name).or_default() += 1;
            }
            self.publish(changes);
        }
    }

    /// Compares the ports with the previous list.
    fn compare(&mut self) {
        let before = self.names.borrow().clone();
        let now = self.finder.list();
        let mut changes = before.changes.clone();
        let before_names: HashSet<&String> = before.outputs.iter().chain(&before.inputs).collect();
        let now_names: HashSet<&String> = now.outputs.iter().chain(&now.inputs).collect();
        for name in now_names.difference(&before_names) {
            *changes.entry((*name).clone()).or_default() += 1;
        }
        self.publish(changes);
    }

    fn publish(&mut self, changes: HashMap<String, u64>) {
        let now = PortNames {
            changes,
            ..self.finder.list()
        };
        self.names.send_if_modified(|before| {
            let differs = now.differs(before);
            if differs {
                log_changes(before, &now);
                *before = Arc::new(now);
            }
            differs
        });
    }
}

/// The search for the sequencer, which wakes this thread.
#[cfg(all(target_os = "linux", not(feature = "jack")))]
fn search(changed: Arc<AtomicBool>) -> DeviceSearch {
    let searcher = thread::current();
    DeviceSearch::new(move || {
        changed.store(true, Relaxed);
        searcher.unpark();
    })
}

/// Nothing shows what ports come and go.
#[cfg(not(all(target_os = "linux", not(feature = "jack"))))]
fn search(_: Arc<AtomicBool>) -> DeviceSearch {
    DeviceSearch::often()
}

fn log_changes(before: &PortNames, now: &PortNames) {
    let lists = [
        ("output", &before.outputs, &now.outputs),
        ("input", &before.inputs, &now.inputs),
    ];
    for (kind, before, now) in lists {
        for port in now.iter().filter(|port| !before.contains(port)) {
            tracing::info!(kind, port, "MIDI port found");
        }
        for port in before.iter().filter(|port| !now.contains(port)) {
            tracing::warn!(kind, port, "MIDI port lost");
        }
    }
}
