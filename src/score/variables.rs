//! The variables in scope of expressions, and the work that expressions have done.
//!
//! Values are shared, not copied: every task has its own set, and most expressions use none.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::Value;

/// The most work that expressions may do until the instance waits for something: values read and
/// written, and iterations of loops. About a second.
const MAX_WORK: u64 = 5_000_000;

/// The value of a variable.
#[derive(Debug, Clone, PartialEq)]
pub enum Binding {
    /// A value.
    Value(Arc<Value>),
    /// The part of a value at a JSON pointer; null if there is none.
    Part(Arc<Value>, String),
    /// A map of bindings.
    Map(Vec<(&'static str, Binding)>),
}

impl From<Value> for Binding {
    fn from(value: Value) -> Self {
        Self::Value(Arc::new(value))
    }
}

impl From<Arc<Value>> for Binding {
    fn from(value: Arc<Value>) -> Self {
        Self::Value(value)
    }
}

/// What becomes of several results of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Several {
    /// They are a list.
    #[default]
    List,
    /// Only the first one counts, as in instances that builds before this rule have started.
    First,
}

/// Values of named variables, without the `$`.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    bindings: BTreeMap<String, Binding>,
    /// `now`, in seconds since 1970.
    now: f64,
    several: Several,
    work: Arc<AtomicU64>,
}

impl PartialEq for Variables {
    fn eq(&self, other: &Self) -> bool {
        self.bindings == other.bindings
    }
}

impl Variables {
    /// No variables.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a variable.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Binding>) {
        self.bindings.insert(name.into(), value.into());
    }

    /// Removes a variable.
    pub fn unset(&mut self, name: &str) {
        self.bindings.remove(name);
    }

    /// Adds a variable.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Binding>) -> Self {
        self.set(name, value);
        self
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&Binding> {
        self.bindings.get(name)
    }

    /// Sets the time that expressions see as `now`, in seconds since 1970.
    pub fn set_now(&mut self, now: f64) {
        self.now = now;
    }

    /// The time that expressions see as `now`.
    pub(super) fn now(&self) -> f64 {
        self.now
    }

    /// The same variables with another rule for several results.
    pub fn with_several(mut self, several: Several) -> Self {
        self.several = several;
        self
    }

    /// What becomes of several results.
    pub(super) fn several(&self) -> Several {
        self.several
    }

    /// The work that expressions may still do with these variables and all clones of them until the
    /// instance waits for something.
    pub(super) fn budget(&self) -> u64 {
        MAX_WORK.saturating_sub(self.work.load(Ordering::Relaxed))
    }

    /// Records the work of an expression.
    pub(super) fn spend(&self, work: u64) {
        self.work.fetch_add(work, Ordering::Relaxed);
    }

    /// Restores the whole budget: the instance has waited for something.
    pub fn refill(&self) {
        self.work.store(0, Ordering::Relaxed);
    }
}
