//! Injected faults: what can be made to fail, and how often.

use std::sync::Arc;

use super::{
    command::{Command, PlayerCommand},
    snapshot::Snapshot,
};
use crate::{
    conductor::Mixer,
    engine::Activity,
    score::calls::{EmitActivity, HttpActivity, PlayActivity},
};

/// What can be made to fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultTarget {
    /// The notes of the instruments of this name.
    Instrument(Arc<str>),
    /// The attempts of the activities of this name.
    Activity(Arc<str>),
}

/// A line of the panel.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultRow {
    /// What fails.
    pub target: FaultTarget,
    /// The share that fails, 0 to 1. `None`: nothing was set, and scores decide.
    pub rate: Option<f64>,
}

/// The activities that faults can be injected into.
const ACTIVITIES: [&str; 3] = [PlayActivity::NAME, HttpActivity::NAME, EmitActivity::NAME];

/// One step of a rate.
pub const FAULT_STEP: f64 = 0.05;

/// The instruments of all lanes by name, and the activities.
pub fn fault_rows(snapshot: &Snapshot) -> Vec<FaultRow> {
    let live = snapshot.performance();
    let facts = live.lanes.iter().filter_map(|lane| lane.facts.as_ref());
    let instruments = facts.flat_map(|facts| &facts.instruments);
    let mut names: Vec<&str> = instruments.map(|i| i.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let instruments = names
        .into_iter()
        .map(|name| FaultTarget::Instrument(name.into()));
    let activities = ACTIVITIES.map(|name| FaultTarget::Activity(name.into()));
    let targets = instruments.chain(activities);
    targets
        .map(|target| FaultRow {
            rate: target.rate(&live.mixer),
            target,
        })
        .collect()
}

impl FaultTarget {
    fn rate(&self, mixer: &Mixer) -> Option<f64> {
        match self {
            Self::Instrument(name) => mixer.faults(name),
            Self::Activity(name) => mixer.activity_faults(name),
        }
    }

    /// The command that sets its rate.
    pub fn set(&self, rate: f64) -> Command {
        // Whole percent, so that steps up and down meet again.
        let rate = (rate.clamp(0.0, 1.0) * 100.0).round() / 100.0;
        match self {
            Self::Instrument(name) => PlayerCommand::SetFaults(Arc::clone(name), rate).into(),
            Self::Activity(name) => PlayerCommand::SetActivityFaults(Arc::clone(name), rate).into(),
        }
    }

    /// Its name on screen.
    pub fn title(&self) -> &str {
        match self {
            Self::Instrument(name) | Self::Activity(name) => name,
        }
    }

    /// What it is, in a word or two.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Instrument(_) => "instrument",
            Self::Activity(_) => "activity",
        }
    }
}

impl FaultRow {
    /// The rate in words.
    pub fn share(&self) -> String {
        match self.rate {
            Some(rate) => format!("{:.0} % fail", rate * 100.0),
            None => "as in the score".to_owned(),
        }
    }

    /// The command that changes the rate by this much.
    pub fn step(&self, by: f64) -> Command {
        self.target.set(self.rate.unwrap_or(0.0) + by)
    }
}
