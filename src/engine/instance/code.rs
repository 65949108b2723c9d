//! The code of an instance, on the one thread on which it can run.

use std::thread::{self, ThreadId};

use fragile::Sticky;

use crate::engine::turn::Run;

/// The half-way run of a workflow function. Workflow code may hold what cannot leave its thread, so
/// the run stays there, whatever thread the instance is on.
pub(in crate::engine) struct Code {
    run: Sticky<Run>,
    thread: ThreadId,
}

impl Code {
    /// Code of the present thread.
    pub fn new(run: Run) -> Self {
        Self {
            run: Sticky::new(run),
            thread: thread::current().id(),
        }
    }

    /// The thread on which it can run, and on which it has to be dropped.
    pub fn thread(&self) -> ThreadId {
        self.thread
    }

    /// Whether that is the present thread.
    pub fn is_here(&self) -> bool {
        self.run.is_valid()
    }

    /// Looks at it; `None` on another thread.
    pub fn read<T>(&self, look: impl FnOnce(&Run) -> T) -> Option<T> {
        self.run.try_with(look).ok()
    }

    /// Lets it go on; `None` on another thread.
    pub fn run<T>(&mut self, act: impl FnOnce(&mut Run) -> T) -> Option<T> {
        self.run.try_with_mut(act).ok()
    }
}
