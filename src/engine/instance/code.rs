//! The code of an instance.

use super::LocalRun;
use crate::engine::remote::RemoteRun;

/// The code of an instance.
pub(super) enum Code {
    /// It runs in this process.
    Local(LocalRun),
    /// It runs in another process.
    Remote(Box<RemoteRun>),
    /// The workflow is not registered.
    Missing,
}

impl Code {
    /// The run in this process.
    pub fn local(&self) -> Option<&LocalRun> {
        match self {
            Self::Local(run) => Some(run),
            Self::Remote(_) | Self::Missing => None,
        }
    }

    pub fn local_mut(&mut self) -> Option<&mut LocalRun> {
        match self {
            Self::Local(run) => Some(run),
            Self::Remote(_) | Self::Missing => None,
        }
    }

    /// The run in another process.
    pub fn remote(&self) -> Option<&RemoteRun> {
        match self {
            Self::Remote(run) => Some(run),
            Self::Local(_) | Self::Missing => None,
        }
    }

    pub fn remote_mut(&mut self) -> Option<&mut RemoteRun> {
        match self {
            Self::Remote(run) => Some(run),
            Self::Local(_) | Self::Missing => None,
        }
    }

    /// Replaces a run in this process. Returns the old one, which must be dropped on its thread.
    pub fn replace(&mut self, run: LocalRun) -> Option<LocalRun> {
        std::mem::replace(self, Self::Local(run)).into_local()
    }

    pub fn into_local(self) -> Option<LocalRun> {
        match self {
            Self::Local(run) => Some(run),
            Self::Remote(_) | Self::Missing => None,
        }
    }
}
