//! A call of a child workflow.

use std::{
    future::{Future, IntoFuture},
    marker::PhantomData,
    pin::Pin,
    task::{self, Poll},
};

use super::{
    Context,
    operation::NewOperation,
    pending::{Pending, decode},
};
use crate::engine::{
    Failure, InstanceId, ParentClosePolicy, Payload, RetryPolicy, Workflow,
    command::{ChildId, NewChild},
};

/// A builder for a child workflow: set its id and policies, then `.await` its result or
/// [`detach`](Self::detach) it.
#[must_use = "a child begins when it is awaited or detached"]
pub struct ChildCall<W: Workflow> {
    context: Context,
    child: Result<Box<NewChild>, Failure>,
    marker: PhantomData<fn() -> W>,
}

impl<W: Workflow> ChildCall<W> {
    pub(super) fn new(context: &Context, name: &str, input: Result<Payload, Failure>) -> Self {
        let child = input.map(|input| {
            Box::new(NewChild {
                id: context.state().borrow_mut().next_child_id(),
                name: name.to_owned(),
                input,
                retry: None,
                retry_if: None,
                on_close: ParentClosePolicy::default(),
                detached: false,
            })
        });
        Self {
            context: context.clone(),
            child,
            marker: PhantomData,
        }
    }

    /// Sets the child's id. The default is the parent's id, a slash and a number.
    pub fn id(self, id: InstanceId) -> Self {
        self.with(|child| child.id = ChildId::Given(id))
    }

    /// Retries failures by this policy, each time as a new instance; without one, nothing is
    /// retried. An invalid policy fails the call with [`Failure::RETRY_POLICY`].
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        match policy.check() {
            Ok(()) => self.with(|child| child.retry = Some(Box::new(policy))),
            Err(failure) => {
                self.child = self.child.and(Err(failure));
                self
            }
        }
    }

    /// Retries only failures for which the predicate returns true.
    pub fn retry_if(self, predicate: impl Fn(&Failure) -> bool + 'static) -> Self {
        self.with(|child| child.retry_if = Some(Box::new(predicate)))
    }

    /// What happens to the child when its parent closes first or stops waiting for it.
    pub fn on_parent_close(self, policy: ParentClosePolicy) -> Self {
        self.with(|child| child.on_close = policy)
    }

    /// Starts the child now and returns a future of its result, so that its id is known at once.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// async fn tour(ctx: Context, city: String) -> Result<u32, Failure> {
    ///     let concert = ctx.child(Named::<String, u32>::new("concert"), &city).start()?;
    ///     ctx.send(concert.id(), "doors open", &())?;
    ///     concert.await
    /// }
    /// ```
    pub fn start(self) -> Result<Child<W::Output>, Failure> {
        let child = self.child?;
        let context = self.context;
        context.state().borrow_mut().take_last_child();
        let end = Pending::new(&context, NewOperation::Child(child), decode).started();
        let id = context.state().borrow_mut().take_last_child();
        let refused = || Failure::canceled("the child was not started");
        let id = id.ok_or_else(refused)?;
        Ok(Child { id, end })
    }

    /// Starts the child without waiting for it and returns its id; the parent has no further
    /// control over it. If it cannot start (because its id is taken, for example), a
    /// `ChildWorkflowInstanceFailed` is recorded.
    pub fn detach(self) -> Result<InstanceId, Failure> {
        let mut child = self.child?;
        child.detached = true;
        child.on_close = ParentClosePolicy::Abandon;
        let mut state = self.context.state().borrow_mut();
        let number = state.next_operation_id();
        Ok(state.create_child(number, child))
    }

    fn with(mut self, set: impl FnOnce(&mut NewChild)) -> Self {
        if let Ok(child) = &mut self.child {
            set(child);
        }
        self
    }
}

impl<W: Workflow> IntoFuture for ChildCall<W> {
    type Output = Result<W::Output, Failure>;
    type IntoFuture = Pending<W::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let new = match self.child {
            Ok(child) => NewOperation::Child(child),
            Err(failure) => NewOperation::Failed(failure),
        };
        Pending::new(&self.context, new, decode)
    }
}

/// A started child workflow. `.await` its result; dropping it cancels the child according to its
/// [`ParentClosePolicy`].
#[must_use = "dropping a child cancels it: await it, or detach it in the first place"]
pub struct Child<T> {
    id: InstanceId,
    end: Pending<T>,
}

impl<T> Child<T> {
    /// The id of the first attempt. A retry runs under another id.
    pub fn id(&self) -> &InstanceId {
        &self.id
    }
}

impl<T> Future for Child<T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.end).poll(cx)
    }
}
