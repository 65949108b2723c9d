//! Functions that a score defines.

use std::sync::Arc;

use crate::score::{source::Entry, task::Task};

/// A function in `use.functions`.
pub(super) enum Function {
    /// It has not been read yet.
    Unread(Entry),
    /// It is being read: a call of it now is a recursion.
    BeingRead,
    /// It has been read. `None`: it has errors.
    Read(Option<Arc<Task>>),
}
