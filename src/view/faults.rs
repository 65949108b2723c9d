//! Injected faults: what can be made to fail, how often, and how late.

use std::{sync::Arc, time::Duration};

use super::{
    command::{Command, PlayerCommand},
    snapshot::Snapshot,
};
use crate::conductor::{FAULT_ACTIVITIES, Fault, FaultChange, FaultTarget};

/// A line of the panel.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultRow {
    /// What fails.
    pub target: FaultTarget,
    /// Its fault.
    pub fault: Fault,
}

/// One step of a rate.
pub const FAULT_STEP: f64 = 0.05;

/// One step of a latency.
pub const LATENCY_STEP: Duration = Duration::from_millis(50);

/// The instruments of all lanes by name, the activities, the services that were called, the disk, the ports and the lanes whose code is broken.
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
    let activities = FAULT_ACTIVITIES.map(|name| FaultTarget::Activity(name.into()));
    let services = live.mixer.services();
    let services = services.map(|name| FaultTarget::Service(Arc::clone(name)));
    let ports = live.meters.ports.iter();
    let ports = ports.map(|port| FaultTarget::Port(port.name.as_str().into()));
    let always: Vec<_> = instruments
        .chain(activities)
        .chain(services)
        .chain([FaultTarget::Disk])
        .chain(ports)
        .collect();
    // Broken lanes, ports that are not in use, services that were not called yet: above, where they are seen.
    let active = live.mixer.active_faults().map(|(target, _)| target);
    let here = active.filter(|target| target.comes_and_goes() && !always.contains(target));
    let targets: Vec<_> = here.cloned().chain(always.iter().cloned()).collect();
    let row = |target: FaultTarget| FaultRow {
        fault: Fault {
            rate: live.mixer.failing_share(&target),
            ..live.mixer.fault(&target)
        },
        target,
    };
    targets.into_iter().map(row).collect()
}

impl FaultTarget {
    /// Its name on screen.
    pub fn title(&self) -> &str {
        match self {
            Self::Instrument(name) | Self::Activity(name) | Self::Service(name) => name,
            Self::Disk => "disk",
            Self::Port(name) => name,
            Self::Lane(id) => id.as_str(),
        }
    }

    /// Whether it is listed while it has a fault, also if nothing else is known of it.
    fn comes_and_goes(&self) -> bool {
        matches!(self, Self::Port(_) | Self::Lane(_) | Self::Service(_))
    }

    /// What it is, in a word or two.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Instrument(_) => "instrument",
            Self::Activity(_) => "activity",
            Self::Service(_) => "service",
            Self::Disk => "store",
            Self::Port(_) => "port",
            Self::Lane(_) => "code",
        }
    }
}

impl FaultRow {
    /// The fault in words.
    pub fn words(&self) -> String {
        self.target.words(&self.fault)
    }

    /// Whether it has a rate and a latency. If not, it is either whole or not.
    pub fn is_graded(&self) -> bool {
        self.target.only_fault().is_none()
    }

    /// The button that begins an outage, or ends it: its word, and its name.
    pub fn outage_button(&self) -> (&'static str, String) {
        let title = self.target.title();
        match (&self.target, self.fault.outage) {
            (FaultTarget::Port(_), false) => ("Unplug", format!("Unplug {title}")),
            (FaultTarget::Port(_), true) => ("Plug in", format!("Plug in {title}")),
            (FaultTarget::Lane(_), false) => ("Break", format!("Break the code of {title}")),
            (FaultTarget::Lane(_), true) => ("Fix", format!("Fix the code of {title}")),
            (_, false) => ("Outage", format!("Outage of {title}")),
            (_, true) => ("End", format!("End outage of {title}")),
        }
    }

    /// The command that sets the rate.
    pub fn set(&self, rate: f64) -> Command {
        // Whole percent, so that steps up and down meet again.
        let rate = (rate.clamp(0.0, 1.0) * 100.0).round() / 100.0;
        self.change(FaultChange::rate(rate))
    }

    /// The command that changes the rate by this much.
    pub fn step(&self, by: f64) -> Command {
        self.set(self.fault.rate.unwrap_or(0.0) + by)
    }

    /// The command that makes attempts later by one step.
    pub fn later(&self) -> Command {
        self.delay(self.fault.latency + LATENCY_STEP)
    }

    /// The command that makes attempts less late by one step.
    pub fn less_late(&self) -> Command {
        self.delay(self.fault.latency.saturating_sub(LATENCY_STEP))
    }

    /// The command that begins an outage, or ends it.
    pub fn toggle_outage(&self) -> Command {
        self.change(FaultChange {
            outage: Some(!self.fault.outage),
            ..FaultChange::default()
        })
    }

    /// The command that makes one more of the next attempts fail.
    pub fn fail_next(&self) -> Command {
        self.change(FaultChange {
            fail_next: Some(self.fault.fail_next.saturating_add(1)),
            ..FaultChange::default()
        })
    }

    fn delay(&self, latency: Duration) -> Command {
        self.change(FaultChange {
            latency: Some(latency),
            ..FaultChange::default()
        })
    }

    fn change(&self, change: FaultChange) -> Command {
        PlayerCommand::ChangeFault(self.target.clone(), change).into()
    }
}
