//! Serves workflows of other programs, without a window.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use tokio::runtime::{Handle, Runtime};

use super::{
    AppError, Shutdown,
    control_socket::{self, NoWindow},
    shutdown_requested,
};
use crate::{
    engine::{
        Archive, Engine, EngineError, EventId, EventKind, InstanceId, Recovery, Registry, Setup,
        Store,
    },
    serve::{Hub, ServeError, ServeOptions, Server},
};

/// The store whose workflows are served.
pub struct ServedStore {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The file that it is in, if any: the control socket is next to it.
    pub file: Option<PathBuf>,
}

/// Serves until a signal asks the program to end. `open` is called once its ports are open; `report` gets a message
/// if other processes cannot inspect it.
///
/// # Errors
///
/// [`AppError`] if a port cannot be opened, the engine cannot start, or one of them stops.
pub fn serve<E: From<AppError>>(
    runtime: &Runtime,
    store: ServedStore,
    options: ServeOptions,
    open: impl FnOnce(&Server) -> Result<(), E>,
    report: impl FnOnce(&str),
) -> Result<Shutdown, E> {
    runtime.block_on(async {
        let server = Server::bind(options).await.map_err(AppError::from)?;
        let ServedStore { store, file } = store;
        let hub = Hub::new(Archive::new(Arc::clone(&store)));
        let registry = Registry::new().remote(Arc::new(hub.clone()));
        let setup = Setup {
            recovery: Recovery::Except(local(&store).map_err(AppError::from)?),
            ..Setup::default()
        };
        let engine = Engine::start(store, registry, setup).map_err(AppError::from)?;
        let runtime = Handle::current();
        let socket = file.and_then(|file| {
            control_socket::open(&file, &engine, Arc::new(NoWindow), runtime, report)
        });
        open(&server)?;
        let served = tokio::select! {
            signal = shutdown_requested() => Ok(signal),
            served = server.run(&engine, hub) => Err(ended(served, &engine)),
        };
        // No request may arrive while everything closes.
        drop(socket);
        engine.stop().await;
        Ok(served?)
    })
}

/// Why a server ended by itself.
fn ended(served: Result<(), ServeError>, engine: &Engine) -> AppError {
    match (served, engine.trouble()) {
        (_, Some(crate::engine::Trouble::Store(error))) if error.is_final() => error.into(),
        (Err(error), _) => error.into(),
        (Ok(()), _) => EngineError::Stopped.into(),
    }
}

/// The open instances whose code is this program's: nothing plays them here, so they wait for a program that does.
fn local(store: &Arc<dyn Store>) -> Result<BTreeSet<InstanceId>, EngineError> {
    let archive = Archive::new(Arc::clone(store));
    let mut local = BTreeSet::new();
    for open in archive.open_instances()? {
        let first = archive.history_of_run(&open.id, open.run, EventId(0), 1)?;
        let is_remote = first.first().is_some_and(|event| match &event.kind {
            EventKind::ExecutionStarted { code, .. } => !code.is_local(),
            _ => false,
        });
        if !is_remote {
            local.insert(open.id);
        }
    }
    Ok(local)
}
