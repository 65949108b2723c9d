//! The variables that expressions see, and how much work expressions have done.
//!
//! Values are shared, not copied: every task has its own set, and most expressions mention none.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::Value;

/// The most work that expressions may do without anything being waited for: values read and written,
/// and rounds of loops. About a second.
const MAX_WORK: u64 = 5_000_000;

/// The value of a variable.
#[derive(Debug, Clone, PartialEq)]
pub enum Known {
    /// A value.
    Value(Arc<Value>),
    /// The part of a value that a JSON pointer names; null if there is none.
    Part(Arc<Value>, String),
    /// A map with members that are known.
    Map(Vec<(&'static str, Known)>),
}

impl From<Value> for Known {
    fn from(value: Value) -> Self {
        Self::Value(Arc::new(value))
    }
}

impl From<Arc<Value>> for Known {
    fn from(value: Arc<Value>) -> Self {
        Self::Value(value)
    }
}

/// Values of named variables, without the `$`.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    known: BTreeMap<String, Known>,
    work: Arc<AtomicU64>,
}

impl PartialEq for Variables {
    fn eq(&self, other: &Self) -> bool {
        self.known == other.known
    }
}

impl Variables {
    /// No variables.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives a variable a value.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Known>) {
        self.known.insert(name.into(), value.into());
    }

    /// Takes a variable away.
    pub fn unset(&mut self, name: &str) {
        self.known.remove(name);
    }

    /// The same with one more.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Known>) -> Self {
        self.set(name, value);
        self
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&Known> {
        self.known.get(name)
    }

    /// What expressions may still read, write and go round with these variables and all copies of
    /// them, before something is waited for.
    pub(super) fn room(&self) -> u64 {
        MAX_WORK.saturating_sub(self.work.load(Ordering::Relaxed))
    }

    /// An expression has worked.
    pub(super) fn worked(&self, work: u64) {
        self.work.fetch_add(work, Ordering::Relaxed);
    }

    /// Something was waited for: there is room again.
    pub fn rested(&self) {
        self.work.store(0, Ordering::Relaxed);
    }
}
