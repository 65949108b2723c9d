//! Systems without Unix domain sockets: nobody listens.

use std::{io, path::Path, sync::Arc};

use super::{
    ClientError, Controlled, FaultReport, FaultRequest, HistoryRequest, Operation, Outcome,
    SearchRequest, ShowWindow, VerifyReport, WindowRequest, WindowShown,
};
use crate::engine::{History, InstanceSummary};

/// The socket of a running program; never open on this system.
pub struct ControlSocket(());

impl ControlSocket {
    /// Fails: this system has no such sockets.
    ///
    /// # Errors
    ///
    /// `Unsupported`.
    pub fn open(
        _: &Path,
        _: Controlled,
        _: Arc<dyn ShowWindow>,
        _: tokio::runtime::Handle,
    ) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// The client of a running program; there is none on this system.
pub enum Client {}

impl Client {
    /// Nobody listens.
    pub fn find(_: &Path) -> Option<Self> {
        None
    }

    /// Cannot be called.
    ///
    /// # Errors
    ///
    /// None.
    pub fn search(&self, _: &SearchRequest) -> Result<Vec<InstanceSummary>, ClientError> {
        match *self {}
    }

    /// Cannot be called.
    ///
    /// # Errors
    ///
    /// None.
    pub fn history(&self, _: &HistoryRequest) -> Result<History, ClientError> {
        match *self {}
    }

    /// Cannot be called.
    ///
    /// # Errors
    ///
    /// None.
    pub fn verify(&self) -> Result<VerifyReport, ClientError> {
        match *self {}
    }

    /// Cannot be called.
    ///
    /// # Errors
    ///
    /// None.
    pub fn show_window(&self, _: WindowRequest) -> Result<WindowShown, ClientError> {
        match *self {}
    }

    /// Cannot be called.
    ///
    /// # Errors
    ///
    /// None.
    pub fn operate(&self, _: Operation) -> Result<Outcome, ClientError> {
        match *self {}
    }

    /// Cannot be called.
    ///
    /// # Errors
    ///
    /// None.
    pub fn fault(&self, _: FaultRequest) -> Result<Vec<FaultReport>, ClientError> {
        match *self {}
    }
}
