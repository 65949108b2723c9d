//! A start of another workflow.

use std::{
    future::{Future, IntoFuture},
    marker::PhantomData,
    pin::Pin,
    task::{self, Poll},
};

use super::{
    Context,
    pending::{Begin, Pending, decode},
};
use crate::engine::{
    Failure, InstanceId, ParentClosePolicy, Payload, RetryPolicy, Workflow,
    turn::{ChildId, NewChild},
};

/// A child workflow, not yet begun: set its id and its ties, then `.await` its end or
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
                id: context.state().borrow_mut().child_number(),
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

    /// The child's id; without this it is the parent's, a slash and a number.
    pub fn id(self, id: InstanceId) -> Self {
        self.with(|child| child.id = ChildId::Given(id))
    }

    /// How failures are retried, each time as a new instance; without this they are not. A policy that
    /// makes no sense fails the call with [`Failure::RETRY_POLICY`].
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        match policy.check() {
            Ok(()) => self.with(|child| child.retry = Some(Box::new(policy))),
            Err(failure) => {
                self.child = self.child.and(Err(failure));
                self
            }
        }
    }

    /// Of the failures that the policy would retry, only those for which this holds.
    pub fn retry_if(self, worth: impl Fn(&Failure) -> bool + 'static) -> Self {
        self.with(|child| child.retry_if = Some(Box::new(worth)))
    }

    /// What becomes of it when its parent ends first, or no longer waits for it.
    pub fn on_parent_close(self, policy: ParentClosePolicy) -> Self {
        self.with(|child| child.on_close = policy)
    }

    /// Starts it now and waits for its end later: its id is known before.
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
        let end = Pending::new(&context, Begin::Child(child), decode).begun();
        let id = context.state().borrow_mut().take_last_child();
        let refused = || Failure::canceled("the child was not started");
        let id = id.ok_or_else(refused)?;
        Ok(Child { id, end })
    }

    /// Starts it and does not wait: it goes its own way from then on. Returns its id. If it cannot
    /// start (its id is taken, say), the history has a `ChildWorkflowInstanceFailed`.
    pub fn detach(self) -> Result<InstanceId, Failure> {
        let mut child = self.child?;
        child.detached = true;
        child.on_close = ParentClosePolicy::Abandon;
        let mut state = self.context.state().borrow_mut();
        let number = state.number();
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
        let begin = match self.child {
            Ok(child) => Begin::Child(child),
            Err(failure) => Begin::Failed(failure),
        };
        Pending::new(&self.context, begin, decode)
    }
}

/// A child workflow that was started. `.await` its end; dropping it cancels it as its
/// [`ParentClosePolicy`] says.
#[must_use = "dropping a child cancels it: await it, or detach it in the first place"]
pub struct Child<T> {
    id: InstanceId,
    end: Pending<T>,
}

impl<T> Child<T> {
    /// Its id. Tried again after a failure it gets another.
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
