//! Where a command reads instances from: a store, the running program that has it open, or another engine.

use std::{convert::Infallible, path::PathBuf, sync::Arc, thread};

use super::{
    CliError, StoreArgs,
    backend::Remote,
    store::{ATTEMPTS, RETRY_INTERVAL},
};
use crate::{
    app::control_socket::{
        Client, HistoryRequest, Operation, Outcome, SearchRequest, VerifyReport, apply_offline,
        read_history, read_instances,
    },
    backend::{Imported, SourceEngine},
    engine::{
        Archive, History, InstanceId, InstanceSummary, RedbStore, Runs, Search, Store, StoreError,
    },
};

/// What a command works on.
pub(super) enum Source {
    /// A store that no program has open.
    Store(Arc<dyn Store>),
    /// The program that has it open.
    Program(Client),
    /// Another engine.
    Backend(Remote),
}

/// How a command ended.
#[derive(Debug, PartialEq)]
pub(super) enum Operated {
    /// It is in the history.
    Recorded(Outcome),
    /// The engine has accepted it; its event comes later.
    Requested,
}

impl Operated {
    /// The instance that it started.
    pub fn started(&self) -> Option<&InstanceId> {
        match self {
            Self::Recorded(outcome) => outcome.started.as_ref(),
            Self::Requested => None,
        }
    }

    /// How many runs it deleted.
    pub fn purged(&self) -> u64 {
        match self {
            Self::Recorded(outcome) => outcome.purged.unwrap_or_default(),
            Self::Requested => 0,
        }
    }
}

/// What a command does with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Reads only: the store may be on a medium that cannot be written.
    Read,
    /// Reads only, and changes no byte of the store.
    ReadOnly,
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
    if access == Access::ReadOnly {
        match RedbStore::open_read_only(path) {
            // A store of an earlier build is brought up to date first, as by any other command.
            Err(StoreError::Older { .. }) => {}
            opened => return opened,
        }
    }
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
            Self::Backend(remote) => Ok(remote.search(request)?),
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
            Self::Backend(remote) => Ok(remote.history(request)?.history),
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

    /// The history of one run of an instance, with what another engine recorded.
    pub fn imported(&self, request: &HistoryRequest) -> Result<Imported, CliError> {
        match self {
            Self::Backend(remote) => remote.history(request),
            Self::Program(_) | Self::Store(_) => Ok(Imported {
                engine: SourceEngine::Fermata,
                history: self.history(request)?,
                origins: Vec::new(),
            }),
        }
    }

    /// The histories of all runs of an instance, oldest first.
    pub fn runs(&self, id: &InstanceId) -> Result<Vec<History>, CliError> {
        let search = Search {
            id_prefix: Some(id.to_string()),
            runs: Runs::All,
            ..Search::default()
        };
        let found = self.search(&SearchRequest {
            search,
            limit: None,
        })?;
        let mut runs: Vec<_> = found
            .iter()
            .filter(|run| run.id == *id)
            .map(|run| Some(run.run))
            .collect();
        runs.sort_unstable();
        if runs.is_empty() {
            // The error of an unknown instance.
            runs.push(None);
        }
        let request = |run| HistoryRequest {
            id: id.clone(),
            run,
        };
        runs.into_iter()
            .map(|run| self.history(&request(run)))
            .collect()
    }

    /// Reads everything and reports what is damaged.
    pub fn verify(&self) -> Result<VerifyReport, CliError> {
        match self {
            Self::Program(client) => Ok(client.verify()?),
            Self::Store(store) => Ok(archive(store).verify()?.into()),
            Self::Backend(_) => Err(CliError::Usage("only a store can be verified".into())),
        }
    }

    /// Carries out a command.
    pub fn operate(&self, operation: Operation) -> Result<Operated, CliError> {
        match self {
            Self::Program(client) => Ok(Operated::Recorded(client.operate(operation)?)),
            Self::Store(store) => {
                let outcome = apply_offline(Arc::clone(store), operation)?;
                Ok(Operated::Recorded(outcome))
            }
            Self::Backend(remote) => remote.operate(operation),
        }
    }
}

fn archive(store: &Arc<dyn Store>) -> Archive {
    Archive::new(Arc::clone(store))
}
