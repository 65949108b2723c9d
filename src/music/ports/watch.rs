//! Notices that ports come and go.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, Thread},
    time::Duration,
};

use tokio::sync::watch;

#[cfg(all(target_os = "linux", not(feature = "jack")))]
use super::announcements::Announcements;
use super::{PortFinder, PortNames};

/// How often it is looked where nobody announces anything.
const LOOK: Duration = Duration::from_secs(1);
/// How often the thread asks whether it shall end while it listens to announcements.
#[cfg(all(target_os = "linux", not(feature = "jack")))]
const TURN: Duration = Duration::from_millis(250);
/// A device announces several ports, one after the other: time to hear them all.
#[cfg(all(target_os = "linux", not(feature = "jack")))]
const SETTLE: Duration = Duration::from_millis(10);

/// Watches the ports of the system on a thread of its own. Dropping it ends the watch.
pub struct PortWatch {
    names: watch::Receiver<Arc<PortNames>>,
    ended: Arc<AtomicBool>,
    thread: Option<Thread>,
}

impl PortWatch {
    /// Looks for the first time, then begins to watch.
    pub fn start() -> Self {
        let mut finder = PortFinder::default();
        let (tell, names) = watch::channel(Arc::new(finder.list()));
        let ended = Arc::new(AtomicBool::new(false));
        let mut round = Round {
            finder,
            tell,
            ended: Arc::clone(&ended),
        };
        // Without a thread nothing that comes or goes is noticed; all else works.
        let thread = thread::Builder::new()
            .name("fermata-ports".into())
            .spawn(move || round.watch());
        Self {
            names,
            ended,
            thread: thread.ok().map(|thread| thread.thread().clone()),
        }
    }

    /// The ports that there are, and every change of them.
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

/// The thread's work.
struct Round {
    finder: PortFinder,
    tell: watch::Sender<Arc<PortNames>>,
    ended: Arc<AtomicBool>,
}

impl Round {
    fn watch(&mut self) {
        while !self.ended.load(Relaxed) {
            #[cfg(all(target_os = "linux", not(feature = "jack")))]
            if let Some(announcements) = Announcements::open() {
                self.listen(announcements);
                continue;
            }
            self.look();
            thread::park_timeout(LOOK);
        }
    }

    /// Follows the announcements until they end.
    #[cfg(all(target_os = "linux", not(feature = "jack")))]
    fn listen(&mut self, mut announcements: Announcements) {
        // What came before anybody listened.
        self.look();
        while !self.ended.load(Relaxed) {
            let Some(mut changed) = announcements.wait(TURN) else {
                return;
            };
            if changed.is_empty() {
                continue;
            }
            while let Some(more) = announcements.wait(SETTLE).filter(|more| !more.is_empty()) {
                changed.extend(more);
            }
            let mut changes = self.tell.borrow().changes.clone();
            for name in changed {
                *changes.entry(name).or_default() += 1;
            }
            self.tell(changes);
        }
    }

    /// Compares what is there with what was there.
    fn look(&mut self) {
        let before = self.tell.borrow().clone();
        let now = self.finder.list();
        let mut changes = before.changes.clone();
        let was_there: HashSet<&String> = before.outputs.iter().chain(&before.inputs).collect();
        let there: HashSet<&String> = now.outputs.iter().chain(&now.inputs).collect();
        for name in there.difference(&was_there) {
            *changes.entry((*name).clone()).or_default() += 1;
        }
        self.tell(changes);
    }

    fn tell(&mut self, changes: HashMap<String, u64>) {
        let now = PortNames {
            changes,
            ..self.finder.list()
        };
        self.tell.send_if_modified(|before| {
            let differs = now.differs(before);
            if differs {
                *before = Arc::new(now);
            }
            differs
        });
    }
}
