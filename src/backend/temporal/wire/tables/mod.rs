//! The messages and enumerations of events: the number, name and type of each field.
//!
//! | file | contents |
//! |---|---|
//! | `event` | an event |
//! | `workflow`, `tasks`, `external` | the fields of each type of event |
//! | `common` | messages within them |
//! | `enums` | enumerations within them |

mod common;
mod enums;
mod event;
mod external;
mod tasks;
mod workflow;

pub(super) use common::FAILURE;
pub(super) use event::HISTORY_EVENT;
