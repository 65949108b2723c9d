//! The names of events that instances of other engines take: their own code tells them, if it runs. Without an
//! answer a name is typed.

use std::sync::Arc;

use super::{answers::Answers, application::App};
use crate::engine::InstanceId;

/// The instance whose events the window asks for.
pub(super) type EventNames = Answers<InstanceId, Arc<[Arc<str>]>>;

/// The names of the events that an instance takes, as far as they are known.
pub(super) fn event_names(app: &Arc<App>, instance: &InstanceId) -> Option<Arc<[Arc<str>]>> {
    EventNames::ask(
        app,
        |app| &app.event_names,
        instance,
        |app, instance| {
            let names = app.backends.event_names(instance);
            Some(names.unwrap_or_default().into())
        },
    )
}
