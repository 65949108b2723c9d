//! The answer to what the window asked last, made on a thread of its own: the window never waits for a disk
//! or a long computation.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::application::App;
use crate::stage::Wake;

/// The last question and its answer.
pub(super) struct Answers<Q, A>(Mutex<Option<Asked<Q, A>>>);

struct Asked<Q, A> {
    question: Q,
    /// `None` while it is being made, and if there is none.
    answer: Option<A>,
}

impl<Q, A> Default for Answers<Q, A> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<Q: Clone + PartialEq + Send + 'static, A: Clone + Send + 'static> Answers<Q, A> {
    /// The answer to a question if it is the last one and its answer was made.
    pub fn known(&self, question: &Q) -> Option<A> {
        let asked = self.asked();
        let asked = asked.as_ref().filter(|asked| asked.question == *question);
        asked?.answer.clone()
    }

    /// The answer to a question. `None` while `make` makes it, which the first call starts; the window is
    /// woken when it is there. `of` finds these answers in the application.
    pub fn ask(
        app: &Arc<App>,
        of: fn(&App) -> &Self,
        question: &Q,
        make: impl FnOnce(&App, &Q) -> Option<A> + Send + 'static,
    ) -> Option<A> {
        let mut asked = of(app).asked();
        if let Some(asked) = asked.as_ref()
            && asked.question == *question
        {
            return asked.answer.clone();
        }
        let question = question.clone();
        *asked = Some(Asked {
            question: question.clone(),
            answer: None,
        });
        drop(asked);
        let app = Arc::clone(app);
        let work = move || {
            if let Some(answer) = make(&app, &question) {
                of(&app).keep(&question, answer);
                app.wake(Wake::Repaint);
            }
        };
        let named = std::thread::Builder::new().name("fermata-answer".into());
        if let Err(error) = named.spawn(work) {
            // The system is out of threads; asking again later may work.
            tracing::warn!(%error, "the window gets no answer");
        }
        None
    }

    /// Keeps an answer, unless something else was asked meanwhile.
    fn keep(&self, question: &Q, answer: A) {
        if let Some(asked) = self.asked().as_mut()
            && asked.question == *question
        {
            asked.answer = Some(answer);
        }
    }

    fn asked(&self) -> MutexGuard<'_, Option<Asked<Q, A>>> {
        // No code that holds the lock can panic halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
