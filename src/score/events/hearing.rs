//! What a `listen` has heard so far, and whether it wants what comes next.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap, VecDeque},
    rc::Rc,
};

use serde_json::Value;

use super::{CloudEvent, Filter, Listen, Strategy, Until, fits};
use crate::{
    engine::{EventId, InstanceId, RaisedEvent},
    score::Variables,
};

/// What an instance knows of all events that came to it. Shared by its listeners.
#[derive(Debug)]
pub(in crate::score) struct Ear {
    instance: InstanceId,
    /// Events that were heard, and where they came: the same event at another place came twice.
    heard: HashMap<(String, String), EventId>,
    /// Who in this instance emitted an event, by its source and id.
    emitted: HashMap<(String, String), u64>,
}

impl Ear {
    pub fn new(instance: InstanceId) -> Self {
        Self {
            instance,
            heard: HashMap::new(),
            emitted: HashMap::new(),
        }
    }

    /// A line of tasks emits an event. It does not hear itself.
    pub fn emits(&mut self, event: &CloudEvent, line: u64) {
        self.emitted.insert(event.identity(), line);
    }
}

/// An event that was wanted.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::score) struct Heard {
    /// The event; `None`: it only counts for `until`.
    pub event: Option<CloudEvent>,
    /// Listening is over with it.
    pub is_last: bool,
}

/// A `listen` under way.
#[derive(Debug)]
pub(in crate::score) struct Hearing {
    ear: Rc<RefCell<Ear>>,
    /// The line of tasks that listens.
    line: u64,
    to: Progress,
    until: Option<Progress>,
    /// It goes on until somebody decides that it is over.
    is_open_ended: bool,
    variables: Variables,
    /// The input of the task.
    input: Value,
    /// Values of correlations that the first event decided.
    correlated: BTreeMap<String, Value>,
    is_over: bool,
    heard: VecDeque<Heard>,
}

impl Hearing {
    pub fn new(
        listen: &Listen,
        ear: Rc<RefCell<Ear>>,
        line: u64,
        input: Value,
        variables: Variables,
    ) -> Self {
        let until = match &listen.until {
            Some(Until::Events(strategy)) => Some(Progress::new(strategy)),
            _ => None,
        };
        Self {
            ear,
            line,
            to: Progress::new(&listen.to),
            until,
            is_open_ended: listen.until.is_some(),
            variables,
            input,
            correlated: BTreeMap::new(),
            is_over: false,
            heard: VecDeque::new(),
        }
    }

    /// Whether an event is wanted; one that is will be the next to be [taken](Self::take).
    pub fn wants(&mut self, incoming: &RaisedEvent) -> bool {
        if self.is_over {
            return false;
        }
        let (event, is_meant) = {
            let ear = self.ear.borrow();
            let event = CloudEvent::of(incoming, &ear.instance);
            let identity = event.identity();
            let before = ear.heard.get(&identity);
            let is_new = before.is_none_or(|place| *place == incoming.event);
            let is_own = ear.emitted.get(&identity) == Some(&self.line);
            (event, is_new && !is_own)
        };
        if !is_meant {
            return false;
        }
        let Some(heard) = self.verdict(&event) else {
            return false;
        };
        self.is_over = heard.is_last;
        self.heard.push_back(heard);
        let mut ear = self.ear.borrow_mut();
        ear.heard.insert(event.identity(), incoming.event);
        true
    }

    /// What comes of an event; `None`: it is not wanted.
    fn verdict(&mut self, event: &CloudEvent) -> Option<Heard> {
        if let Some(mut until) = self.until.take() {
            let counts = until.count(self, event);
            self.until = Some(until);
            if let Some(is_last) = counts {
                let event = None;
                return Some(Heard { event, is_last });
            }
        }
        let mut to = std::mem::take(&mut self.to);
        let counts = to.count(self, event);
        self.to = to;
        counts.map(|is_all| Heard {
            event: Some(event.clone()),
            is_last: is_all && !self.is_open_ended,
        })
    }

    /// Whether an event fits a filter; if so, it decides what is not yet decided.
    fn fits(&mut self, filter: &Filter, event: &CloudEvent) -> bool {
        if !filter.fits(event, &self.variables) {
            return false;
        }
        let envelope = event.to_value();
        let mut decided = Vec::new();
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
                Some(expected) if !fits::same(&expected, &value) => return false,
                Some(_) => {}
                None => decided.push((name.clone(), value)),
            }
        }
        self.correlated.extend(decided);
        true
    }

    /// What was heard of an event that came.
    pub fn take(&mut self) -> Option<Heard> {
        self.heard.pop_front()
    }

    /// The types of the events that are still waited for; none: any event.
    pub fn names(&self) -> Vec<String> {
        if self.to.takes_anything {
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

/// How far a strategy has come.
#[derive(Debug, Default)]
struct Progress {
    /// Filters that nothing has fitted yet; of `one` and `any`, all of them.
    missing: Vec<Filter>,
    /// Every filter needs an event of its own.
    needs_all: bool,
    /// Any event fits.
    takes_anything: bool,
}

impl Progress {
    fn new(strategy: &Strategy) -> Self {
        Self {
            missing: strategy.filters().to_vec(),
            needs_all: matches!(strategy, Strategy::All(_)),
            takes_anything: strategy.filters().is_empty(),
        }
    }

    /// Counts an event if it fits; `Some(true)`: nothing is missing any more.
    fn count(&mut self, hearing: &mut Hearing, event: &CloudEvent) -> Option<bool> {
        if self.takes_anything {
            return Some(true);
        }
        let fits = |filter: &Filter| hearing.fits(filter, event);
        let place = self.missing.iter().position(fits)?;
        if !self.needs_all {
            return Some(true);
        }
        self.missing.remove(place);
        Some(self.missing.is_empty())
    }
}
