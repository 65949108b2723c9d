//! What of a lane is to be painted in a window of time, at the level of detail that fits.
//!
//! Pure. Small things are merged into clusters that say how many they stand for; a failure is
//! never merged into anything but other failures. The counts of all items sum to the pieces in
//! the window.

use std::sync::Arc;

use super::{
    lane::LaneModel,
    palette::Rgb,
    piece::{Extent, Outcome, Piece, PieceKind, WaitOn},
    time_map::TransportView,
    viewport::Viewport,
};
use crate::{
    engine::{Status, Timestamp},
    music::Key,
};

/// Narrower than this (in points), notes and activities are merged.
const NARROW: f32 = 2.5;
/// A chunk of pieces narrower than this is drawn from its extent alone.
const NARROW_CHUNK: f32 = 3.0;

/// One thing to paint.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Left edge, in points from the left edge of the window.
    pub left: f32,
    /// Right edge.
    pub right: f32,
    /// How many pieces it stands for.
    pub count: u32,
    /// How it looks.
    pub look: Look,
}

/// How an [`Item`] looks.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// A note.
    Note {
        /// Which.
        key: Key,
        /// Who plays it.
        instrument: Arc<str>,
        /// Its instrument's colour.
        color: Rgb,
        /// Before, at or after its time.
        tense: Tense,
    },
    /// Many notes too small to tell apart.
    Notes {
        /// The lowest.
        low: Key,
        /// The highest.
        high: Key,
        /// The colour of most.
        color: Rgb,
    },
    /// An activity that waits to begin.
    Queued,
    /// An attempt of an activity.
    Attempt {
        /// How it went.
        outcome: Outcome,
        /// Of what.
        task: Arc<str>,
    },
    /// Many activities too small to tell apart.
    Works,
    /// A pause before a retry.
    Pause {
        /// Where the retry is due.
        due: f32,
        /// The attempt that it leads to.
        attempt: u32,
        /// It is not over.
        open: bool,
    },
    /// A wait.
    Wait {
        /// What for.
        on: WaitOn,
        /// Where it ends by itself.
        deadline: Option<f32>,
        /// It is not over.
        open: bool,
    },
    /// Held by the conductor.
    Held,
    /// Code and history disagree.
    Stalled,
    /// One failure or several.
    Failure {
        /// How many times in a row, at the last of them.
        nth: u32,
    },
    /// An event came from outside.
    Raised {
        /// Its name.
        name: Arc<str>,
    },
    /// A child workflow.
    Child {
        /// How it went.
        outcome: Outcome,
        /// Name of its workflow.
        name: Arc<str>,
    },
    /// A compensation.
    Undo {
        /// How it went.
        outcome: Outcome,
        /// What undoes the step.
        step: Arc<str>,
    },
    /// An event was sent to another instance.
    Sent {
        /// Its name.
        name: Arc<str>,
    },
    /// A child was started that goes on alone.
    Detached {
        /// Name of its workflow.
        name: Arc<str>,
    },
    /// An activity gave a sign of life.
    Heartbeat,
    /// Somebody asked the instance to end.
    Asked,
    /// From here on the history is the instance's own.
    Forked,
    /// The instance ended.
    Ended {
        /// How.
        status: Status,
    },
    /// Several waits, holds or marks too small to tell apart.
    Marks,
}

/// Where a note lies on the way from what is meant to what was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tense {
    /// It will sound.
    Future,
    /// It sounds.
    Present,
    /// It has sounded.
    Past,
}

/// Everything of a lane that lies in the window, in painting order. `now` ends what goes on.
pub fn visible_items(
    lane: &LaneModel,
    view: &Viewport,
    transport: &TransportView,
    now: Timestamp,
) -> Vec<Item> {
    let mut picture = Picture::new(lane, view, now);
    let (from, to) = (view.from, view.until());
    for (extent, pieces) in lane.pieces.chunks_in(from, to) {
        let width = view.x(extent.until) - view.x(extent.from);
        if width < NARROW_CHUNK && !extent.open {
            picture.chunk(extent);
            continue;
        }
        for piece in pieces {
            if piece.from <= to && reach(piece, now) >= from {
                picture.piece(piece);
            }
        }
    }
    picture.ghosts(transport);
    picture.finish()
}

/// How far a piece reaches: a wait or pause that goes on is drawn up to where it is due.
pub(super) fn reach(piece: &Piece, now: Timestamp) -> Timestamp {
    let due = match (&piece.kind, piece.until) {
        (PieceKind::Pause { due, .. }, None) => *due,
        (
            PieceKind::Wait {
                deadline: Some(at), ..
            },
            None,
        ) => *at,
        _ => Timestamp(0),
    };
    piece.end(now).max(due)
}

struct Picture<'a> {
    lane: &'a LaneModel,
    view: &'a Viewport,
    now: Timestamp,
    back: Vec<Item>,
    front: Vec<Item>,
    alarms: Vec<Item>,
    notes: Option<Item>,
    works: Option<Item>,
    marks: Option<Item>,
    last_instrument: Option<(Arc<str>, Rgb)>,
}

impl<'a> Picture<'a> {
    fn new(lane: &'a LaneModel, view: &'a Viewport, now: Timestamp) -> Self {
        Self {
            lane,
            view,
            now,
            back: Vec::new(),
            front: Vec::new(),
            alarms: Vec::new(),
            notes: None,
            works: None,
            marks: None,
            last_instrument: None,
        }
    }

    fn color_of(&mut self, instrument: &Arc<str>) -> Rgb {
        match &self.last_instrument {
            Some((name, color)) if name == instrument => *color,
            _ => {
                let color = self.lane.color_of(instrument);
                self.last_instrument = Some((instrument.clone(), color));
                color
            }
        }
    }

    fn piece(&mut self, piece: &Piece) {
        let left = self.view.x(piece.from);
        let right = self.view.x(piece.end(self.now));
        let narrow = right - left < NARROW;
        let open = piece.until.is_none();
        let item = |look| Item {
            left,
            right,
            count: 1,
            look,
        };
        match &piece.kind {
            PieceKind::Note {
                key, instrument, ..
            } => {
                let color = self.color_of(instrument);
                if narrow {
                    let (low, high) = (*key, *key);
                    merge(
                        &mut self.notes,
                        &mut self.front,
                        item(Look::Notes { low, high, color }),
                    );
                } else {
                    let tense = if piece.from > self.now {
                        Tense::Future
                    } else if piece.end(self.now) > self.now {
                        Tense::Present
                    } else {
                        Tense::Past
                    };
                    self.front.push(item(Look::Note {
                        key: *key,
                        instrument: instrument.clone(),
                        color,
                        tense,
                    }));
                }
            }
            PieceKind::Queued { .. }
            | PieceKind::Attempt { .. }
            | PieceKind::Child { .. }
            | PieceKind::Undo { .. }
                if narrow && !open =>
            {
                merge(&mut self.works, &mut self.back, item(Look::Works));
            }
            PieceKind::Queued { .. } => self.back.push(item(Look::Queued)),
            PieceKind::Attempt { task, outcome, .. } => self.back.push(item(Look::Attempt {
                outcome: *outcome,
                task: task.clone(),
            })),
            PieceKind::Child { name, outcome, .. } => self.back.push(item(Look::Child {
                outcome: *outcome,
                name: name.clone(),
            })),
            PieceKind::Undo { step, outcome } => self.back.push(item(Look::Undo {
                outcome: *outcome,
                step: step.clone(),
            })),
            PieceKind::Failure { nth, .. } => {
                self.alarms.push(item(Look::Failure { nth: *nth }));
            }
            PieceKind::Pause { due, attempt, .. } => {
                let (due, attempt) = (self.view.x(*due), *attempt);
                self.back.push(item(Look::Pause { due, attempt, open }));
            }
            PieceKind::Wait { on, deadline } if open || !narrow => {
                let deadline = deadline.map(|at| self.view.x(at));
                self.back.push(item(Look::Wait {
                    on: on.clone(),
                    deadline,
                    open,
                }));
            }
            PieceKind::Held if open || !narrow => self.back.push(item(Look::Held)),
            PieceKind::Stalled { .. } if open || !narrow => self.back.push(item(Look::Stalled)),
            PieceKind::Wait { .. } | PieceKind::Held | PieceKind::Stalled { .. } => {
                merge(&mut self.marks, &mut self.back, item(Look::Marks));
            }
            mark => self.front.extend(mark_of(mark).map(item)),
        }
    }

    /// A chunk that is too narrow to look into.
    fn chunk(&mut self, extent: &Extent) {
        let left = self.view.x(extent.from);
        let right = self.view.x(extent.until);
        let item = |count, look| Item {
            left,
            right,
            count,
            look,
        };
        if let Some((low, high)) = extent.keys {
            let color = self.lane.color();
            let notes = item(extent.notes, Look::Notes { low, high, color });
            merge(&mut self.notes, &mut self.front, notes);
        }
        if extent.works > 0 {
            merge(
                &mut self.works,
                &mut self.back,
                item(extent.works, Look::Works),
            );
        }
        if extent.others > 0 {
            merge(
                &mut self.marks,
                &mut self.back,
                item(extent.others, Look::Marks),
            );
        }
        if extent.failures > 0 {
            let nth = extent.failures;
            self.alarms.push(item(nth, Look::Failure { nth }));
        }
    }

    /// Notes to come: they are outlines and stand for no event yet.
    fn ghosts(&mut self, transport: &TransportView) {
        let lane = self.lane;
        let asked_for = lane.tasks.values().filter_map(|task| task.play.as_ref());
        for play in lane.foreseen.iter().chain(asked_for) {
            let (Some(from), Some(to)) = (
                transport.time_of(play.at),
                transport.time_of(play.at + play.length),
            ) else {
                return;
            };
            if from <= self.now || from > self.view.until() {
                continue;
            }
            let color = lane.color_of(&play.instrument);
            let instrument: Arc<str> = play.instrument.as_str().into();
            for key in &play.keys {
                self.back.push(Item {
                    left: self.view.x(from),
                    right: self.view.x(to),
                    count: 0,
                    look: Look::Note {
                        key: *key,
                        instrument: instrument.clone(),
                        color,
                        tense: Tense::Future,
                    },
                });
            }
        }
    }

    fn finish(mut self) -> Vec<Item> {
        self.back.extend(self.works.take());
        self.back.extend(self.marks.take());
        self.front.extend(self.notes.take());
        let mut items = self.back;
        items.append(&mut self.front);
        items.append(&mut failures_merged(self.alarms));
        items
    }
}

/// How a piece without length looks that is never merged while its chunk is looked into.
fn mark_of(kind: &PieceKind) -> Option<Look> {
    Some(match kind {
        PieceKind::Raised { name, .. } => Look::Raised { name: name.clone() },
        PieceKind::Sent { name, .. } => Look::Sent { name: name.clone() },
        PieceKind::Detached { name, .. } => Look::Detached { name: name.clone() },
        PieceKind::Heartbeat { .. } => Look::Heartbeat,
        PieceKind::Asked { .. } => Look::Asked,
        PieceKind::Forked { .. } => Look::Forked,
        PieceKind::Ended { status } => Look::Ended { status: *status },
        PieceKind::Note { .. }
        | PieceKind::Queued { .. }
        | PieceKind::Attempt { .. }
        | PieceKind::Pause { .. }
        | PieceKind::Wait { .. }
        | PieceKind::Held
        | PieceKind::Stalled { .. }
        | PieceKind::Failure { .. }
        | PieceKind::Child { .. }
        | PieceKind::Undo { .. } => return None,
    })
}

/// Adds a small item to the growing cluster, or sets the cluster down and begins another.
fn merge(cluster: &mut Option<Item>, done: &mut Vec<Item>, item: Item) {
    match cluster {
        Some(c) if item.left >= c.left - 0.5 && item.right <= c.left + NARROW.max(3.0) => {
            c.left = c.left.min(item.left);
            c.right = c.right.max(item.right);
            c.count += item.count;
            if let (
                Look::Notes { low, high, .. },
                Look::Notes {
                    low: l, high: h, ..
                },
            ) = (&mut c.look, &item.look)
            {
                *low = (*low).min(*l);
                *high = (*high).max(*h);
            }
        }
        _ => {
            if let Some(full) = cluster.replace(item) {
                done.push(full);
            }
        }
    }
}

/// Failures closer than three points become one tick that counts them.
fn failures_merged(mut alarms: Vec<Item>) -> Vec<Item> {
    alarms.sort_by(|a, b| a.left.total_cmp(&b.left));
    let mut ticks: Vec<Item> = Vec::new();
    for alarm in alarms {
        match ticks.last_mut() {
            Some(tick) if alarm.left - tick.left < 3.0 => {
                tick.right = tick.right.max(alarm.right);
                tick.count += alarm.count;
                tick.look = alarm.look;
            }
            _ => ticks.push(alarm),
        }
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{EventKind, Payload},
        view::sample::{Sample, s},
    };
    use proptest::prelude::*;

    fn lane_of(sample: &Sample) -> LaneModel {
        let mut lane = LaneModel::new(sample.id.clone(), 0);
        lane.committed(&sample.commit());
        lane
    }

    fn busy(notes: u32) -> LaneModel {
        let mut sample = Sample::new("busy");
        for n in 0..notes {
            let at = 1.0 + f64::from(n) * 0.25;
            sample.note(at, 0.2, 36 + (n % 24) as u8);
            if n % 97 == 0 {
                let task = sample.schedule(at, "pay", crate::engine::Payload::null());
                sample.fail(at + 0.1, task, 1, None);
            }
        }
        lane_of(&sample)
    }

    fn all(lane: &LaneModel, seconds: f64, width: f32) -> Vec<Item> {
        let view = Viewport::new(s(0.0), seconds, width);
        visible_items(lane, &view, &TransportView::default(), s(seconds))
    }

    proptest! {
        #![proptest_config(crate::seed::cases(24))]
        #[test]
        fn at_every_zoom_the_counts_sum_to_the_pieces(power in 3.0f32..8.3) {
            let lane = busy(2000);
            let width = power.exp();
            let items = all(&lane, 600.0, width);
            let count: u32 = items.iter().map(|item| item.count).sum();
            prop_assert_eq!(count as usize, lane.pieces.len());
        }

        #[test]
        fn no_failure_is_ever_lost(power in 3.0f32..8.3) {
            let lane = busy(2000);
            let width = power.exp();
            let failures: u32 = all(&lane, 600.0, width)
                .iter()
                .filter(|item| matches!(item.look, Look::Failure { .. }))
                .map(|item| item.count)
                .sum();
            prop_assert_eq!(failures, 21);
        }
    }

    /// One of each kind of thing that has no length or is work of another kind.
    fn family() -> LaneModel {
        let mut sample = Sample::new("tour").fork_of("other", 1);
        let created = sample.child(1.0, "concert", "tour/1");
        let (name, target) = ("cue".to_owned(), sample.id.clone());
        let input = Payload::null();
        sample.add(
            2.0,
            EventKind::EventSent {
                target,
                name,
                input,
            },
        );
        let name = "cancel the hall".to_owned();
        let registered = sample.add(2.0, EventKind::CompensationRegistered { name });
        let result = Payload::null();
        sample.add(
            3.0,
            EventKind::ChildWorkflowInstanceCompleted { created, result },
        );
        let scheduled = sample.schedule(3.5, "upload", Payload::null());
        let details = Payload::null();
        sample.add(4.0, EventKind::TaskHeartbeat { scheduled, details });
        let reason = "enough".to_owned();
        sample.add(
            5.0,
            EventKind::ExecutionCancelRequested {
                reason,
                waits_for_children: true,
            },
        );
        sample.add(6.0, EventKind::CompensationStarted { registered });
        let failure = None;
        sample.add(
            8.0,
            EventKind::CompensationEnded {
                registered,
                failure,
            },
        );
        lane_of(&sample)
    }

    #[test]
    fn what_is_new_in_a_history_is_painted_and_counted() {
        let lane = family();
        let looks: Vec<_> = all(&lane, 10.0, 1000.0);
        let has = |look: &Look| looks.iter().any(|item| item.look == *look);
        assert!(has(&Look::Forked) && has(&Look::Asked) && has(&Look::Heartbeat));
        let name: Arc<str> = "cue".into();
        assert!(has(&Look::Sent { name }));
        let (outcome, name) = (Outcome::Done, Arc::from("concert"));
        let child = looks.iter().find(|i| {
            i.look
                == Look::Child {
                    outcome,
                    name: Arc::clone(&name),
                }
        });
        let span = |item: &Item| (item.left.round(), item.right.round());
        assert_eq!(child.map(span), Some((100.0, 300.0)));
        let step: Arc<str> = "cancel the hall".into();
        let undo = looks.iter().find(|i| {
            i.look
                == Look::Undo {
                    outcome,
                    step: step.clone(),
                }
        });
        assert_eq!(undo.map(span), Some((600.0, 800.0)));
        for width in [3.0, 30.0, 1000.0] {
            let count: u32 = all(&lane, 10.0, width).iter().map(|item| item.count).sum();
            assert_eq!(count as usize, lane.pieces.len(), "at a width of {width}");
        }
    }

    #[test]
    fn from_afar_there_are_few_things_to_paint() {
        let lane = busy(20_000);
        let items = all(&lane, 5200.0, 1000.0);
        assert!(items.len() < 1500, "{}", items.len());
    }

    #[test]
    fn a_note_is_future_then_present_then_past() {
        let mut sample = Sample::new("bass");
        sample.note(2.0, 1.0, 40);
        let lane = lane_of(&sample);
        let view = Viewport::new(s(0.0), 10.0, 1000.0);
        let tense = |now: f64| {
            let items = visible_items(&lane, &view, &TransportView::default(), s(now));
            items.iter().find_map(|item| match item.look {
                Look::Note { tense, .. } => Some((tense, item.left.round(), item.right.round())),
                _ => None,
            })
        };
        assert_eq!(tense(1.97), Some((Tense::Future, 200.0, 300.0)));
        assert_eq!(tense(2.5), Some((Tense::Present, 200.0, 300.0)));
        assert_eq!(tense(3.5), Some((Tense::Past, 200.0, 300.0)));
    }

    #[test]
    fn a_wait_shows_its_deadline_and_grows_until_it_ends() {
        let mut sample = Sample::new("oboe");
        let wait = sample.wait_for(1.0, "applause", Some(9.0));
        let view = Viewport::new(s(0.0), 10.0, 1000.0);
        let look = |lane: &LaneModel, now: f64| {
            visible_items(lane, &view, &TransportView::default(), s(now))
                .into_iter()
                .find(|item| matches!(item.look, Look::Wait { .. }))
        };
        let item = look(&lane_of(&sample), 4.0).unwrap();
        assert_eq!(item.right.round(), 400.0);
        assert!(
            matches!(item.look, Look::Wait { deadline: Some(x), open: true, .. } if x.round() == 900.0)
        );
        sample.add(5.0, crate::engine::EventKind::TimerCanceled { timer: wait });
        let item = look(&lane_of(&sample), 8.0).unwrap();
        assert_eq!(item.right.round(), 500.0);
        assert!(matches!(item.look, Look::Wait { open: false, .. }));
    }
}
