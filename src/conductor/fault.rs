//! Faults that are injected while the program plays: what fails, how often, and how late.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    engine::{Activity, InstanceId},
    score::calls::{EmitActivity, HttpActivity, PlayActivity},
};

/// The activities that faults can be injected into.
pub const FAULT_ACTIVITIES: [&str; 3] =
    [PlayActivity::NAME, HttpActivity::NAME, EmitActivity::NAME];

/// The longest latency.
pub const MAX_LATENCY: Duration = Duration::from_secs(60);

/// The most failures that can be asked for at once.
pub const MAX_FAIL_NEXT: u32 = 1000;

/// What can be made to fail. Its text is that of the command line: `instrument:drums`, `activity:http`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum FaultTarget {
    /// The notes of the instruments of this name.
    Instrument(Arc<str>),
    /// The attempts of the activities of this name.
    Activity(Arc<str>),
    /// The calls of a service: by its host, or on this machine by the beginning of the path.
    Service(Arc<str>),
    /// The commits of the store. They fail as on a full disk.
    Disk,
    /// The MIDI ports whose names contain this, as if their cables were pulled. Its only fault is an outage.
    Port(Arc<str>),
    /// The code of an instance, which no longer matches its history. Its only fault is an outage.
    Lane(InstanceId),
}

/// The fault of one target.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Fault {
    /// The share of attempts that fail, 0 to 1. `None`: nothing was set, and scores decide.
    pub rate: Option<f64>,
    /// Each attempt begins this much later.
    pub latency: Duration,
    /// Every attempt fails until the outage is ended.
    pub outage: bool,
    /// This many attempts fail from now on.
    pub fail_next: u32,
}

/// A change of a fault: `None` leaves a part as it is.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct FaultChange {
    /// The share of attempts that fail, 0 to 1.
    pub rate: Option<f64>,
    /// How much later attempts begin, at most [`MAX_LATENCY`].
    pub latency: Option<Duration>,
    /// Begins or ends an outage.
    pub outage: Option<bool>,
    /// How many attempts fail from now on, at most [`MAX_FAIL_NEXT`].
    pub fail_next: Option<u32>,
}

impl FaultChange {
    /// The share of attempts that fail.
    pub fn rate(rate: f64) -> Self {
        Self {
            rate: Some(rate),
            ..Self::default()
        }
    }
}

impl Fault {
    /// Applies a change. Values out of range become the nearest ones in it.
    pub fn change(&mut self, change: FaultChange) {
        if let Some(rate) = change.rate {
            self.rate = Some(rate.clamp(0.0, 1.0));
        }
        if let Some(latency) = change.latency {
            self.latency = latency.min(MAX_LATENCY);
        }
        if let Some(outage) = change.outage {
            self.outage = outage;
        }
        if let Some(count) = change.fail_next {
            self.fail_next = count.min(MAX_FAIL_NEXT);
        }
    }

    /// Whether it makes anything fail or late.
    pub fn is_active(&self) -> bool {
        self.outage
            || self.fail_next > 0
            || !self.latency.is_zero()
            || self.rate.is_some_and(|rate| rate > 0.0)
    }
}

/// In words: `30 % fail, outage, 200 ms late, the next fails`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if self.outage {
            parts.push("outage".to_owned());
        }
        match self.fail_next {
            0 => {}
            1 => parts.push("the next fails".to_owned()),
            count => parts.push(format!("the next {count} fail")),
        }
        if !self.latency.is_zero() {
            parts.push(format!("{} ms late", self.latency.as_millis()));
        }
        match self.rate {
            Some(rate) => parts.push(format!("{:.0} % fail", rate * 100.0)),
            None if parts.is_empty() => parts.push("as in the score".to_owned()),
            None => {}
        }
        f.write_str(&parts.join(", "))
    }
}

impl fmt::Display for FaultTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instrument(name) => write!(f, "instrument:{name}"),
            Self::Activity(name) => write!(f, "activity:{name}"),
            Self::Service(name) => write!(f, "service:{name}"),
            Self::Disk => f.write_str("disk"),
            Self::Port(name) => write!(f, "port:{name}"),
            Self::Lane(id) => write!(f, "lane:{id}"),
        }
    }
}

impl FaultTarget {
    /// Its name: of an instrument without saying that it is one.
    pub fn brief(&self) -> String {
        match self {
            Self::Instrument(name) => name.to_string(),
            Self::Activity(name) => format!("the activity {name}"),
            Self::Service(name) => format!("the service {name}"),
            Self::Disk => "the disk".to_owned(),
            Self::Port(name) => format!("the port {name}"),
            Self::Lane(id) => format!("the code of {id}"),
        }
    }

    /// The only fault of a target that has neither rate nor latency, in a word.
    pub fn only_fault(&self) -> Option<&'static str> {
        match self {
            Self::Port(_) => Some("unplugged"),
            Self::Lane(_) => Some("broken"),
            Self::Instrument(_) | Self::Activity(_) | Self::Service(_) | Self::Disk => None,
        }
    }

    /// Whether scores decide what fails, unless something was set.
    fn is_set_by_scores(&self) -> bool {
        matches!(self, Self::Instrument(_) | Self::Activity(_))
    }

    /// A fault of this target in words: `30 % fail`, or `unplugged`.
    pub fn words(&self, fault: &Fault) -> String {
        match (self.only_fault(), fault.outage) {
            (Some(words), true) => words.to_owned(),
            (Some(_), false) => "no fault".to_owned(),
            (None, _) if !self.is_set_by_scores() && !fault.is_active() => "no fault".to_owned(),
            (None, _) => fault.to_string(),
        }
    }
}

/// Why a text names no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFaultTarget {
    /// It has no kind and name.
    #[error(
        "{0:?} names nothing that can fail: write instrument:NAME, activity:NAME, service:NAME, \
         port:NAME, lane:NAME or disk"
    )]
    Kind(String),
    /// No lane can have such a name.
    #[error("{0:?} is not the name of a lane: `fermata list` shows them")]
    Lane(String),
    /// Faults cannot be injected into an activity of this name.
    #[error("faults cannot be injected into the activity {0:?}: use play, http or emit")]
    Activity(String),
}

impl FromStr for FaultTarget {
    type Err = InvalidFaultTarget;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "disk" {
            return Ok(Self::Disk);
        }
        match text.split_once(':') {
            Some(("instrument", name)) if !name.is_empty() => Ok(Self::Instrument(name.into())),
            Some(("service", name)) if !name.is_empty() => Ok(Self::Service(name.into())),
            Some(("port", name)) if !name.is_empty() => Ok(Self::Port(name.into())),
            Some(("lane", name)) => match InstanceId::new(name) {
                Ok(id) => Ok(Self::Lane(id)),
                Err(_) => Err(InvalidFaultTarget::Lane(name.to_owned())),
            },
            Some(("activity", name)) if FAULT_ACTIVITIES.contains(&name) => {
                Ok(Self::Activity(name.into()))
            }
            Some(("activity", name)) => Err(InvalidFaultTarget::Activity(name.to_owned())),
            _ => Err(InvalidFaultTarget::Kind(text.to_owned())),
        }
    }
}

impl TryFrom<String> for FaultTarget {
    type Error = InvalidFaultTarget;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<FaultTarget> for String {
    fn from(target: FaultTarget) -> Self {
        target.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_read_as_it_is_written() {
        for text in [
            "instrument:drums",
            "activity:http",
            "service:payment",
            "disk",
            "port:Volca Keys:out",
            "lane:canon-1",
        ] {
            let target: FaultTarget = text.parse().unwrap();
            assert_eq!(target.to_string(), text);
        }
        for wrong in [
            "drums",
            "instrument:",
            "activity:charge",
            "service:",
            "port:",
            "lane:",
            "",
        ] {
            assert!(wrong.parse::<FaultTarget>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_change_sets_its_parts_and_leaves_the_others() {
        let mut fault = Fault::default();
        assert!(!fault.is_active());
        assert_eq!(fault.to_string(), "as in the score");
        fault.change(FaultChange::rate(0.3));
        fault.change(FaultChange {
            latency: Some(Duration::from_millis(200)),
            fail_next: Some(2),
            ..FaultChange::default()
        });
        assert!(fault.is_active());
        assert_eq!(fault.to_string(), "the next 2 fail, 200 ms late, 30 % fail");
    }
}
