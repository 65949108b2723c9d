//! Temporal: its events, and their translation.
//!
//! | file | contents |
//! |---|---|
//! | this one | exported histories, and how a server is attached |
//! | `address` | where a server is, and how it is reached |
//! | `backend` | a namespace as a backend: search, history, commands |
//! | `client`, `calls` | the calls of a server |
//! | `visibility` | what is asked of the server's list of runs |
//! | `history` | whole histories of runs |
//! | `follow` | what happens from now on |
//! | `run`, `fold` | a run as far as it was read, and its summary |
//! | `wire` | the messages of the protocol |
//! | `event_type` | the types of events, by number and name |
//! | `event` | an event as its JSON |
//! | `payload`, `failure` | data and errors in events |
//! | `translator` | the events of a run, one after the other |
//! | `translate` | each type of event |

mod address;
mod backend;
mod calls;
mod client;
mod event;
mod event_type;
mod failure;
mod fold;
mod follow;
mod history;
mod payload;
mod run;
#[cfg(test)]
mod tests;
mod translate;
mod translator;
mod visibility;
mod wire;

use std::sync::Arc;

use serde_json::Value;

use super::{
    Backend, BackendError,
    history_file::{HistoryFileError, Private},
    imported::{Imported, SourceEngine},
};
pub use address::{BackendAddress, Tls};
use event::{TemporalEvent, in_order_of_time};
use event_type::EventType;
use translator::{Ids, Translator};

/// Reads an exported history.
pub(super) fn history(
    events: Vec<Value>,
    name: &str,
    private: Private,
) -> Result<Imported, HistoryFileError> {
    let engine = SourceEngine::Temporal;
    let events = events.into_iter().zip(1..).map(|(event, place)| {
        TemporalEvent::read(event, private).map_err(|reason| HistoryFileError::Event {
            engine,
            place,
            reason,
        })
    });
    let mut events = events.collect::<Result<Vec<_>, _>>()?;
    // Temporal's web page used to write the last one first.
    events.sort_by_key(|event| event.id);
    match events.first() {
        None => return Err(HistoryFileError::Empty(engine)),
        Some(first) if first.event_type == EventType::WorkflowExecutionStarted => {}
        Some(_) => {
            return Err(HistoryFileError::NoStart {
                engine,
                expected: EventType::WorkflowExecutionStarted.name(),
            });
        }
    }
    let mut translator = Translator::new(Ids::plain(), name);
    for event in in_order_of_time(events) {
        let place = usize::try_from(event.id).unwrap_or(usize::MAX);
        translator
            .translate(&event)
            .map_err(|reason| HistoryFileError::Event {
                engine,
                place,
                reason,
            })?;
    }
    Ok(translator.finish())
}

/// Attaches a backend. It has answered once when this returns.
///
/// # Errors
///
/// [`BackendError::Unreachable`]: nothing answers there. [`BackendError::Refused`]: the server wants another
/// key or certificate, or has no such namespace.
pub async fn attach(address: &BackendAddress) -> Result<Arc<dyn Backend>, BackendError> {
    Ok(Arc::new(backend::TemporalBackend::attach(address).await?))
}
