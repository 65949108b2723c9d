//! Which worker gets which work.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Instant,
};

use tokio::sync::watch;

use super::{
    histories::Histories,
    work::{CodeName, Entry, Kind, Ready, Stream, StreamId, Work, WorkId, WorkName},
};
use crate::engine::TurnAnswer;

/// How many streams may end one after the other while they hold the same turn.
pub(super) const MAX_BROKEN_STREAMS: u32 = 10;
pub(super) const BREAKS_STREAMS: &str = "the connection of every worker that was given this turn has ended: it may be too large for \
    its library (4 MiB, unless its channel allows more), or its code ends the process";

/// The work and the workers of a hub.
#[derive(Default)]
pub(super) struct State {
    pub work: HashMap<WorkId, Entry>,
    pub by_name: HashMap<WorkName, WorkId>,
    pub ready: Ready,
    /// The next one to get work is the first.
    pub streams: Vec<Stream>,
    /// Whether any activity waits.
    pub waits: watch::Sender<bool>,
    last_id: u64,
}

impl State {
    pub fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub fn stream(&mut self, id: StreamId) -> Option<&mut Stream> {
        self.streams.iter_mut().find(|stream| stream.id == id)
    }

    /// Whether a turn has ended the stream of so many workers that it is likely to be why. An activity may take long,
    /// and end with workers that have nothing to do with it.
    pub fn breaks_streams(&self, id: WorkId) -> bool {
        let entry = self.work.get(&id);
        entry.is_some_and(|entry| {
            entry.work.kind() == Kind::Turn && entry.handed_out >= MAX_BROKEN_STREAMS
        })
    }

    /// Answers a turn that no worker takes.
    pub fn answer_turn(&mut self, id: WorkId, with: TurnAnswer) {
        if let Some(Work::Turn { answer, .. }) = self.finish(id) {
            // The engine may have withdrawn the turn.
            let _ = answer.send(with);
        }
    }

    /// Removes a piece of work.
    pub fn finish(&mut self, id: WorkId) -> Option<Work> {
        let entry = self.work.remove(&id)?;
        let name = entry.work.name();
        if self.by_name.get(&name) == Some(&id) {
            self.by_name.remove(&name);
        }
        let kind = entry.work.kind();
        if let Some(stream) = entry.holder.and_then(|holder| self.stream(holder)) {
            stream.give_back(kind);
        }
        Some(entry.work)
    }

    /// Takes a piece of work from who holds it.
    pub fn give_back(&mut self, id: WorkId) -> Option<Kind> {
        let entry = self.work.get_mut(&id)?;
        let holder = entry.give_back();
        let kind = entry.work.kind();
        if let Some(stream) = holder.and_then(|holder| self.stream(holder)) {
            stream.give_back(kind);
        }
        Some(kind)
    }

    /// Hands work to workers that have room for it.
    pub fn deal(&mut self, histories: &Histories) {
        for kind in [Kind::Turn, Kind::Activity] {
            let mut nobody_takes = Vec::new();
            let mut unwanted = HashSet::new();
            while self.streams.iter().any(|stream| stream.has_room(kind)) {
                let Some(id) = self.ready.of(kind).pop_front() else {
                    break;
                };
                let Some(entry) = self.work.get_mut(&id) else {
                    continue;
                };
                if !entry.work.is_wanted() {
                    unwanted.insert(id);
                    continue;
                }
                let Some(at) = choose(&self.streams, entry, kind, histories) else {
                    nobody_takes.push(id);
                    continue;
                };
                let stream = &mut self.streams[at];
                entry.holder = Some(stream.id);
                entry.handed_out += 1;
                stream.take(kind);
                // A stream that has just ended gives everything back.
                let _ = stream.send.send(id);
                self.streams[at..].rotate_left(1);
            }
            for id in nobody_takes.into_iter().rev() {
                self.ready.of(kind).push_front(id);
            }
            for id in unwanted {
                self.finish(id);
            }
        }
        let waits = !self.ready.of(Kind::Activity).is_empty();
        self.waits
            .send_if_modified(|before| std::mem::replace(before, waits) != waits);
    }
}

/// The stream for a piece of work: the one that has kept its history, or the next one.
fn choose(
    streams: &[Stream],
    entry: &mut Entry,
    kind: Kind,
    histories: &Histories,
) -> Option<usize> {
    let code = match streams.iter().any(|stream| stream.selects(kind)) {
        true => Some(entry.code(histories)),
        false => None,
    };
    let can = |stream: &Stream| {
        stream.has_room(kind) && code.as_ref().is_none_or(|code| stream.takes(kind, code))
    };
    let knows = |stream: &Stream| match &entry.work {
        Work::Turn { turn, .. } => stream.knows(&turn.instance),
        Work::Activity { .. } => false,
    };
    let mut each = streams.iter();
    let known = each.position(|stream| can(stream) && knows(stream));
    known.or_else(|| streams.iter().position(can))
}

impl Entry {
    /// Takes it from who holds it.
    pub fn give_back(&mut self) -> Option<StreamId> {
        if let Work::Turn { given, parts, .. } = &mut self.work {
            *given = None;
            parts.clear();
        }
        self.since = Instant::now();
        self.holder.take()
    }

    /// The workflow or activity.
    fn code(&mut self, histories: &Histories) -> CodeName {
        if let Some(code) = &self.code {
            return code.clone();
        }
        let code = match &self.work {
            Work::Activity { activity, .. } => CodeName {
                name: Arc::clone(&activity.name),
                version: None,
            },
            Work::Turn { turn, .. } => {
                let summary = histories.archive().summary(&turn.instance);
                let (name, version) = match summary {
                    Ok(summary) => (summary.workflow, summary.version),
                    Err(_) => (String::new(), None),
                };
                CodeName {
                    name: name.into(),
                    version,
                }
            }
        };
        self.code.insert(code).clone()
    }
}
