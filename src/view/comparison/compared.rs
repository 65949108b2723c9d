//! Two compared runs as they are drawn and heard: two lanes on one axis of time.

use std::sync::Arc;

use super::{
    Comparison,
    retimed::{Onsets, performed, retimed},
    shared_time::{Course, SharedTime},
};
use crate::{
    conductor::Direction,
    engine::{Committed, Event, EventKind, Fork, History, InstanceId, InstanceSummary, Timestamp},
    view::{
        histories::{HistorySource, OpenedHistory, OpeningNumber},
        lane::LaneModel,
        overview::Overview,
        playhead::TimeRange,
        time_map::TimeMap,
        transport_view::TransportView,
    },
};

/// A run that was read to be compared.
#[derive(Debug, Clone)]
pub struct RunHistory {
    /// Its name on screen: the id of its instance, or the name of its file.
    pub name: String,
    /// The run: 1, 2, ...
    pub run: u32,
    /// Its events.
    pub history: History,
}

/// Two compared runs. All moments are those of the axis that they share: what is the same in both is at the
/// same moment, so that one playhead serves both.
#[derive(Debug, Clone)]
pub struct ComparedRuns {
    /// What is compared: `Two runs of Two cities`.
    pub title: String,
    /// The first run and the second.
    pub sides: [ComparedSide; 2],
    /// What they have in common and where they differ.
    pub comparison: Comparison,
    /// From the first start to the end of the last event and note.
    pub range: TimeRange,
    /// The beats of the first run over time.
    pub time_map: Arc<TimeMap>,
    /// The events of the first run over time.
    pub overview: Arc<Overview>,
    /// When each difference is.
    moments: Vec<Timestamp>,
    /// The moments of all events, without repetition.
    events: Vec<Timestamp>,
}

/// One of two compared runs.
#[derive(Debug, Clone)]
pub struct ComparedSide {
    /// Its name: the id of its instance, or the name of its file.
    pub name: String,
    /// Which of both it is: `as it was`, `rerun from event 12`, `run 3`, `second run`.
    pub word: String,
    /// Its lane, on the shared axis. Its id is made up: no command for it reaches an instance.
    pub lane: Arc<LaneModel>,
}

/// What has become of a comparison that the window asked for.
#[derive(Debug, Clone, Default)]
pub enum MadeComparison {
    /// The histories are read and compared.
    #[default]
    Making,
    /// Here it is.
    Made(Arc<ComparedRuns>),
    /// They cannot be compared, with the reason in a sentence.
    Failed(Arc<str>),
}

impl ComparedRuns {
    /// Compares two runs; the earlier one is the first, and a rerun comes after its source. `transport`
    /// gives the length of a bar. `None`: one of them has no events.
    pub fn of(one: RunHistory, other: RunHistory, transport: TransportView) -> Option<Self> {
        let (first, second) = match comes_before(&other, &one) {
            true => (other, one),
            false => (one, other),
        };
        let (left, right) = (&first.history.events, &second.history.events);
        let comparison = Comparison::of(&first.history, &second.history);
        let same = &comparison.aligned;
        let axis = SharedTime::of(left, right, same);
        let onsets = onsets(left, right, same, &axis.left);
        let [left, right] = [
            retimed(left, &axis.left, &Onsets::new()),
            retimed(right, &axis.right, &onsets),
        ];
        let moments = moments(&comparison, &left, &right);
        let mut events: Vec<_> = left.iter().chain(&right).map(|event| event.at).collect();
        events.sort_unstable();
        events.dedup();
        let words = words(&first, &second);
        let [ours, theirs] = [
            fold("compared: first", left, first.run, transport)?,
            fold("compared: second", right, second.run, transport)?,
        ];
        let ranges = (ours.range(), theirs.range());
        let title = format!("Two runs of {}", ours.lane.title());
        let names = [first.name, second.name];
        let lanes = [&ours, &theirs].map(|side| Arc::clone(&side.lane));
        let mut sides = names.into_iter().zip(words).zip(lanes);
        let mut side = || {
            let ((name, word), lane) = sides.next()?;
            Some(ComparedSide { name, word, lane })
        };
        Some(Self {
            title,
            sides: [side()?, side()?],
            range: TimeRange {
                from: ranges.0.from.min(ranges.1.from),
                until: ranges.0.until.max(ranges.1.until),
            },
            time_map: ours.time_map,
            overview: ours.overview,
            comparison,
            moments,
            events,
        })
    }

    /// When a difference is.
    pub fn moment(&self, difference: usize) -> Option<Timestamp> {
        self.moments.get(difference).copied()
    }

    /// The difference that a moment shows: the last one until then, of several at once the first; before
    /// all of them the first.
    pub fn difference_at(&self, moment: Timestamp) -> Option<usize> {
        let first = *self.moments.first()?;
        let until = self.moments.partition_point(|at| *at <= moment.max(first));
        let at = self.moments.get(until.checked_sub(1)?)?;
        Some(self.moments.partition_point(|before| before < at))
    }

    /// The next difference in a direction from a moment at which `shown` is shown.
    pub fn next_difference(
        &self,
        from: Timestamp,
        shown: Option<usize>,
        direction: Direction,
    ) -> Option<usize> {
        let shown = shown?;
        let is_there = self.moment(shown)? == from;
        let next = match (direction, is_there) {
            (Direction::Forward, true) => shown + 1,
            (Direction::Forward, false) => self.moments.partition_point(|at| *at <= from),
            (Direction::Backward, true) => shown.checked_sub(1)?,
            (Direction::Backward, false) => self
                .moments
                .partition_point(|at| *at < from)
                .checked_sub(1)?,
        };
        (next < self.moments.len()).then_some(next)
    }

    /// The moment of the next event of either run in a direction.
    pub fn next_event(&self, from: Timestamp, direction: Direction) -> Option<Timestamp> {
        next(&self.events, from, direction)
    }

    /// A difference in a sentence: for the first one that of the whole comparison.
    pub fn sentence(&self, difference: Option<usize>) -> String {
        match difference.and_then(|number| Some((number, self.comparison.differences.get(number)?)))
        {
            None | Some((0, _)) => self.comparison.sentence.clone(),
            Some((number, difference)) => {
                let all = self.comparison.differences.len();
                format!("Difference {} of {all}: {}.", number + 1, difference.words)
            }
        }
    }

    /// A difference in a few words: `first difference: Ankara, attempt 2`.
    pub fn label(&self, difference: Option<usize>) -> String {
        let all = self.comparison.differences.len();
        match difference.and_then(|number| Some((number, self.comparison.differences.get(number)?)))
        {
            None => "no difference".to_owned(),
            Some((0, difference)) => format!("first difference: {}", difference.label),
            Some((number, difference)) => {
                format!("difference {} of {all}: {}", number + 1, difference.label)
            }
        }
    }
}

fn next(moments: &[Timestamp], from: Timestamp, direction: Direction) -> Option<Timestamp> {
    let place = match direction {
        Direction::Forward => moments.partition_point(|at| *at <= from),
        Direction::Backward => moments.partition_point(|at| *at < from).checked_sub(1)?,
    };
    moments.get(place).copied()
}

fn fork(run: &RunHistory) -> Option<&Fork> {
    match run.history.events.first().map(|first| &first.kind) {
        Some(EventKind::ExecutionStarted { fork, .. }) => fork.as_deref(),
        _ => None,
    }
}

/// Whether a run is a rerun of another: it says so, or, as files have other ids, it begins with the same events
/// at the same moments.
fn is_rerun(run: &RunHistory, of: &RunHistory) -> bool {
    let Some(at) = fork(run) else {
        return false;
    };
    if at.instance == of.history.instance {
        return at.run == of.run;
    }
    let from = usize::try_from(at.from.0).unwrap_or(usize::MAX);
    let moments = |run: &RunHistory| {
        let begin = run.history.events.get(..from)?.iter();
        Some(begin.map(|event| (event.id, event.at)).collect::<Vec<_>>())
    };
    let shared = moments(run).filter(|shared| !shared.is_empty());
    fork(of).is_none() && shared.is_some() && shared == moments(of)
}

fn comes_before(one: &RunHistory, other: &RunHistory) -> bool {
    let start = |run: &RunHistory| run.history.events.first().map(|first| first.at);
    is_rerun(other, one) || (!is_rerun(one, other) && start(one) < start(other))
}

/// Which of both each is.
fn words(first: &RunHistory, second: &RunHistory) -> [String; 2] {
    match fork(second).filter(|_| is_rerun(second, first)) {
        Some(fork) => [
            "as it was".to_owned(),
            format!("rerun from event {}", fork.from),
        ],
        None if first.history.instance == second.history.instance && first.run != second.run => {
            [first, second].map(|side| format!("run {}", side.run))
        }
        None => ["first run", "second run"].map(str::to_owned),
    }
}

/// Music that is the same begins at the same moment, whenever its result was committed.
fn onsets(left: &[Event], right: &[Event], same: &[(usize, usize)], course: &Course) -> Onsets {
    let begins = same.iter().filter_map(|(ours, theirs)| {
        let begun = performed(left, left.get(*ours)?)?;
        Some((right.get(*theirs)?.id, course.at(begun.onset)))
    });
    begins.collect()
}

/// The moment of each difference: that of the first of its events.
fn moments(comparison: &Comparison, left: &[Event], right: &[Event]) -> Vec<Timestamp> {
    let at = |events: &[Event], place: Option<usize>| {
        place
            .and_then(|place| events.get(place))
            .map(|event| event.at)
    };
    let mut last = Timestamp(0);
    let differences = comparison.differences.iter().map(|difference| {
        let [ours, theirs] = difference.places;
        let [ours, theirs] = [at(left, ours), at(right, theirs)];
        // They are in the order of their places: nobody is led back.
        last = last.max(ours.into_iter().chain(theirs).min().unwrap_or(last));
        last
    });
    differences.collect()
}

fn fold(id: &str, events: Vec<Event>, run: u32, transport: TransportView) -> Option<OpenedHistory> {
    let id = InstanceId::new(id).ok()?;
    let workflow = match events.first().map(|first| &first.kind) {
        Some(EventKind::ExecutionStarted { name, .. }) => name.clone(),
        _ => id.to_string(),
    };
    let commit = Committed {
        instance: InstanceSummary {
            run: run.max(1),
            ..InstanceSummary::new(id.clone(), workflow)
        },
        events,
        annotations: Vec::new(),
        log: Vec::new(),
    };
    let number = OpeningNumber::default();
    OpenedHistory::fold(number, &id, &[commit], HistorySource::Store, transport)
}
