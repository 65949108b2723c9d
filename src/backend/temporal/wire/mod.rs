//! Temporal's protocol: the messages that are sent and received.
//!
//! | file | contents |
//! |---|---|
//! | `requests`, `answers`, `shared` | messages, by hand: only the fields that are used |
//! | `event_json` | events, as their JSON |
//! | `fields` | the fields of a message on the wire |
//! | `schema`, `tables` | the messages within events: number, name and type of each field |

pub mod answers;
mod event_json;
mod fields;
pub mod requests;
mod schema;
pub mod shared;
mod tables;

pub use event_json::{event_json, events_of_blob, failure_json};
