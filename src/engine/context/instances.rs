//! Other instances: events and cancel requests to them, and their ends.

use serde::Serialize;

use super::{
    Context,
    pending::{Begin, Pending, ended},
};
use crate::engine::{Failure, InstanceId, Payload, turn::Command};

impl Context {
    /// Sends an event to another instance of the same engine. One that cannot be delivered, because
    /// there is no such instance, it has ended, or it has too many unread events, is recorded in this
    /// instance's history as `EventUndelivered`.
    pub fn send<T: Serialize + ?Sized>(
        &self,
        target: &InstanceId,
        name: &str,
        input: &T,
    ) -> Result<(), Failure> {
        let input = self.encode(input, "event's data")?;
        let (target, name) = (target.clone(), name.to_owned());
        self.push(Command::Send {
            target,
            name,
            input,
        });
        Ok(())
    }

    /// Asks another instance, which need not be a child, to end. One that is unknown or has ended is
    /// not affected.
    pub fn cancel(&self, target: &InstanceId, reason: &str) {
        let (target, reason) = (target.clone(), reason.to_owned());
        self.push(Command::SendCancel { target, reason });
    }

    /// Waits for the end of another instance, which need not be a child, and returns its output. An
    /// instance that fails, is canceled or terminated, or does not exist, is a failure.
    ///
    /// ```
    /// # use fermata::engine::{Context, Failure, InstanceId};
    /// async fn after(ctx: Context, soundcheck: InstanceId) -> Result<(), Failure> {
    ///     if let Err(failure) = ctx.until_closed(&soundcheck).await {
    ///         ctx.cancel(&InstanceId::new("concert").unwrap(), &failure.message);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn until_closed(&self, target: &InstanceId) -> Pending<Payload> {
        Pending::new(self, Begin::Await(target.clone()), ended)
    }
}
