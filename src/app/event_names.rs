//! The names of events that instances of other engines take: their own code tells them, if it runs.

use std::{sync::Arc, time::Duration};

use tokio::{runtime::Handle, time::timeout};

use super::{answers::Answers, application::App};
use crate::engine::InstanceId;

/// How long a worker may take to answer. Without an answer a name is typed.
const PATIENCE: Duration = Duration::from_secs(3);

/// The instance whose events the window asks for.
pub(super) type EventNames = Answers<InstanceId, Arc<[Arc<str>]>>;

/// The names of the events that an instance takes, as far as they are known.
pub(super) fn event_names(app: &Arc<App>, instance: &InstanceId) -> Option<Arc<[Arc<str>]>> {
    EventNames::ask(
        app,
        |app| &app.event_names,
        instance,
        |app, instance| Some(ask(app, instance).unwrap_or_default().into()),
    )
}

/// Runs on a thread that may block.
fn ask(app: &App, instance: &InstanceId) -> Option<Vec<Arc<str>>> {
    let backend = app.backends.of(instance)?;
    let answer = timeout(PATIENCE, backend.event_names(instance));
    Handle::try_current().ok()?.block_on(answer).ok()?.ok()
}
