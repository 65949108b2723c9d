//! What goes wrong in a service.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The longest latency, in milliseconds.
const MAX_LATENCY: u64 = 600_000;

/// The faults of a service. The default has none.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// How much later each answer is sent, in milliseconds, at most ten minutes. The effect is not later.
    pub latency: u64,
    /// The share of requests that fail, 0 to 1.
    pub failure_rate: f64,
    /// All requests fail.
    pub outage: bool,
    /// How many of the next requests fail; it counts down.
    pub fail_next: u32,
}

impl Faults {
    /// Checks the limits.
    ///
    /// # Errors
    ///
    /// A sentence that says which value is outside its limits.
    pub fn checked(self) -> Result<Self, String> {
        if self.latency > MAX_LATENCY {
            let latency = self.latency;
            return Err(format!(
                "`latency` is {latency} ms; the most is {MAX_LATENCY} ms"
            ));
        }
        if !(0.0..=1.0).contains(&self.failure_rate) {
            let rate = self.failure_rate;
            return Err(format!(
                "`failure_rate` is {rate}; it is a share from 0 to 1"
            ));
        }
        Ok(self)
    }

    /// The time by which answers are later.
    pub fn delay(&self) -> Duration {
        Duration::from_millis(self.latency)
    }
}
