//! When to search for devices: after the system shows a change, and seldom otherwise.
//!
//! A search asks libraries that read configuration files and try every card, and even a wake-up costs: too much
//! for every second of a program that is idle.

use std::time::Duration;

#[cfg(target_os = "linux")]
mod changes;

#[cfg(target_os = "linux")]
use changes::DeviceChanges;

/// The interval where nothing shows changes, and of the searches that follow a change: a device may be
/// usable only some time after it is there.
const OFTEN: Duration = Duration::from_secs(1);
/// The interval of searches while nothing has changed, for devices that no file shows.
const SELDOM: Duration = Duration::from_secs(30);
/// How many searches follow a change.
const AFTER_CHANGE: u8 = 5;

/// The pace of a search for devices.
pub(super) struct DeviceSearch {
    following: u8,
    #[cfg(target_os = "linux")]
    changes: Option<DeviceChanges>,
}

impl DeviceSearch {
    /// `changed` is called, on another thread, when devices or sound servers may have come; it wakes whoever
    /// searches.
    pub fn new(changed: impl Fn() + Send + 'static) -> Self {
        #[cfg(not(target_os = "linux"))]
        drop(changed);
        Self {
            following: 0,
            #[cfg(target_os = "linux")]
            changes: DeviceChanges::follow(changed),
        }
    }

    /// A search where nothing shows changes.
    #[cfg(any(not(target_os = "linux"), feature = "jack"))]
    pub fn often() -> Self {
        Self {
            following: 0,
            #[cfg(target_os = "linux")]
            changes: None,
        }
    }

    /// Something has changed.
    pub fn begin_anew(&mut self) {
        self.following = AFTER_CHANGE;
    }

    /// The wait before the next search.
    pub fn interval(&mut self) -> Duration {
        let is_often = self.following > 0 || !self.shows_changes();
        self.following = self.following.saturating_sub(1);
        if is_often { OFTEN } else { SELDOM }
    }

    #[cfg(target_os = "linux")]
    fn shows_changes(&self) -> bool {
        self.changes.is_some()
    }

    #[cfg(not(target_os = "linux"))]
    fn shows_changes(&self) -> bool {
        false
    }
}
