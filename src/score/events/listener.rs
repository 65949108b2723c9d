//! A `listen` in progress: which events it has consumed, and whether it consumes the next one.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap, VecDeque},
    rc::Rc,
};

use serde_json::Value;

use super::{CloudEvent, Filter, Strategy, matching};
use crate::{
    engine::{EventId, InstanceId, RaisedEvent},
    score::{
        Variables,
        task::{Listen, Until},
    },
};

/// The events that an instance has consumed and emitted. Shared by its listeners.
#[derive(Debug)]
pub(in crate::score) struct SeenEvents {
    instance: InstanceId,
    /// Consumed events by identity, with their position in the history: the same event at another
    /// position is a duplicate.
    consumed: HashMap<(String, String), EventId>,
    /// Emitted events by identity, with the line of tasks that emitted each.
    emitted: HashMap<(String, String), u64>,
}

impl SeenEvents {
    /// The events of an instance that has seen none yet.
    pub fn new(instance: InstanceId) -> Self {
        Self {
            instance,
            consumed: HashMap::new(),
            emitted: HashMap::new(),
        }
    }

    /// Records that a line of tasks emitted an event. It does not consume its own events.
    pub fn record_emitted(&mut self, event: &CloudEvent, line: u64) {
        self.emitted.insert(event.identity(), line);
    }
}

/// An event that a listener consumed.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::score) struct Consumed {
    /// The event. `None`: it only counts for `until`.
    pub event: Option<CloudEvent>,
    /// Whether listening ends with it.
    pub is_last: bool,
}

/// A `listen` in progress.
#[derive(Debug)]
pub(in crate::score) struct Listener {
    seen: Rc<RefCell<SeenEvents>>,
    /// The line of tasks that listens.
    line: u64,
    to: Progress,
    until: Option<Progress>,
    /// It ends with `until`, not with its own events.
    is_open_ended: bool,
    variables: Variables,
    /// The input of the task.
    input: Value,
    /// The values of correlations, set by the first event.
    correlated: BTreeMap<String, Value>,
    is_done: bool,
    /// Events that were consumed and not taken yet.
    consumed: VecDeque<Consumed>,
}

impl Listener {
    pub fn new(
        listen: &Listen,
        seen: Rc<RefCell<SeenEvents>>,
        line: u64,
        input: Value,
        variables: Variables,
    ) -> Self {
        let until = match &listen.until {
            Some(Until::Events(strategy)) => Some(Progress::new(strategy)),
            _ => None,
        };
        Self {
            seen,
            line,
            to: Progress::new(&listen.to),
            until,
            is_open_ended: listen.until.is_some(),
            variables,
            input,
            correlated: BTreeMap::new(),
            is_done: false,
            consumed: VecDeque::new(),
        }
    }

    /// Consumes an event if it matches; [`take`](Self::take) returns it then.
    pub fn consume(&mut self, incoming: &RaisedEvent) -> bool {
        if self.is_done {
            return false;
        }
        let (event, is_eligible) = {
            let seen = self.seen.borrow();
            let event = CloudEvent::from_incoming(incoming, &seen.instance);
            let identity = event.identity();
            let before = seen.consumed.get(&identity);
            let is_new = before.is_none_or(|position| *position == incoming.event);
            let is_own = seen.emitted.get(&identity) == Some(&self.line);
            (event, is_new && !is_own)
        };
        if !is_eligible {
            return false;
        }
        let Some(consumed) = self.match_event(&event) else {
            return false;
        };
        self.is_done = consumed.is_last;
        self.consumed.push_back(consumed);
        let mut seen = self.seen.borrow_mut();
        seen.consumed.insert(event.identity(), incoming.event);
        true
    }

    /// The result of an event. `None`: it does not match.
    fn match_event(&mut self, event: &CloudEvent) -> Option<Consumed> {
        if let Some(mut until) = self.until.take() {
            let counts = until.count(self, event);
            self.until = Some(until);
            if let Some(is_last) = counts {
                let event = None;
                return Some(Consumed { event, is_last });
            }
        }
        let mut to = std::mem::take(&mut self.to);
        let counts = to.count(self, event);
        self.to = to;
        counts.map(|is_all| Consumed {
            event: Some(event.clone()),
            is_last: is_all && !self.is_open_ended,
        })
    }

    /// Whether an event matches a filter. If so, it sets the correlations that are still open.
    fn matches(&mut self, filter: &Filter, event: &CloudEvent) -> bool {
        if !filter.matches(event, &self.variables) {
            return false;
        }
        let envelope = event.to_value();
        let mut opened = Vec::new();
        for (name, correlation) in &filter.correlate {
            let value = match correlation.from.evaluate(&envelope, &self.variables) {
                Ok(value) if !value.is_null() => value,
                _ => return false,
            };
            let expected = match &correlation.expect {
                Some(expect) => match expect.evaluate(&self.input, &self.variables) {
                    Ok(expected) => Some(expected),
                    Err(_) => return false,
                },
                None => self.correlated.get(name).cloned(),
            };
            match expected {
                Some(expected) if !matching::equal(&expected, &value) => return false,
                Some(_) => {}
                None => opened.push((name.clone(), value)),
            }
        }
        self.correlated.extend(opened);
        true
    }

    /// The next consumed event.
    pub fn take(&mut self) -> Option<Consumed> {
        self.consumed.pop_front()
    }

    /// The types of the events that it still waits for; empty: any event.
    pub fn names(&self) -> Vec<String> {
        if self.to.matches_any {
            return Vec::new();
        }
        let parts = [Some(&self.to), self.until.as_ref()];
        let mut names: Vec<String> = Vec::new();
        for filter in parts.into_iter().flatten().flat_map(|part| &part.missing) {
            if let Some(kind) = filter.kind()
                && !names.iter().any(|name| name == kind)
            {
                names.push(kind.to_owned());
            }
        }
        names
    }
}

/// The progress of a strategy.
#[derive(Debug, Default)]
struct Progress {
    /// Filters without an event yet; of `one` and `any`, all of them.
    missing: Vec<Filter>,
    /// Every filter needs an event of its own.
    needs_all: bool,
    /// Any event matches.
    matches_any: bool,
}

impl Progress {
    fn new(strategy: &Strategy) -> Self {
        Self {
            missing: strategy.filters().to_vec(),
            needs_all: matches!(strategy, Strategy::All(_)),
            matches_any: strategy.filters().is_empty(),
        }
    }

    /// Counts an event if it matches; `Some(true)`: nothing is missing any more.
    fn count(&mut self, listener: &mut Listener, event: &CloudEvent) -> Option<bool> {
        if self.matches_any {
            return Some(true);
        }
        let matches = |filter: &Filter| listener.matches(filter, event);
        let index = self.missing.iter().position(matches)?;
        if !self.needs_all {
            return Some(true);
        }
        self.missing.remove(index);
        Some(self.missing.is_empty())
    }
}
