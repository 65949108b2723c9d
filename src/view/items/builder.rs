//! Builds the items of a lane from its entries.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    cluster::{crowd, merge, merge_failures},
    item::{Item, ItemKind, MIN_WIDTH, NotePhase, SubRows, UndoneItem},
};
use crate::{
    engine::{EventId, Timestamp},
    music::Key,
    view::{
        lane::LaneModel,
        palette::Rgb,
        sub_rows::ShownRows,
        timeline::Extent,
        timeline_entry::{EntryKind, TimelineEntry, Undone},
        transport_view::TransportView,
        viewport::Viewport,
    },
};

/// Collects the items of a lane.
pub(super) struct ItemBuilder<'a> {
    lane: &'a LaneModel,
    view: &'a Viewport,
    now: Timestamp,
    rows: ShownRows,
    /// Attempts that no worker has taken, by their first events.
    waiting: BTreeSet<EventId>,
    back: Vec<Item>,
    front: Vec<Item>,
    failures: Vec<Item>,
    notes: Option<Item>,
    /// A cluster for each sub-row.
    activities: Vec<Option<Item>>,
    /// Chunks that are too narrow to show their entries.
    chunks: Option<Item>,
    /// What has ended in the sub-row that several operations share.
    crowd: Option<Item>,
    /// What is open in it.
    open: Option<Item>,
    others: Option<Item>,
    last_instrument: Option<(Arc<str>, Rgb)>,
}

impl<'a> ItemBuilder<'a> {
    pub(super) fn new(
        lane: &'a LaneModel,
        view: &'a Viewport,
        now: Timestamp,
        rows: ShownRows,
    ) -> Self {
        Self {
            lane,
            view,
            now,
            rows,
            waiting: lane.waiting_attempts(),
            back: Vec::new(),
            front: Vec::new(),
            failures: Vec::new(),
            notes: None,
            activities: vec![None; rows.count() as usize],
            chunks: None,
            crowd: None,
            open: None,
            others: None,
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

    /// Adds an entry.
    pub(super) fn entry(&mut self, entry: &TimelineEntry) {
        let left = self.view.x(entry.from);
        let right = self.view.x(entry.end(self.now));
        let narrow = right - left < MIN_WIDTH;
        let open = entry.until.is_none();
        let row = self.rows.of(entry.slot);
        let item = |kind| Item {
            left,
            right,
            count: 1,
            rows: SubRows::one(row),
            kind,
        };
        match &entry.kind {
            EntryKind::Note {
                key, instrument, ..
            } => {
                let color = self.color_of(instrument);
                if narrow {
                    let (low, high) = (*key, *key);
                    merge(
                        &mut self.notes,
                        &mut self.front,
                        item(ItemKind::Notes { low, high, color }),
                    );
                } else {
                    let phase = if entry.from > self.now {
                        NotePhase::Upcoming
                    } else if entry.end(self.now) > self.now {
                        NotePhase::Sounding
                    } else {
                        NotePhase::Played
                    };
                    self.front.push(item(ItemKind::Note {
                        key: *key,
                        instrument: instrument.clone(),
                        color,
                        phase,
                    }));
                }
            }
            EntryKind::Queued { .. }
            | EntryKind::Attempt { .. }
            | EntryKind::Child { .. }
            | EntryKind::Backoff { .. }
            | EntryKind::Wait { .. }
                if self.rows.is_crowded(entry) =>
            {
                let all = self.lane.open_operations();
                match open {
                    true => add_open(&mut self.open, item(ItemKind::Open { all })),
                    false => crowd(&mut self.crowd, &mut self.back, item(ItemKind::Crowd)),
                }
            }
            EntryKind::Queued { .. }
            | EntryKind::Attempt { .. }
            | EntryKind::Child { .. }
            | EntryKind::Branches { .. }
                if narrow && !open =>
            {
                if let Some(cluster) = self.activities.get_mut(row as usize) {
                    merge(cluster, &mut self.back, item(ItemKind::Activities));
                }
            }
            EntryKind::Branches { rows } => {
                let last = self.rows.count().min(*rows).saturating_sub(1);
                // Where the lane ends, its mark says that all have ended.
                let goes_on = |at| self.lane.closed_at.is_none_or(|closed| closed > at);
                let joined = entry.until.is_some_and(goes_on);
                self.front.push(Item {
                    rows: SubRows { first: 0, last },
                    ..item(ItemKind::Branches { joined })
                });
            }
            EntryKind::Queued { task } => {
                self.back
                    .push(item(ItemKind::Queued { task: task.clone() }));
            }
            EntryKind::Attempt { task, .. } if open && self.waiting.contains(&entry.event) => {
                self.back
                    .push(item(ItemKind::Queued { task: task.clone() }));
            }
            EntryKind::Attempt {
                task,
                outcome,
                purpose,
                ..
            } => self.back.push(item(ItemKind::Attempt {
                outcome: *outcome,
                task: task.clone(),
                purpose: *purpose,
            })),
            EntryKind::Child { name, outcome, .. } => self.back.push(item(ItemKind::Child {
                outcome: *outcome,
                name: name.clone(),
            })),
            EntryKind::Compensation {
                step,
                undoes,
                order,
                outcome,
            } => {
                let undone = self.undone(undoes);
                // Its bracket is wider than itself.
                let item = item(ItemKind::Compensation {
                    outcome: *outcome,
                    words: undoing_words(step, undoes).into(),
                    undone,
                    order: *order,
                });
                match right - undone.left < MIN_WIDTH && !open {
                    true => merge(&mut self.others, &mut self.back, item),
                    false => self.front.push(item),
                }
            }
            EntryKind::Failure {
                in_a_row, injected, ..
            } => {
                self.failures.push(item(ItemKind::Failure {
                    in_a_row: *in_a_row,
                    injected: *injected,
                }));
            }
            EntryKind::Backoff { due, attempt, .. } => {
                let (due, attempt) = (self.view.x(*due), *attempt);
                self.back
                    .push(item(ItemKind::Backoff { due, attempt, open }));
            }
            EntryKind::Wait { on, deadline } if open || !narrow => {
                let deadline = deadline.map(|at| self.view.x(at));
                self.back.push(item(ItemKind::Wait {
                    on: on.clone(),
                    deadline,
                    open,
                }));
            }
            EntryKind::Paused if open || !narrow => self.back.push(item(ItemKind::Paused)),
            EntryKind::Stalled { .. } if open || !narrow => self.back.push(item(ItemKind::Stalled)),
            EntryKind::Wait { .. } | EntryKind::Paused | EntryKind::Stalled { .. } => {
                merge(&mut self.others, &mut self.back, item(ItemKind::Others));
            }
            mark => self.front.extend(mark_kind(mark).map(item)),
        }
    }

    /// The place of what a compensation undoes.
    fn undone(&self, undoes: &Undone) -> UndoneItem {
        UndoneItem {
            left: self.view.x(undoes.from),
            right: self.view.x(undoes.until),
            row: undoes.slot.map(|slot| self.rows.of(slot)),
        }
    }

    /// Adds a chunk that is too narrow to show its entries.
    pub(super) fn chunk(&mut self, extent: &Extent) {
        let left = self.view.x(extent.from);
        let right = self.view.x(extent.until);
        let last = self.rows.count().min(extent.rows).saturating_sub(1);
        let item = |count, kind| Item {
            left,
            right,
            count,
            rows: SubRows { first: 0, last },
            kind,
        };
        if let Some((low, high)) = extent.keys {
            let color = self.lane.color();
            let notes = item(extent.notes, ItemKind::Notes { low, high, color });
            merge(&mut self.notes, &mut self.front, notes);
        }
        if extent.activities > 0 {
            merge(
                &mut self.chunks,
                &mut self.back,
                item(extent.activities, ItemKind::Activities),
            );
        }
        if extent.others > 0 {
            merge(
                &mut self.others,
                &mut self.back,
                item(extent.others, ItemKind::Others),
            );
        }
        if extent.failures > 0 {
            let in_a_row = extent.failures;
            self.failures.push(item(
                in_a_row,
                ItemKind::Failure {
                    in_a_row,
                    injected: false,
                },
            ));
        }
    }

    /// Adds notes that will play if nothing intervenes. They have no events yet and count as none.
    pub(super) fn predicted_notes(&mut self, transport: &TransportView) {
        let lane = self.lane;
        let scheduled = lane
            .activities
            .values()
            .filter_map(|open| open.play.as_ref());
        for play in lane.upcoming.iter().chain(scheduled) {
            let (Some(from), Some(to)) = (
                transport.time_of(play.at),
                transport.time_of(play.at + play.length),
            ) else {
                return;
            };
            for key in &play.keys {
                self.upcoming_note(from, to, *key, &play.instrument.as_str().into());
            }
        }
    }

    /// Adds the notes that did play after this moment. They count as none.
    pub(super) fn recorded_notes(&mut self, live: &LaneModel) {
        for (_, entries) in live.timeline.chunks_in(self.now, self.view.until()) {
            for entry in entries {
                if let EntryKind::Note {
                    key, instrument, ..
                } = &entry.kind
                {
                    self.upcoming_note(entry.from, entry.end(entry.from), *key, instrument);
                }
            }
        }
    }

    fn upcoming_note(&mut self, from: Timestamp, to: Timestamp, key: Key, instrument: &Arc<str>) {
        let (left, right) = (self.view.x(from), self.view.x(to));
        if from <= self.now || from > self.view.until() || right - left < MIN_WIDTH {
            return;
        }
        let color = self.color_of(instrument);
        self.back.push(Item {
            left,
            right,
            count: 0,
            rows: SubRows::default(),
            kind: ItemKind::Note {
                key,
                instrument: instrument.clone(),
                color,
                phase: NotePhase::Upcoming,
            },
        });
    }

    /// The items, in painting order.
    pub(super) fn finish(mut self) -> Vec<Item> {
        self.back.extend(self.activities.into_iter().flatten());
        self.back.extend(self.chunks.take());
        self.back.extend(self.crowd.take());
        self.back.extend(self.open.take());
        self.back.extend(self.others.take());
        self.front.extend(self.notes.take());
        let mut items = self.back;
        items.append(&mut self.front);
        items.append(&mut merge_failures(self.failures));
        items
    }
}

/// Adds an open operation to those that are merged.
fn add_open(merged: &mut Option<Item>, item: Item) {
    match merged {
        Some(all) => {
            all.left = all.left.min(item.left);
            all.right = all.right.max(item.right);
            all.count += 1;
        }
        None => *merged = Some(item),
    }
}

/// What a compensation does, in words.
fn undoing_words(step: &str, undoes: &Undone) -> String {
    match &undoes.name {
        Some(name) => format!("undoes {name}"),
        None => format!("undo: {step}"),
    }
}

/// The item of an entry without length. `None`: it has a length or is merged.
fn mark_kind(kind: &EntryKind) -> Option<ItemKind> {
    Some(match kind {
        EntryKind::Raised { name, .. } => ItemKind::Raised { name: name.clone() },
        EntryKind::Sent { name, .. } => ItemKind::Sent { name: name.clone() },
        EntryKind::Detached { name, .. } => ItemKind::Detached { name: name.clone() },
        EntryKind::Heartbeat { .. } => ItemKind::Heartbeat,
        EntryKind::CancelRequested { .. } => ItemKind::CancelRequested,
        EntryKind::Forked { .. } => ItemKind::Forked,
        EntryKind::Closed { status, run } => ItemKind::Closed {
            status: *status,
            run: *run,
        },
        EntryKind::Note { .. }
        | EntryKind::Queued { .. }
        | EntryKind::Attempt { .. }
        | EntryKind::Branches { .. }
        | EntryKind::Backoff { .. }
        | EntryKind::Wait { .. }
        | EntryKind::Paused
        | EntryKind::Stalled { .. }
        | EntryKind::Failure { .. }
        | EntryKind::Child { .. }
        | EntryKind::Compensation { .. } => return None,
    })
}
