//! A `listen` in progress: which events it has consumed, and whether it consumes the next one.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap, VecDeque},
    rc::Rc,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CloudEvent, Filter, Strategy, matching};
use crate::{
    engine::{EventId, InstanceId, RaisedEvent},
    score::{
        Variables,
        task::{Listen, Until},
    },
};

/// The source and id of an event.
pub type EventIdentity = (String, String);

/// The events that an instance has consumed and emitted. Shared by its listeners.
#[derive(Debug)]
pub(in crate::score) struct SeenEvents {
    instance: InstanceId,
    /// Consumed events by identity, with their position in the history: the same event at another
    /// position is a duplicate.
    consumed: HashMap<EventIdentity, EventId>,
    /// Emitted events by identity, with the line of tasks that emitted each.
    emitted: HashMap<EventIdentity, u64>,
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

    /// The consumed events, and the emitted ones by line, for the next run.
    pub fn identities(&self) -> (Vec<EventIdentity>, BTreeMap<u64, Vec<EventIdentity>>) {
        let mut consumed: Vec<_> = self.consumed.keys().cloned().collect();
        consumed.sort();
        let mut emitted: BTreeMap<u64, Vec<EventIdentity>> = BTreeMap::new();
        for (event, line) in &self.emitted {
            emitted.entry(*line).or_default().push(event.clone());
        }
        emitted.values_mut().for_each(|events| events.sort());
        (consumed, emitted)
    }

    /// Adds the events that the runs before have seen.
    pub fn extend(
        &mut self,
        consumed: &[EventIdentity],
        emitted: &BTreeMap<u64, Vec<EventIdentity>>,
    ) {
        // They have no position in this history: each of them is a duplicate here.
        let elsewhere = EventId(u64::MAX);
        let consumed = consumed.iter().map(|event| (event.clone(), elsewhere));
        self.consumed.extend(consumed);
        for (line, events) in emitted {
            let events = events.iter().map(|event| (event.clone(), *line));
            self.emitted.extend(events);
        }
    }
}

/// The state of a listener that the next run continues.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListenerState {
    /// The filters of `to` without an event yet, by index.
    pub to: Vec<usize>,
    /// The filters of `until` without an event yet, by index.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub until: Vec<usize>,
    /// The values of correlations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub correlated: BTreeMap<String, Value>,
    /// It has consumed its last event.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_done: bool,
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

    /// Continues from the state that it had in the run before.
    pub fn resume(&mut self, state: ListenerState) {
        self.to.missing = state.to;
        if let Some(until) = &mut self.until {
            until.missing = state.until;
        }
        self.correlated = state.correlated;
        self.is_done = state.is_done;
    }

    /// Its state, for the next run.
    pub fn state(&self) -> ListenerState {
        let until = self.until.as_ref();
        ListenerState {
            to: self.to.missing.clone(),
            until: until.map_or_else(Vec::new, |until| until.missing.clone()),
            correlated: self.correlated.clone(),
            is_done: self.is_done,
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

    /// Whether there are consumed events that were not taken yet.
    pub fn has_unread(&self) -> bool {
        !self.consumed.is_empty()
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
        for filter in parts.into_iter().flatten().flat_map(Progress::missing) {
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
    filters: Vec<Filter>,
    /// The indices of filters without an event yet; of `one` and `any`, all of them.
    missing: Vec<usize>,
    /// Every filter needs an event of its own.
    needs_all: bool,
    /// Any event matches.
    matches_any: bool,
}

impl Progress {
    fn new(strategy: &Strategy) -> Self {
        Self {
            filters: strategy.filters().to_vec(),
            missing: (0..strategy.filters().len()).collect(),
            needs_all: matches!(strategy, Strategy::All(_)),
            matches_any: strategy.filters().is_empty(),
        }
    }

    fn missing(&self) -> impl Iterator<Item = &Filter> {
        let filter = |index: &usize| self.filters.get(*index);
        self.missing.iter().filter_map(filter)
    }

    /// Counts an event if it matches; `Some(true)`: nothing is missing any more.
    fn count(&mut self, listener: &mut Listener, event: &CloudEvent) -> Option<bool> {
        if self.matches_any {
            return Some(true);
        }
        let matches = |index: &usize| {
            let filter = self.filters.get(*index);
            filter.is_some_and(|filter| listener.matches(filter, event))
        };
        let index = self.missing.iter().position(matches)?;
        if !self.needs_all {
            return Some(true);
        }
        self.missing.remove(index);
        Some(self.missing.is_empty())
    }
}
