//! Systems without notifications: files are polled.

use std::{convert::Infallible, io, path::Path, time::Duration};

/// Never created.
#[derive(Debug)]
pub(super) struct Notifications(Infallible);

impl Notifications {
    pub fn open() -> Option<Self> {
        None
    }

    pub fn add(&self, _: &Path) -> io::Result<()> {
        match self.0 {}
    }

    pub fn wake(&self) {
        match self.0 {}
    }

    pub fn wait(&self, _: Option<Duration>) -> bool {
        match self.0 {}
    }

    pub fn clear(&self) {
        match self.0 {}
    }
}
