//! How soon a port may be sent its next message.

use std::time::Duration;

use super::Pace;
use crate::music::Nanos;

/// Messages that a program behind the system's sequencer may get at once. ALSA keeps 200 for it and
/// loses more without a word; in the 21 ms that slow programs sleep another 64 come.
const BURST: u32 = 96;
/// The time between the messages after them.
const INTERVAL: Duration = Duration::from_nanos(1_000_000_000 / 3_000);
/// A byte on a DIN cable: 10 bits at 31,250 a second.
const BYTE: Duration = Duration::from_micros(320);

/// Knows when what a port was sent will have gone through.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pacer {
    through: Nanos,
}

impl Pacer {
    /// From when on the port takes another message.
    pub fn free(&self, pace: Pace) -> Nanos {
        match pace {
            Pace::Unlimited => Nanos::ZERO,
            Pace::Sequencer => self.through - INTERVAL * (BURST - 1),
            Pace::Din => self.through,
        }
    }

    /// A message of so many bytes is sent.
    pub fn sent(&mut self, pace: Pace, at: Nanos, bytes: usize) {
        let takes = match pace {
            Pace::Unlimited => Duration::ZERO,
            Pace::Sequencer => INTERVAL,
            Pace::Din => BYTE * u32::try_from(bytes).unwrap_or(u32::MAX),
        };
        self.through = self.through.max(at) + takes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When each of so many notes at once may go, in microseconds.
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
    fn a_program_takes_a_burst_and_then_what_it_can_read() {
        let times = schedule(Pace::Sequencer, 200);
        assert!(times[..96].iter().all(|at| *at == 0));
        assert_eq!(times[96..99], [333, 666, 999]);
        // Its 200 places never overflow though it reads only once in 21 ms.
        let reads = |at: u64| at / 21_000;
        for read in 0..3 {
            assert!(times.iter().filter(|at| reads(**at) == read).count() < 180);
        }
    }

    #[test]
    fn what_knows_no_limit_takes_all_at_once() {
        assert!(schedule(Pace::Unlimited, 100).iter().all(|at| *at == 0));
    }
}
