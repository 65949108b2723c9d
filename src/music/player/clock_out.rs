//! MIDI clock output: 24 ticks per quarter note, start, stop, continue and song position.
//!
//! Ticks have positions in the piece like notes: they follow every change of tempo and never drift.

use crate::music::{Beat, Beats, ClockMessage, Nanos, Transport};

/// Ticks per beat.
const TICKS: i64 = 24;
/// Ticks per sixteenth, the unit of song positions.
const SIXTEENTH: i64 = 6;
/// The highest song position.
const LAST: i64 = 16_383;

/// The clock messages of one port. They wait here until the port can take them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ClockSender {
    /// The number of the next tick from the start of the piece, if the clock runs.
    next: Option<i64>,
    stop: bool,
    position: Option<u16>,
    start: Option<ClockMessage>,
}

/// A clock message to be sent.
pub(super) struct ClockEvent {
    pub message: ClockMessage,
    pub beat: Beat,
    /// Its time by the transport; `None` means as soon as possible.
    pub nominal: Option<Nanos>,
}

impl ClockSender {
    /// Starts the clock from the first sixteenth at or after `beat`.
    pub fn start(&mut self, beat: Beat) {
        let sixteenth = (beat.0 * 4).ceil().max(0);
        self.next = Some(sixteenth * SIXTEENTH);
        if sixteenth == 0 {
            self.position = None;
            self.start = Some(ClockMessage::Start);
        } else {
            self.position = u16::try_from(sixteenth.min(LAST)).ok();
            self.start = Some(ClockMessage::Continue);
        }
    }

    /// Stops the clock.
    pub fn stop(&mut self) {
        let was_running = self.next.take().is_some();
        self.position = None;
        // If start was not sent yet, nothing needs to stop.
        if self.start.take().is_none() && was_running {
            self.stop = true;
        }
    }

    /// The transport changed while rolling and is at `beat` now. Small steps are caught up with earlier
    /// or later ticks; after a jump the song position is sent again.
    pub fn follow(&mut self, beat: Beat) {
        let here = (beat.0 * TICKS).ceil();
        if self.next.is_some_and(|next| (next - here).abs() > TICKS) {
            self.stop();
            self.start(beat);
        }
    }

    /// Whether a message is to be sent at once.
    pub fn has_immediate(&self) -> bool {
        self.immediate().is_some()
    }

    /// The time of the next tick by the transport.
    pub fn next_tick(&self, transport: &Transport) -> Option<Nanos> {
        transport.instant(tick(self.next?))
    }

    /// Removes the next message: one that is immediate, or a tick that is due.
    pub fn take(
        &mut self,
        transport: &Transport,
        is_due: impl Fn(Nanos) -> bool,
    ) -> Option<ClockEvent> {
        if let Some(message) = self.immediate() {
            match message {
                ClockMessage::Stop => self.stop = false,
                ClockMessage::Position(_) => self.position = None,
                _ => self.start = None,
            }
            let beat = tick(self.next.unwrap_or_default());
            return Some(ClockEvent {
                message,
                beat,
                nominal: None,
            });
        }
        let next = self.next?;
        let beat = tick(next);
        let nominal = transport.instant(beat).filter(|at| is_due(*at))?;
        self.next = Some(next + stride(transport, beat));
        Some(ClockEvent {
            message: ClockMessage::Tick,
            beat,
            nominal: Some(nominal),
        })
    }

    /// The next message to be sent at once.
    fn immediate(&self) -> Option<ClockMessage> {
        let stop = self.stop.then_some(ClockMessage::Stop);
        let position = self.position.map(ClockMessage::Position);
        stop.or(position).or(self.start)
    }
}

/// The ticks to the next one that is sent. Above 1000 beats per minute, which is noise in a MIDI file rather than
/// a tempo, a port cannot take all of them.
fn stride(transport: &Transport, beat: Beat) -> i64 {
    let tempo = transport.tempo_at(beat).beats_per_minute();
    (tempo / 1000.0).ceil().max(1.0) as i64
}

fn tick(number: i64) -> Beat {
    Beat(Beats::new(number, TICKS))
}
