//! The latest saved texts of scores. A score that loops plays its latest text in the next repetition.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::score::Document;

/// Namespace and name of a score.
type Name = (String, String);

/// The latest texts of scores.
#[derive(Default)]
pub(super) struct Revisions(Mutex<HashMap<Name, Arc<str>>>);

impl Revisions {
    /// Sets the latest text of a score.
    pub fn put(&self, document: &Document) {
        let text = Arc::clone(&document.source);
        self.texts().insert(name(document), text);
    }

    /// The latest text of a score, if it differs from this one.
    pub fn newer(&self, document: &Document) -> Option<Arc<str>> {
        let text = self.texts().get(&name(document)).cloned();
        text.filter(|text| *text != document.source)
    }

    fn texts(&self) -> std::sync::MutexGuard<'_, HashMap<Name, Arc<str>>> {
        // No code that holds the lock can panic halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name(document: &Document) -> Name {
    (document.namespace.clone(), document.name.clone())
}
