//! Another engine as the place of instances: `--backend ADDRESS`.

use std::sync::Arc;

use clap::Args;
use tokio::runtime::{Builder, Runtime};

use super::{
    CliError, StoreArgs,
    source::{Access, Operated, Source},
};
use crate::{
    app::control_socket::{HistoryRequest, Operation, Outcome, SearchRequest},
    backend::{
        Backend, BackendAddress, BackendError, BackendName, Done, Imported, InstanceCommand,
        StartInstance, attach,
    },
    engine::{InstanceId, InstanceSummary},
};

/// Instances that are asked for at once.
const PAGE: usize = 500;

/// Where instances are: in a store, or in another engine.
#[derive(Debug, Args)]
pub(super) struct SourceArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Another engine in place of the store: temporal://HOST:PORT/NAMESPACE
    #[arg(long, value_name = "ADDRESS", conflicts_with = "store")]
    backend: Option<String>,
}

impl SourceArgs {
    /// Finds out where the instances are at present, or attaches the other engine.
    pub fn source(&self, access: Access) -> Result<Source, CliError> {
        match &self.backend {
            None => self.store.source(access),
            Some(address) => {
                let address = BackendAddress::parse(address)?;
                Ok(Source::Backend(Remote::attach(&address)?))
            }
        }
    }

    /// Whether another engine was named.
    pub fn is_backend(&self) -> bool {
        self.backend.is_some()
    }

    /// Says that an option cannot be used with another engine. `why` ends the sentence.
    pub fn refuse_for_backend(&self, option: &str, why: &str) -> Result<(), CliError> {
        match &self.backend {
            None => Ok(()),
            Some(_) => Err(CliError::Usage(format!(
                "{option} cannot be used with --backend: {why}"
            ))),
        }
    }
}

/// Another engine that is attached for the time of a command. Its instances have the ids that they have there.
pub(super) struct Remote {
    runtime: Runtime,
    backend: Arc<dyn Backend>,
}

impl Remote {
    pub fn attach(address: &BackendAddress) -> Result<Self, CliError> {
        let runtime = runtime()?;
        let backend = runtime.block_on(attach(address))?;
        Ok(Self { runtime, backend })
    }

    /// Instances that match a search, newest first.
    pub fn search(&self, request: &SearchRequest) -> Result<Vec<InstanceSummary>, BackendError> {
        let most = request.limit.unwrap_or(usize::MAX);
        let (mut found, mut from) = (Vec::new(), None);
        while found.len() < most {
            let wanted = PAGE.min(most - found.len());
            let page = self.backend.search(&request.search, from, wanted);
            let page = self.runtime.block_on(page)?;
            found.extend(page.instances.into_iter().map(BackendName::shown_instance));
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        found.truncate(most);
        Ok(found)
    }

    /// The history of one run of an instance.
    pub fn history(&self, request: &HistoryRequest) -> Result<Imported, CliError> {
        let id = self.id(&request.id)?;
        let history = self.backend.history(&id, request.run);
        Ok(self.runtime.block_on(history)?.shown())
    }

    /// Starts an instance. Returns its id.
    pub fn start(&self, start: &StartInstance) -> Result<InstanceId, BackendError> {
        let started = self.runtime.block_on(self.backend.start(start))?;
        Ok(BackendName::shown_id(&started))
    }

    /// Carries out a command.
    pub fn operate(&self, operation: Operation) -> Result<Operated, CliError> {
        let (id, command, reason) = in_its_words(operation)?;
        let id = self.id(&id)?;
        let done = self.backend.command(&id, command, &reason);
        Ok(match self.runtime.block_on(done)? {
            Done::Durable => Operated::Recorded(Outcome::default()),
            Done::Requested => Operated::Requested,
            Done::Started(started) => Operated::Recorded(Outcome {
                started: Some(BackendName::shown_id(&started)),
                ..Outcome::default()
            }),
        })
    }

    /// The id of an instance, behind the name of the backend.
    fn id(&self, own: &InstanceId) -> Result<InstanceId, CliError> {
        let id = format!("{}{own}", self.backend.name().prefix());
        InstanceId::new(&id).map_err(|error| CliError::Usage(error.to_string()))
    }
}

fn runtime() -> Result<Runtime, CliError> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    runtime.map_err(CliError::threads)
}

/// A command as backends know it, with its reason.
fn in_its_words(operation: Operation) -> Result<(InstanceId, InstanceCommand, String), CliError> {
    use InstanceCommand as C;
    Ok(match operation {
        Operation::Pause { id, reason } => (id, C::Suspend, reason),
        Operation::Resume { id, reason } => (id, C::Resume, reason),
        Operation::Cancel { id, reason } => (id, C::Cancel, reason),
        Operation::Terminate { id, reason } => (id, C::Terminate, reason),
        Operation::Raise { id, event, data } => {
            let (name, data) = (event.into(), data.to_json());
            (id, C::Raise { name, data }, String::new())
        }
        Operation::Rerun { id, from, .. } => {
            let reason = "from the command line".to_owned();
            (id, C::Rerun { from }, reason)
        }
        _ => {
            let usage = "this command is for instances of a store";
            return Err(CliError::Usage(usage.into()));
        }
    })
}

#[cfg(test)]
mod tests;
