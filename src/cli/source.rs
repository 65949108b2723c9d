//! Where a command reads instances from: a store, or the running program that has it open.

use std::{convert::Infallible, path::PathBuf, sync::Arc, thread};

use super::{
    CliError, StoreArgs,
    store::{ATTEMPTS, RETRY_INTERVAL},
};
use crate::{
    app::control_socket::{
        Client, HistoryRequest, Operation, Outcome, SearchRequest, VerifyReport, apply_offline,
        read_history, read_instances,
    },
    engine::{Archive, History, InstanceSummary, RedbStore, Store, StoreError},
};

/// What a command works on.
pub(super) enum Source {
    /// A store that no program has open.
    Store(Arc<dyn Store>),
    /// The program that has it open.
    Program(Client),
}

/// What a command does with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Reads only: the store may be on a medium that cannot be written.
    Read,
    /// Changes instances.
    Write,
}

impl StoreArgs {
    /// Finds out where the instances of the store are at present.
    pub fn source(&self, access: Access) -> Result<Source, CliError> {
        let path = self.existing_file()?;
        // A program that is starting or ending has it open, and does not listen yet or any more.
        for _ in 0..ATTEMPTS {
            if let Some(client) = Client::find(&path) {
                return Ok(Source::Program(client));
            }
            match open(&path, access) {
                Err(StoreError::InUse(_)) => thread::sleep(RETRY_INTERVAL),
                Err(StoreError::Missing(path)) => return Err(CliError::NoStore(path)),
                opened => return Ok(Source::Store(Arc::new(opened?))),
            }
        }
        Err(CliError::Unreachable(path))
    }

    fn existing_file(&self) -> Result<PathBuf, CliError> {
        let in_memory =
            || CliError::Usage("a store in memory ends with its program: use --store PATH".into());
        self.file()?.ok_or_else(in_memory)
    }
}

fn open(path: &std::path::Path, access: Access) -> Result<RedbStore, StoreError> {
    match RedbStore::open(path) {
        Err(StoreError::NoPlace { .. }) if access == Access::Read => {
            RedbStore::open_read_only(path)
        }
        opened => opened,
    }
}

impl Source {
    /// Instances that match a search, newest first.
    pub fn search(&self, request: &SearchRequest) -> Result<Vec<InstanceSummary>, CliError> {
        match self {
            Self::Program(client) => Ok(client.search(request)?),
            Self::Store(store) => {
                let mut found = Vec::new();
                read_instances(&archive(store), request, |instance| {
                    found.push(instance);
                    Ok::<_, Infallible>(())
                })?;
                Ok(found)
            }
        }
    }

    /// The history of one run of an instance.
    pub fn history(&self, request: &HistoryRequest) -> Result<History, CliError> {
        match self {
            Self::Program(client) => Ok(client.history(request)?),
            Self::Store(store) => {
                let mut events = Vec::new();
                read_history(&archive(store), request, |event| {
                    events.push(event);
                    Ok::<_, Infallible>(())
                })?;
                let instance = request.id.clone();
                Ok(History { instance, events })
            }
        }
    }

    /// Reads everything and reports what is damaged.
    pub fn verify(&self) -> Result<VerifyReport, CliError> {
        match self {
            Self::Program(client) => Ok(client.verify()?),
            Self::Store(store) => Ok(archive(store).verify()?.into()),
        }
    }

    /// Carries out a command.
    pub fn operate(&self, operation: Operation) -> Result<Outcome, CliError> {
        match self {
            Self::Program(client) => Ok(client.operate(operation)?),
            Self::Store(store) => Ok(apply_offline(Arc::clone(store), operation)?),
        }
    }
}

fn archive(store: &Arc<dyn Store>) -> Archive {
    Archive::new(Arc::clone(store))
}
