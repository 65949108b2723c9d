//! How long until the next piece starts, in bars and beats.

use std::fmt;

use super::SetlistView;
use crate::{engine::Timestamp, view::snapshot::Snapshot};

/// How long until the next piece starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Countdown {
    /// In this many bars, at least two.
    Bars(u32),
    /// In this many beats, less than two bars.
    Beats(u32),
    /// It stands still with the transport.
    Stopped,
}

impl fmt::Display for Countdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bars(bars) => write!(f, "in {bars} bars"),
            Self::Beats(0) => f.write_str("now"),
            Self::Beats(1) => f.write_str("in 1 beat"),
            Self::Beats(beats) => write!(f, "in {beats} beats"),
            Self::Stopped => f.write_str("when the transport rolls"),
        }
    }
}

impl SetlistView {
    /// How long until the next piece starts by itself at its bar; `None` if no bar is known.
    pub fn countdown(&self, snapshot: &Snapshot, now: Timestamp) -> Option<Countdown> {
        let awaited = self.awaited?;
        let transport = &snapshot.transport;
        if !transport.rolling {
            return Some(Countdown::Stopped);
        }
        let left = (awaited.as_f64() - transport.beat_at(now)).max(0.0);
        let meter = transport.meters.at(awaited);
        let bars = left / meter.bar().as_f64().max(1e-3);
        // So much of a bar has passed that it is not counted any more.
        const NEARLY: f64 = 1e-3;
        let whole = |number: f64| (number - NEARLY).ceil().clamp(0.0, 1e6) as u32;
        Some(match bars > 2.0 {
            true => Countdown::Bars(whole(bars)),
            false => Countdown::Beats(whole(left / meter.count().as_f64().max(1e-3))),
        })
    }
}
