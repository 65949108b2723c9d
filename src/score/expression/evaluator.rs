//! The thread on which expressions are evaluated.
//!
//! The budget of an evaluation bounds its time, but not on a machine that swaps or hangs, and not for a
//! fault in jq itself. So each thread that evaluates expressions has a worker thread, which it abandons
//! when no answer comes in time.

use std::{
    cell::RefCell,
    io,
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

/// How long an evaluation may take in real time. Its budget ends it long before. Tests, which run on
/// busy machines without optimization, show that the budget does so, not this limit.
const MAX_TIME: Duration = Duration::from_secs(if cfg!(test) { 300 } else { 20 });

/// The stack of the thread, in bytes: some ten thousand for each sign of the largest expression, and for each
/// of the filters that call each other.
const STACK: usize = 256 << 20;

type Job = Box<dyn FnOnce() + Send>;

thread_local! {
    /// The thread that evaluates for this one.
    static EVALUATOR: RefCell<Option<Sender<Job>>> = const { RefCell::new(None) };
}

/// An evaluation that gave no answer at all.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// The system has no more threads.
    NoThread(io::Error),
    /// It took too long.
    TooLong,
    /// It panicked.
    Panicked,
}

impl NoAnswer {
    /// Ends the evaluation without an answer: it must not be recorded, as the next replay may get one.
    pub fn stall(self, expression: &str) -> ! {
        let why = match self {
            Self::NoThread(error) => format!("there is no thread for it: {error}"),
            Self::TooLong => format!("it gave no answer within {} s", MAX_TIME.as_secs()),
            Self::Panicked => "jq panicked".to_owned(),
        };
        panic!("`{expression}` could not be evaluated: {why}")
    }
}

/// Evaluates on the worker thread of this thread.
pub(super) fn evaluate<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NoAnswer> {
    let (sender, answers) = mpsc::sync_channel(1);
    let job = Box::new(move || {
        let answer = work();
        // The waiting thread may have given up.
        let _ = sender.send(answer);
    });
    EVALUATOR.with_borrow_mut(|evaluator| {
        let idle = match evaluator.take() {
            Some(idle) => idle,
            None => spawn().map_err(NoAnswer::NoThread)?,
        };
        if idle.send(job).is_err() {
            return Err(NoAnswer::Panicked);
        }
        match answers.recv_timeout(MAX_TIME) {
            Ok(answer) => {
                *evaluator = Some(idle);
                Ok(answer)
            }
            Err(RecvTimeoutError::Timeout) => Err(NoAnswer::TooLong),
            Err(RecvTimeoutError::Disconnected) => Err(NoAnswer::Panicked),
        }
    })
}

/// It ends once its sender is gone.
fn spawn() -> io::Result<Sender<Job>> {
    let (sender, jobs) = mpsc::channel::<Job>();
    let thread = thread::Builder::new().name("fermata-jq".to_owned());
    thread
        .stack_size(STACK)
        .spawn(move || jobs.into_iter().for_each(|job| job()))?;
    Ok(sender)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_fails_one_evaluation_and_the_next_one_works() {
        let panicked = evaluate(|| std::panic::resume_unwind(Box::new("jq")));
        assert!(matches!(panicked, Err::<(), _>(NoAnswer::Panicked)));
        assert_eq!(evaluate(|| 3).unwrap(), 3);
    }
}
