//! Which history was rerun as which: links in both directions, from what the store has.

use std::collections::BTreeMap;

use super::{histories::HistorySource, lane::LaneModel, snapshot::Snapshot};
use crate::engine::{Fork, InstanceId, InstanceSummary};

/// The reruns that are known, from the summaries of the store.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reruns {
    /// The source of each rerun.
    sources: BTreeMap<InstanceId, RerunOf>,
    /// The reruns of each source, in the order in which they were made.
    reruns: BTreeMap<InstanceId, Vec<InstanceId>>,
}

/// The source of a rerun.
#[derive(Debug, Clone, PartialEq)]
pub struct RerunOf {
    /// The source, and where the rerun left it.
    pub fork: Fork,
    /// The run of the rerun that began with the source's history.
    pub run: u32,
}

/// A link from a lane to another history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneLink {
    /// What it says: `rerun of bass-3 from event 12`.
    pub text: String,
    /// The history that it leads to; `None`: it cannot be opened, because this one is from a file.
    pub to: Option<InstanceId>,
}

impl Reruns {
    /// Adds an instance, if it is a rerun. Returns whether it was not known.
    pub(super) fn add(&mut self, instance: &InstanceSummary) -> bool {
        let Some(fork) = &instance.fork else {
            return false;
        };
        let source = RerunOf {
            fork: fork.clone(),
            run: instance.run,
        };
        if self.sources.get(&instance.id) == Some(&source) {
            return false;
        }
        self.sources.insert(instance.id.clone(), source);
        let reruns = self.reruns.entry(fork.instance.clone()).or_default();
        if !reruns.contains(&instance.id) {
            reruns.push(instance.id.clone());
        }
        true
    }

    /// Forgets an instance that was purged.
    pub(super) fn remove(&mut self, id: &InstanceId) {
        if let Some(source) = self.sources.remove(id)
            && let Some(reruns) = self.reruns.get_mut(&source.fork.instance)
        {
            reruns.retain(|rerun| rerun != id);
        }
    }

    /// The source of a rerun. It stays the source when the rerun continues as new.
    pub fn source_of(&self, id: &InstanceId) -> Option<&RerunOf> {
        self.sources.get(id)
    }

    /// All reruns, and where each left its source.
    pub fn sources(&self) -> impl Iterator<Item = (&InstanceId, &Fork)> {
        let sources = self.sources.iter();
        sources.map(|(rerun, source)| (rerun, &source.fork))
    }

    /// The reruns of an instance, the oldest first.
    pub fn of(&self, id: &InstanceId) -> &[InstanceId] {
        self.reruns.get(id).map_or(&[], Vec::as_slice)
    }
}

impl Snapshot {
    /// The links of a lane: to the history that it reruns, then to its own reruns, the latest first.
    pub fn links(&self, lane: &LaneModel) -> Vec<LaneLink> {
        let opened = self.histories.opened(&lane.id);
        let source = |fork: &Fork| format!("rerun of {} from event {}", fork.instance, fork.from);
        if opened.is_some_and(|opened| opened.source != HistorySource::Store) {
            // What its file names may be something else in this store.
            let text = lane.fork.iter().map(source);
            return text.map(|text| LaneLink { text, to: None }).collect();
        }
        let known = self.reruns.source_of(&lane.id);
        let fork = known.map(|known| &known.fork).or(lane.fork.as_ref());
        let of = fork.map(|fork| LaneLink {
            text: source(fork),
            to: Some(fork.instance.clone()),
        });
        let reruns = self.reruns.of(&lane.id).iter().rev();
        let reruns = reruns.map(|id| LaneLink {
            text: format!("rerun as {id}"),
            to: Some(id.clone()),
        });
        of.into_iter().chain(reruns).collect()
    }
}
