//! What the conductor knows of an instance that makes music.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use super::{cast::Cast, trouble};
use crate::{
    engine::{
        Activity, ActivityContext, Event, EventId, EventKind, Failure, InstanceId, InstanceSummary,
    },
    music::Beat,
    score::{
        Instrument,
        calls::{EnterActivity, Performed, Play, PlayActivity},
    },
};

/// One run of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RunId {
    /// The instance.
    pub instance: InstanceId,
    /// Which run of it: 1, 2, ...
    pub run: u32,
}

impl RunId {
    /// The run that a summary tells of.
    pub fn of(summary: &InstanceSummary) -> Self {
        Self {
            instance: summary.id.clone(),
            run: summary.run,
        }
    }
}

/// A run of an instance that makes music.
pub(super) struct Lane {
    pub cast: Cast,
    past: Mutex<Past>,
}

/// What follows from the instance's history.
#[derive(Debug, Default)]
struct Past {
    /// The beat at which it came in.
    entered: Beat,
    /// Attempts that were made to fail so far, by instrument.
    failed: HashMap<String, u32>,
}

impl Lane {
    /// A lane with this history so far.
    pub fn new(cast: Cast, history: &[Event]) -> Self {
        Self {
            cast,
            past: Mutex::new(Past::of(history)),
        }
    }

    /// The instance comes in at a beat.
    pub fn enter(&self, at: Beat) {
        self.past().entered = at;
    }

    /// An instrument is about to play; fails if it is in trouble. `faults`: how often it is so now,
    /// whatever the score says.
    pub fn attempt(
        &self,
        instrument: &Instrument,
        at: Beat,
        context: &ActivityContext,
        faults: Option<f64>,
    ) -> Result<(), Failure> {
        let mut past = self.past();
        let entered = past.entered;
        let failed = past.failed.entry(instrument.name.clone()).or_default();
        let bar = self.cast.document.meter.bar();
        let strikes = match faults {
            Some(rate) => trouble::strikes_at(rate, context),
            None => trouble::strikes(instrument, bar, at - entered, *failed, context),
        };
        if strikes {
            *failed += 1;
            return Err(trouble::failure(instrument));
        }
        Ok(())
    }

    fn past(&self) -> std::sync::MutexGuard<'_, Past> {
        // Nothing that is done under the lock can panic halfway.
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Past {
    fn of(history: &[Event]) -> Self {
        let mut past = Self::default();
        let mut instruments: HashMap<EventId, String> = HashMap::new();
        let mut enters = None;
        for event in history {
            match &event.kind {
                EventKind::TaskScheduled { name, input, .. } if name == PlayActivity::NAME => {
                    if let Ok(play) = input.decode::<Play>() {
                        instruments.insert(event.id, play.instrument);
                    }
                }
                EventKind::TaskScheduled { name, .. } if name == EnterActivity::NAME => {
                    enters = Some(event.id);
                }
                EventKind::TaskCompleted { scheduled, result } if Some(*scheduled) == enters => {
                    if let Ok(performed) = result.decode::<Performed>() {
                        past.entered = performed.at;
                    }
                }
                EventKind::TaskFailed {
                    scheduled, failure, ..
                } => {
                    if trouble::is_on_purpose(failure)
                        && let Some(instrument) = instruments.get(scheduled)
                    {
                        *past.failed.entry(instrument.clone()).or_default() += 1;
                    }
                }
                _ => {}
            }
        }
        past
    }
}
