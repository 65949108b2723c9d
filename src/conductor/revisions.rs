//! The newest texts of scores, for those that loop.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::score::Document;

/// Namespace and name of a score.
type Name = (String, String);

/// The newest texts of scores.
#[derive(Default)]
pub(super) struct Revisions(Mutex<HashMap<Name, Arc<str>>>);

impl Revisions {
    /// From now on this is the text of the score of its name.
    pub fn put(&self, document: &Document) {
        let text = Arc::clone(&document.source);
        self.texts().insert(name(document), text);
    }

    /// The newest text of a score, if it is another than this one.
    pub fn newer(&self, document: &Document) -> Option<Arc<str>> {
        let text = self.texts().get(&name(document)).cloned();
        text.filter(|text| *text != document.source)
    }

    fn texts(&self) -> std::sync::MutexGuard<'_, HashMap<Name, Arc<str>>> {
        // Nothing that is done under the lock can panic halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name(document: &Document) -> Name {
    (document.namespace.clone(), document.name.clone())
}
