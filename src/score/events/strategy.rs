//! Consumption strategies and filters of events.

use crate::score::{Expression, Template};

/// `emit`: the attributes of the event, `data` included.
#[derive(Debug, Clone, PartialEq)]
pub struct EmitTask {
    /// `event.with`.
    pub with: Vec<(String, Template)>,
}

/// Which events are consumed.
#[derive(Debug, Clone, PartialEq)]
pub enum Strategy {
    /// The first event that matches.
    One(Filter),
    /// The first event that matches any filter, or all of them until listening ends. Without
    /// filters, any event matches.
    Any(Vec<Filter>),
    /// One event for each filter, in any order.
    All(Vec<Filter>),
}

/// A filter of events.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// `with`: the attributes of matching events.
    pub with: Vec<(String, Template)>,
    /// `correlate`: values that must be the same in all of them.
    pub correlate: Vec<(String, Correlation)>,
}

/// A correlation between events.
#[derive(Debug, Clone, PartialEq)]
pub struct Correlation {
    /// `from`: returns the value of an event.
    pub from: Expression,
    /// `expect`: the expected value. `None`: that of the first event.
    pub expect: Option<Template>,
}

impl Strategy {
    /// Its filters. Without any, any event matches.
    pub fn filters(&self) -> &[Filter] {
        match self {
            Self::One(filter) => std::slice::from_ref(filter),
            Self::Any(filters) | Self::All(filters) => filters,
        }
    }
}

impl Filter {
    /// The type of matching events, if it is a literal.
    pub fn kind(&self) -> Option<&str> {
        let kind = self.with.iter().find(|(name, _)| name == "type")?;
        match &kind.1 {
            Template::Literal(kind) => kind.as_str(),
            _ => None,
        }
    }
}
