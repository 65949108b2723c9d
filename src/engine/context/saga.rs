//! Compensation: undoing completed steps in reverse order when a later one fails.

use std::{cell::RefCell, future::Future};

use futures_util::future::LocalBoxFuture;
use serde_json::json;

use super::{Context, shield::Shielded};
use crate::engine::{
    Failure, Payload,
    command::{Command, OperationId},
};

/// Completed steps with their compensations. Each registration and the start and end of each
/// compensation are recorded in the history. A compensation consists of ordinary operations, so one
/// that was interrupted resumes where it was.
///
/// ```
/// # use fermata::engine::*;
/// # struct Book; impl Activity for Book { const NAME: &'static str = "book"; type Input = String; type Output = u32; }
/// # struct Cancel; impl Activity for Cancel { const NAME: &'static str = "cancel"; type Input = u32; type Output = (); }
/// async fn trip(ctx: Context, city: String) -> Result<u32, Failure> {
///     let saga = Saga::new(&ctx);
///     let booked = book(&ctx, &saga, city).await;
///     saga.settle(booked).await
/// }
///
/// async fn book(ctx: &Context, saga: &Saga, city: String) -> Result<u32, Failure> {
///     let room = ctx.activity(Book, &city).await?;
///     saga.undo_with("cancel the room", move |ctx| async move {
///         ctx.activity(Cancel, &room).retry(RetryPolicy::attempts(0)).await
///     });
///     // If this fails, or the instance is canceled meanwhile, the room is canceled.
///     ctx.activity(Book, &"a flight".into()).await
/// }
/// ```
pub struct Saga {
    context: Context,
    steps: RefCell<Vec<Step>>,
}

struct Step {
    name: String,
    registered: OperationId,
    undo: Box<dyn FnOnce(Context) -> LocalBoxFuture<'static, Result<(), Failure>>>,
}

impl Saga {
    /// Creates a saga without steps.
    pub fn new(context: &Context) -> Self {
        Self {
            context: context.clone(),
            steps: RefCell::default(),
        }
    }

    /// Registers the compensation of a step that has just completed.
    pub fn undo_with<T, F, Fut>(&self, name: &str, undo: F)
    where
        F: FnOnce(Context) -> Fut + 'static,
        Fut: Future<Output = Result<T, Failure>> + 'static,
    {
        let mut state = self.context.state().borrow_mut();
        let registered = state.next_operation_id();
        let name = name.to_owned();
        state.commands.push_back(Command::RegisterCompensation {
            id: registered,
            name: name.clone(),
        });
        drop(state);
        self.steps.borrow_mut().push(Step {
            name,
            registered,
            undo: Box::new(|context| Box::pin(async move { undo(context).await.map(drop) })),
        });
    }

    /// Ends the saga: on failure, runs the compensations, last step first, and returns the failure.
    /// Steps that could not be undone are listed in its details. A run that [continues as
    /// new](Context::continue_as_new) has not failed and undoes nothing. A cancel request does not
    /// interrupt compensation.
    pub async fn settle<T>(self, result: Result<T, Failure>) -> Result<T, Failure> {
        let failure = match result {
            Err(failure) if !failure.continues() => failure,
            other => return other,
        };
        let mut left = Vec::new();
        while let Some(step) = self.next() {
            let name = step.name.clone();
            if let Err(why) = self.undo(step).await {
                left.push(json!({ "step": name, "failure": why }));
            }
        }
        if left.is_empty() {
            return Err(failure);
        }
        let details = json!({ "notUndone": left, "details": failure.details });
        Err(failure.with_details(Payload::from(details)))
    }

    fn next(&self) -> Option<Step> {
        self.steps.borrow_mut().pop()
    }

    async fn undo(&self, step: Step) -> Result<(), Failure> {
        self.push(Command::StartCompensation(step.registered));
        let undoing = (step.undo)(self.context.clone());
        let undone = Shielded::new(&self.context, undoing).await;
        let failure = undone.clone().err();
        self.push(Command::EndCompensation(step.registered, failure));
        undone
    }

    fn push(&self, command: Command) {
        self.context
            .state()
            .borrow_mut()
            .commands
            .push_back(command);
    }
}
