//! What each service does.

mod clusters;
mod machines;
mod payment;
mod shipping;
mod stock;

use serde_json::Value;

use super::operation::{Given, Operation};
pub(super) use clusters::Clusters;
pub(super) use machines::Machines;
pub(super) use payment::Payment;
pub(super) use shipping::Shipping;
pub(super) use stock::Stock;

/// What a service does, as a state machine.
pub(super) trait Behavior: Send {
    /// All its operations.
    fn operations(&self) -> &'static [Operation];

    /// Performs the operation with this id. Its values have been checked.
    fn perform(&mut self, operation: &str, given: &Given) -> Result<Value, Refusal>;
}

/// A request that a service refuses.
#[derive(Debug)]
pub(super) struct Refusal {
    pub status: u16,
    pub detail: String,
}

impl Refusal {
    /// There is nothing with that id.
    pub fn unknown(what: &str, id: &str) -> Self {
        Self {
            status: 404,
            detail: format!("there is no {what} {id:?}"),
        }
    }

    /// It does not fit the present state.
    pub fn conflict(detail: String) -> Self {
        Self {
            status: 409,
            detail,
        }
    }
}
