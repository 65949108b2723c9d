//! The run of an instance, on the thread that owns it.

use std::thread::{self, ThreadId};

use fragile::Sticky;

use crate::engine::turn::Run;

/// A run that stays on its thread. Workflow futures are not `Send`, so the run remains on the
/// thread that created it even if the instance moves.
pub(in crate::engine) struct LocalRun {
    run: Sticky<Run>,
    thread: ThreadId,
}

impl LocalRun {
    /// Binds a run to the current thread.
    pub fn new(run: Run) -> Self {
        Self {
            run: Sticky::new(run),
            thread: thread::current().id(),
        }
    }

    /// The thread on which it can be used, and on which it must be dropped.
    pub fn thread(&self) -> ThreadId {
        self.thread
    }

    /// Whether that is the current thread.
    pub fn is_here(&self) -> bool {
        self.run.is_valid()
    }

    /// Reads the run; `None` on another thread.
    pub fn read<T>(&self, read: impl FnOnce(&Run) -> T) -> Option<T> {
        self.run.try_with(read).ok()
    }

    /// Changes the run; `None` on another thread.
    pub fn change<T>(&mut self, change: impl FnOnce(&mut Run) -> T) -> Option<T> {
        self.run.try_with_mut(change).ok()
    }
}
