//! Lanes: instances that perform a score.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

use super::{channels::Assignments, trouble};
use crate::{
    engine::{
        Activity, ActivityContext, Event, EventId, EventKind, Failure, InstanceId, InstanceSummary,
    },
    music::{Beat, Beats, Channel, LaneId, Message, MeterMap, Transport},
    score::{
        ControlState, Document, Instrument, ScoreInput,
        calls::{
            Control, ControlActivity, EnterActivity, Entered, Phrase, PhraseActivity, Play,
            PlayActivity,
        },
    },
};

/// One run of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RunId {
    /// The instance.
    pub instance: InstanceId,
    /// The number of the run: 1, 2, ...
    pub run: u32,
}

impl RunId {
    /// The run that a summary describes.
    pub fn of(summary: &InstanceSummary) -> Self {
        Self {
            instance: summary.id.clone(),
            run: summary.run,
        }
    }
}

/// A run of an instance that performs a score.
pub(super) struct Lane {
    /// The score.
    pub document: Document,
    /// The instance's lane at the player.
    pub id: LaneId,
    /// The port and channel of each instrument.
    pub assignments: Arc<Assignments>,
    past: Mutex<Past>,
    /// It begins nothing at this beat or later: it will be terminated. Shared by the runs that continue each
    /// other.
    ends: Arc<watch::Sender<Option<Beat>>>,
}

/// A lane's place in the performance that it joined.
#[derive(Debug, Clone, Copy)]
struct Beginning {
    /// It plays nothing before this beat.
    at: Beat,
    /// What it asks for earlier comes later by this, in whole bars, so that its branches stay together.
    later: Beats,
}

/// State derived from the instance's history.
#[derive(Debug, Default)]
struct Past {
    /// The beat at which it entered.
    entered: Beat,
    /// It plays nothing before this beat: it joined the performance there.
    begins: Option<Beginning>,
    /// Injected failures so far, by instrument.
    failed: HashMap<String, u32>,
    /// What its controls have set.
    controls: ControlState,
    /// When the last note ends that was handed over to the player by this process.
    sounds_until: Beat,
}

impl Lane {
    /// A lane with these histories so far: those of the runs that continue each other, latest first.
    pub fn new(
        document: Document,
        id: LaneId,
        assignments: Arc<Assignments>,
        histories: &[Vec<Event>],
    ) -> Self {
        Self {
            document,
            id,
            assignments,
            past: Mutex::new(Past::of(histories)),
            ends: Arc::default(),
        }
    }

    /// The lane of the next run, if that continues from the position of this one.
    pub fn continued(&self) -> Self {
        let past = self.past();
        Self {
            document: self.document.clone(),
            id: self.id,
            assignments: Arc::clone(&self.assignments),
            past: Mutex::new(Past {
                entered: past.entered,
                begins: past.begins,
                failed: past.failed.clone(),
                controls: past.controls.clone(),
                sounds_until: past.sounds_until,
            }),
            ends: Arc::clone(&self.ends),
        }
    }

    /// Records the beat at which the instance enters.
    pub fn enter(&self, at: Beat) {
        self.past().entered = at;
    }

    /// Lets it play nothing before this beat. `first` is the earliest beat that it has asked for.
    pub fn begin_at(&self, at: Beat, first: Option<Beat>, transport: Transport) {
        let later = first.map_or(Beats::ZERO, |first| transport.in_phase(first, at) - first);
        self.past().begins = Some(Beginning { at, later });
    }

    /// Lets it begin nothing at this beat or later.
    pub fn end_at(&self, beat: Beat) {
        self.ends.send_replace(Some(beat));
    }

    /// Lets it begin what it likes again.
    pub fn play_on(&self) {
        self.ends.send_replace(None);
    }

    /// Whether something may begin at this beat.
    pub fn may_begin(&self, at: Beat) -> bool {
        self.ends.borrow().is_none_or(|ends| at < ends)
    }

    /// Waits until something may begin at any beat.
    pub async fn until_it_plays_on(&self) {
        // The lane holds the sender, so this cannot fail.
        let _ = self.ends.subscribe().wait_for(Option::is_none).await;
    }

    /// A note was handed over that ends then.
    pub fn sounds(&self, until: Beat) {
        let mut past = self.past();
        past.sounds_until = past.sounds_until.max(until);
    }

    /// When the last note ends that was handed over.
    pub fn sounds_until(&self) -> Beat {
        self.past().sounds_until
    }

    /// The requested beat, or the same position in the first bar in which it plays.
    pub fn in_its_time(&self, transport: Transport, asked: Beat) -> Beat {
        let begins = self.past().begins;
        match begins {
            Some(Beginning { at, later }) if asked < at => transport.in_phase(asked + later, at),
            _ => asked,
        }
    }

    /// Fails if a fault is injected into this attempt of an instrument. `faults` is the share of failing
    /// notes that the mixer sets; it overrides the score.
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
        let meters = self.document.meters;
        let bars = match meters.is_constant() {
            true => (at - entered) / meters.first().bar(),
            false => Beats::whole(meters.starting_at(entered).bar_and_position(at).0),
        };
        let strikes = match faults {
            Some(rate) => trouble::strikes_at(rate, context),
            None => trouble::strikes(instrument, bars, *failed, context),
        };
        if strikes {
            *failed += 1;
            return Err(trouble::failure(instrument));
        }
        Ok(())
    }

    /// A control was performed.
    pub fn controlled(&self, control: &Control) {
        self.past().controls.apply(control);
    }

    /// The messages that set a channel as the lane has set that of an instrument.
    pub fn chase(&self, instrument: &str, channel: Channel) -> Vec<Message> {
        self.past().controls.messages(instrument, channel)
    }

    fn past(&self) -> std::sync::MutexGuard<'_, Past> {
        // No code that holds the lock can panic halfway.
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Past {
    fn of(histories: &[Vec<Event>]) -> Self {
        let mut past = Self::default();
        histories.iter().for_each(|history| past.fold(history));
        if let Some(history) = histories.first() {
            past.controls = controls_of(history);
        }
        past
    }

    fn fold(&mut self, history: &[Event]) {
        let past = self;
        let mut instruments: HashMap<EventId, String> = HashMap::new();
        let mut enters = None;
        for event in history {
            match &event.kind {
                EventKind::ExecutionStarted { input, .. } => {
                    let start = input.decode::<ScoreInput>().ok();
                    if let Some(position) = start.and_then(|start| start.position) {
                        past.entered = position.entered;
                    }
                }
                EventKind::TaskScheduled { name, input, .. } if name == PlayActivity::NAME => {
                    if let Ok(play) = input.decode::<Play>() {
                        instruments.insert(event.id, play.instrument);
                    }
                }
                EventKind::TaskScheduled { name, input, .. } if name == PhraseActivity::NAME => {
                    let phrase = input.decode::<Phrase>().ok();
                    let first = phrase.and_then(|phrase| phrase.notes.into_iter().next());
                    instruments.extend(first.map(|play| (event.id, play.instrument)));
                }
                EventKind::TaskScheduled { name, .. } if name == EnterActivity::NAME => {
                    enters = Some(event.id);
                }
                EventKind::TaskCompleted { scheduled, result } if Some(*scheduled) == enters => {
                    if let Ok(entered) = result.decode::<Entered>() {
                        past.entered = entered.performed.at;
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
    }
}

/// The meters of a score that entered at a beat. A single one is counted from beat 0, like those of others.
pub(super) fn meters_from(document: &Document, entered: Beat) -> MeterMap {
    match document.meters.is_constant() {
        true => document.meters,
        false => document.meters.starting_at(entered),
    }
}

/// The beat at which the run of a history entered.
pub(super) fn entered(history: &[Event]) -> Beat {
    let mut past = Past::default();
    past.fold(history);
    past.entered
}

/// What the controls of a run, and of those before it, have set.
fn controls_of(history: &[Event]) -> ControlState {
    let mut state = ControlState::default();
    let mut asked: HashMap<EventId, Control> = HashMap::new();
    for event in history {
        match &event.kind {
            EventKind::ExecutionStarted { input, .. } => {
                if let Ok(start) = input.decode::<ScoreInput>() {
                    state = start.controls;
                }
            }
            EventKind::TaskScheduled { name, input, .. } if name == ControlActivity::NAME => {
                asked.extend(input.decode().ok().map(|control| (event.id, control)));
            }
            EventKind::TaskCompleted { scheduled, .. } => {
                if let Some(control) = asked.remove(scheduled) {
                    state.apply(&control);
                }
            }
            _ => {}
        }
    }
    state
}

/// Whether a run continues from the position of the run before.
pub(super) fn is_continued(history: &[Event]) -> bool {
    let Some(EventKind::ExecutionStarted { input, .. }) = history.first().map(|first| &first.kind)
    else {
        return false;
    };
    let start = input.decode::<ScoreInput>();
    start.is_ok_and(|start| start.position.is_some())
}

/// The channel of each instrument, as a history records them.
pub(super) fn recorded_channels(history: &[Event]) -> BTreeMap<String, u8> {
    let mut channels = BTreeMap::new();
    let mut enters = None;
    for event in history {
        match &event.kind {
            EventKind::ExecutionStarted { input, .. } => {
                if let Ok(start) = input.decode::<ScoreInput>() {
                    channels.extend(start.channels);
                }
            }
            EventKind::TaskScheduled { name, .. } if name == EnterActivity::NAME => {
                enters = Some(event.id);
            }
            EventKind::TaskCompleted { scheduled, result } if Some(*scheduled) == enters => {
                if let Ok(entered) = result.decode::<Entered>() {
                    channels.extend(entered.channels);
                }
                return channels;
            }
            _ => {}
        }
    }
    channels
}
