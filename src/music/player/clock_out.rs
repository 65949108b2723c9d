//! What a port is told about time: 24 ticks a quarter note, and where to start and stop.
//!
//! The ticks are places in the piece like notes: they follow every change of tempo and never drift.

use crate::music::{Beat, Beats, ClockMessage, Nanos, Transport};

/// Ticks in a beat.
const TICKS: i64 = 24;
/// Ticks in a sixteenth, the unit of places.
const SIXTEENTH: i64 = 6;
/// The last sixteenth that has a number.
const LAST: i64 = 16_383;

/// Keeps one port in step. What it has to say waits in it until the port can take it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ClockSender {
    /// The number of the next tick since the beginning, if the port goes along.
    next: Option<i64>,
    stop: bool,
    place: Option<u16>,
    go: Option<ClockMessage>,
}

/// Something to be told.
pub(super) struct Telling {
    pub message: ClockMessage,
    pub beat: Beat,
    /// When it is due by the transport; `None`: as soon as possible.
    pub nominal: Option<Nanos>,
}

impl ClockSender {
    /// From the first sixteenth at or after `beat` the port goes along.
    pub fn start(&mut self, beat: Beat) {
        let sixteenth = (beat.0 * 4).ceil().max(0);
        self.next = Some(sixteenth * SIXTEENTH);
        if sixteenth == 0 {
            self.place = None;
            self.go = Some(ClockMessage::Start);
        } else {
            self.place = u16::try_from(sixteenth.min(LAST)).ok();
            self.go = Some(ClockMessage::Continue);
        }
    }

    /// The port stands still.
    pub fn stop(&mut self) {
        let went = self.next.take().is_some();
        self.place = None;
        // One that was not told to go has not gone.
        if self.go.take().is_none() && went {
            self.stop = true;
        }
    }

    /// The transport was changed under way and is at `beat` now. A small step is made up with ticks
    /// that come sooner or later; after a leap the port is told its place anew.
    pub fn follow(&mut self, beat: Beat) {
        let here = (beat.0 * TICKS).ceil();
        if self.next.is_some_and(|next| (next - here).abs() > TICKS) {
            self.stop();
            self.start(beat);
        }
    }

    /// Whether there is something to be told at once.
    pub fn has_orders(&self) -> bool {
        self.order().is_some()
    }

    /// When the next tick is, by the transport.
    pub fn next_tick(&self, transport: &Transport) -> Option<Nanos> {
        transport.instant(tick(self.next?))
    }

    /// What is to be told next, if a tick is due for the transport's instant.
    pub fn take(
        &mut self,
        transport: &Transport,
        is_due: impl Fn(Nanos) -> bool,
    ) -> Option<Telling> {
        if let Some(message) = self.order() {
            match message {
                ClockMessage::Stop => self.stop = false,
                ClockMessage::Position(_) => self.place = None,
                _ => self.go = None,
            }
            let beat = tick(self.next.unwrap_or_default());
            return Some(Telling {
                message,
                beat,
                nominal: None,
            });
        }
        let next = self.next?;
        let beat = tick(next);
        let nominal = transport.instant(beat).filter(|at| is_due(*at))?;
        self.next = Some(next + 1);
        Some(Telling {
            message: ClockMessage::Tick,
            beat,
            nominal: Some(nominal),
        })
    }

    /// What is to be told at once.
    fn order(&self) -> Option<ClockMessage> {
        let stop = self.stop.then_some(ClockMessage::Stop);
        let place = self.place.map(ClockMessage::Position);
        stop.or(place).or(self.go)
    }
}

fn tick(number: i64) -> Beat {
    Beat(Beats::new(number, TICKS))
}
