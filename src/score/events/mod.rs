//! Events between performances: what a score says about them, and which event fits what it says.
//!
//! An event is a [CloudEvent]. What is raised by hand (a cue) is taken for an event of that type with
//! that data.

mod cloud_event;
mod fits;
mod hearing;

use super::{Expression, Schemas, TaskList, Template};
pub use cloud_event::{CloudEvent, NotAnEvent};
pub(super) use hearing::{Ear, Hearing};

/// `emit`: the attributes of the event, its `data` among them.
#[derive(Debug, Clone, PartialEq)]
pub struct Emit {
    /// `event.with`.
    pub with: Vec<(String, Template)>,
}

/// `listen`.
#[derive(Debug, Clone, PartialEq)]
pub struct Listen {
    /// `to`: what is listened to.
    pub to: Strategy,
    /// `until`; only with [`Strategy::Any`].
    pub until: Option<Until>,
    /// `read`: what of an event the task gives.
    pub read: Read,
    /// `foreach`: what is done for each.
    pub foreach: Option<ForEach>,
}

/// Which events are consumed.
#[derive(Debug, Clone, PartialEq)]
pub enum Strategy {
    /// The first that fits.
    One(Filter),
    /// The first that fits any of these, or as many as come until it is over; no filter: any event.
    Any(Vec<Filter>),
    /// One for each of these, in whatever order they come.
    All(Vec<Filter>),
}

/// When listening to any of several is over.
#[derive(Debug, Clone, PartialEq)]
pub enum Until {
    /// Once this holds for the list of what was consumed so far.
    Condition(Expression),
    /// Once these have come. They are not part of the output.
    Events(Strategy),
}

/// Which events fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// `with`: attributes that they must have.
    pub with: Vec<(String, Template)>,
    /// `correlate`: what must be the same in all of them.
    pub correlate: Vec<(String, Correlation)>,
}

/// What an event is tied to.
#[derive(Debug, Clone, PartialEq)]
pub struct Correlation {
    /// `from`: gives the value from an event.
    pub from: Expression,
    /// `expect`: what it must be; without it the first event decides.
    pub expect: Option<Template>,
}

/// What of an event a `listen` gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Read {
    /// Its data.
    #[default]
    Data,
    /// All of it.
    Envelope,
    /// Its data as it came, also where it is encoded.
    Raw,
}

/// `foreach` of a `listen`.
#[derive(Debug, Clone, PartialEq)]
pub struct ForEach {
    /// The variable that holds the event, as it is read.
    pub item: String,
    /// The variable that holds its index, from 0.
    pub at: String,
    /// What is done for each; its input is the event as it is read.
    pub tasks: TaskList,
    /// `output.as`: what each adds to the task's output.
    pub output: Option<Template>,
    /// `export.as`: the new context after each.
    pub export: Option<Template>,
    /// `output.schema` and `export.schema`.
    pub schemas: Schemas,
}

impl Listen {
    /// Whether its waits carry the task's time limit themselves, so that the history shows one wait.
    pub(super) fn keeps_time(&self) -> bool {
        self.foreach.is_none()
    }

    /// Whether an event of this type may fit one of its filters.
    pub fn may_hear(&self, kind: &str) -> bool {
        let until = match &self.until {
            Some(Until::Events(strategy)) => strategy.may_hear(kind),
            _ => false,
        };
        until || self.to.may_hear(kind)
    }
}

impl Strategy {
    /// Its filters; none: any event fits.
    pub fn filters(&self) -> &[Filter] {
        match self {
            Self::One(filter) => std::slice::from_ref(filter),
            Self::Any(filters) | Self::All(filters) => filters,
        }
    }

    /// Whether an event of this type may fit one of its filters.
    pub fn may_hear(&self, kind: &str) -> bool {
        let filters = self.filters();
        filters.is_empty() || filters.iter().any(|filter| filter.may_hear(kind))
    }
}

impl Filter {
    fn may_hear(&self, kind: &str) -> bool {
        match self.with.iter().find(|(name, _)| name == "type") {
            Some((_, Template::Literal(wanted))) => fits::attribute(wanted, kind),
            _ => true,
        }
    }

    /// The type of the events that it waits for, if it is said literally.
    pub fn kind(&self) -> Option<&str> {
        let kind = self.with.iter().find(|(name, _)| name == "type")?;
        match &kind.1 {
            Template::Literal(kind) => kind.as_str(),
            _ => None,
        }
    }
}
