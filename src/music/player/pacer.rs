//! The rate limit of a port.

use std::time::Duration;

use super::options::Pace;
use crate::music::Nanos;

/// The longest burst for a program behind the system's sequencer, in messages. ALSA buffers 200 and
/// silently drops the rest; 64 more arrive in the 21 ms that slow programs sleep.
const BURST: u32 = 96;
/// The interval of the messages after a burst.
const INTERVAL: Duration = Duration::from_nanos(1_000_000_000 / 3_000);
/// The duration of a byte on a DIN cable: 10 bits at 31,250 baud.
const BYTE: Duration = Duration::from_micros(320);

/// Tracks when the messages of a port have been transmitted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pacer {
    transmitted: Nanos,
}

impl Pacer {
    /// The earliest time of the next message.
    pub fn free(&self, pace: Pace) -> Nanos {
        match pace {
            Pace::Unlimited => Nanos::ZERO,
            Pace::Sequencer => self.transmitted - INTERVAL * (BURST - 1),
            Pace::Din => self.transmitted,
        }
    }

    /// Records a message of that many bytes.
    pub fn sent(&mut self, pace: Pace, at: Nanos, bytes: usize) {
        let takes = match pace {
            Pace::Unlimited => Duration::ZERO,
            Pace::Sequencer => INTERVAL,
            Pace::Din => BYTE * u32::try_from(bytes).unwrap_or(u32::MAX),
        };
        self.transmitted = self.transmitted.max(at) + takes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The times at which a chord of that many notes may be sent, in microseconds.
    fn schedule(pace: Pace, notes: usize) -> Vec<u64> {
        let mut pacer = Pacer::default();
        let start = Nanos(1_000_000_000);
        let mut times = Vec::new();
        for _ in 0..notes {
            let at = pacer.free(pace).max(start);
            pacer.sent(pace, at, 3);
            times.push((at.0 - start.0) / 1000);
        }
        times
    }

    #[test]
    fn a_cable_takes_a_note_in_960_microseconds() {
        assert_eq!(schedule(Pace::Din, 4), [0, 960, 1920, 2880]);
    }

    #[test]
    fn a_program_takes_a_burst_and_then_a_steady_rate() {
        let times = schedule(Pace::Sequencer, 200);
        assert!(times[..96].iter().all(|at| *at == 0));
        assert_eq!(times[96..99], [333, 666, 999]);
        // Its buffer of 200 never overflows, although it reads only every 21 ms.
        let reads = |at: u64| at / 21_000;
        for read in 0..3 {
            assert!(times.iter().filter(|at| reads(**at) == read).count() < 180);
        }
    }

    #[test]
    fn an_unlimited_port_takes_everything_at_once() {
        assert!(schedule(Pace::Unlimited, 100).iter().all(|at| *at == 0));
    }
}
