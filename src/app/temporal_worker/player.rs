//! Which machine plays a score.
//!
//! All voices of a score play on the same machine, to the same beat. Each machine takes work from a task queue of
//! its own, too. A score asks once, on the queue of all: whoever takes that activity plays it. When that machine
//! is lost, the score asks again.

use std::cell::RefCell;

use futures_util::future::{FutureExt, LocalBoxFuture, Shared};

use crate::engine::Failure;

/// The choice of a machine, which all voices of a score wait for together.
type Choice = Shared<LocalBoxFuture<'static, Result<String, Failure>>>;

/// The machine that plays a score.
pub(super) struct Player(RefCell<Option<Choice>>);

impl Player {
    /// The machine with this task queue, if one has been chosen.
    pub fn new(queue: Option<String>) -> Self {
        let chosen = |queue| async { Ok(queue) }.boxed_local().shared();
        Self(RefCell::new(queue.map(chosen)))
    }

    /// The choice of the machine. `choose` makes it if there is none.
    pub fn choice(
        &self,
        choose: impl FnOnce() -> LocalBoxFuture<'static, Result<String, Failure>>,
    ) -> Choice {
        let mut choice = self.0.borrow_mut();
        choice.get_or_insert_with(|| choose().shared()).clone()
    }

    /// The machine is lost. Nothing changes if another one was chosen meanwhile.
    pub fn lost(&self, choice: &Choice) {
        let mut current = self.0.borrow_mut();
        if current.as_ref().is_some_and(|now| now.ptr_eq(choice)) {
            *current = None;
        }
    }

    /// The task queue of the machine, if one is known.
    pub fn queue(&self) -> Option<String> {
        let choice = self.0.borrow().clone()?;
        // A choice that was given has not been polled.
        choice.now_or_never()?.ok()
    }
}
