//! Waits for events by name.

use super::operation::Fits;
use crate::engine::{Timestamp, command::OperationId};

/// A wait for an event by its name.
pub(super) struct Wait {
    pub name: String,
    pub operation: OperationId,
    pub fits: Fits,
    pub since: Timestamp,
    /// When it times out.
    pub until: Option<Timestamp>,
}

/// Event names are case-insensitive.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    a == b
        || (a.len() == b.len() && a.eq_ignore_ascii_case(b))
        || a.to_lowercase() == b.to_lowercase()
}
