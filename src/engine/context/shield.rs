//! Code that is shielded from cancel requests.

use std::{
    future::Future,
    pin::Pin,
    task::{self, Poll},
};

use super::Context;

/// Polls a future inside a shield: the operations that it starts are not affected by cancel
/// requests and limits.
pub(super) struct Shielded<F> {
    context: Context,
    future: Pin<Box<F>>,
}

impl<F> Shielded<F> {
    pub fn new(context: &Context, future: F) -> Self {
        Self {
            context: context.clone(),
            future: Box::pin(future),
        }
    }
}

impl<F: Future> Future for Shielded<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<F::Output> {
        let _inside = Inside::new(&self.context);
        self.future.as_mut().poll(cx)
    }
}

/// Leaves the shield when it is dropped, even by a panic.
struct Inside(Context);

impl Inside {
    fn new(context: &Context) -> Self {
        context.state().borrow_mut().enter_shield();
        Self(context.clone())
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.state().borrow_mut().leave_shield();
    }
}
