//! How late the machine wakes a sleeping thread. Real-time promises are tested relative to that, because on a
//! busy machine every thread is late.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Sleeps repeatedly while something else is measured.
pub struct Sleeper {
    ended: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Duration>>,
}

/// How late a sleeper woke.
#[derive(Debug, Clone, Copy)]
pub struct Lateness {
    pub median: Duration,
    pub worst: Duration,
}

impl Sleeper {
    const NAP: Duration = Duration::from_millis(5);

    pub fn start() -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&ended);
        let thread = thread::spawn(move || {
            let mut late = Vec::new();
            while late.is_empty() || !asked.load(Relaxed) {
                let begun = Instant::now();
                thread::sleep(Self::NAP);
                late.push(begun.elapsed().saturating_sub(Self::NAP));
            }
            late
        });
        Self { ended, thread }
    }

    pub fn wake(self) -> Lateness {
        self.ended.store(true, Relaxed);
        let mut late = self.thread.join().expect("it only sleeps");
        late.sort_unstable();
        Lateness {
            median: late[late.len() / 2],
            worst: late[late.len() - 1],
        }
    }
}
