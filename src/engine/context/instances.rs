//! Interaction with other instances: sending events and cancel requests, waiting for results.

use serde::Serialize;

use super::{
    Context,
    operation::NewOperation,
    pending::{Pending, ended},
};
use crate::engine::{Failure, InstanceId, Payload, command::Command};

impl Context {
    /// Sends an event to another instance of the same engine. If it cannot be delivered because the
    /// instance does not exist, has closed or has too many unread events, an `EventUndelivered` is
    /// recorded in this instance's history.
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

    /// Requests cancellation of another instance, which need not be a child. Has no effect if the
    /// instance does not exist or has closed.
    pub fn cancel(&self, target: &InstanceId, reason: &str) {
        let (target, reason) = (target.clone(), reason.to_owned());
        self.push(Command::SendCancel { target, reason });
    }

    /// Waits until another instance, which need not be a child, has closed, and returns its output.
    /// Fails if that instance fails, is canceled or terminated, or does not exist.
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
        Pending::new(self, NewOperation::AwaitInstance(target.clone()), ended)
    }
}
