//! The transport follows an external MIDI clock: its tempo, and its position in the bar.
//!
//! It keeps its own bar number: an external clock cannot move a piece to another bar.

use crate::music::{
    Beat, Beats, ClockMessage, MusicError, Nanos, Player, Tempo, Transport,
    clock_in::{ClockIn, ClockInEvent},
};

/// An external clock that the transport follows.
#[derive(Debug, Default)]
pub struct Follow {
    clock: ClockIn,
    ticks: u32,
}

/// A request of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cue {
    /// Start or continue.
    Play,
    /// Stop.
    Stop,
}

/// The transport is corrected at most once in this many ticks: a sixteenth note.
const TICKS: u32 = 6;
/// Smaller deviations are inaudible and are not corrected: nanoseconds, and a share of the tempo.
const SLACK: u64 = 500_000;
const SAME_TEMPO: f64 = 0.000_3;

impl Follow {
    /// Handles a message of the clock.
    pub fn receive(
        &mut self,
        message: ClockMessage,
        at: Nanos,
        player: &Player,
    ) -> Result<Option<Cue>, MusicError> {
        match self.clock.receive(message, at) {
            Some(ClockInEvent::Started(place)) => {
                self.ticks = 0;
                self.start(place, at, player)?;
                Ok(Some(Cue::Play))
            }
            Some(ClockInEvent::Stopped) => Ok(Some(Cue::Stop)),
            Some(ClockInEvent::Tick) => {
                self.ticks += 1;
                if self.ticks.is_multiple_of(TICKS) {
                    self.steer(player)?;
                }
                Ok(None)
            }
            None => Ok(None),
        }
    }

    /// The clock's tempo; `None` if no clock arrives.
    pub fn tempo(&self, now: Nanos) -> Option<Tempo> {
        let reading = self.clock.reading()?;
        self.clock.is_present(now).then_some(reading.tempo)
    }

    /// Starts with this tick. A stopped transport starts on the next bar with such a position.
    fn start(&self, place: Beats, at: Nanos, player: &Player) -> Result<(), MusicError> {
        let transport = player.transport();
        let reading = self.clock.reading();
        let tempo = reading.map_or(transport.tempo(at), |reading| reading.tempo);
        if transport.is_rolling() {
            let beat = nearest(place, transport, at);
            return player.sync(beat, at, tempo);
        }
        let bar = transport.bar_at(transport.position(at));
        let bars = ((transport.position(at).0 - place) / bar).ceil();
        let beat = Beat(place + bar * bars);
        player.locate(beat)?;
        player.set_tempo(tempo)?;
        player.roll(std::time::Duration::ZERO)?;
        player.sync(beat, at, tempo)
    }

    fn steer(&self, player: &Player) -> Result<(), MusicError> {
        let Some(reading) = self.clock.reading() else {
            return Ok(());
        };
        let transport = player.transport();
        let tempo = transport.tempo(reading.at);
        let off = reading.tempo.beats_per_minute() / tempo.beats_per_minute() - 1.0;
        let other_tempo = off.abs() > SAME_TEMPO;
        let Some(place) = reading.place.filter(|_| transport.is_rolling()) else {
            return match other_tempo {
                true => player.set_tempo(reading.tempo),
                false => Ok(()),
            };
        };
        let beat = nearest(place, transport, reading.at);
        let due = transport.instant(beat).unwrap_or(reading.at);
        if other_tempo || due.0.abs_diff(reading.at.0) > SLACK {
            return player.sync(beat, reading.at, reading.tempo);
        }
        Ok(())
    }
}

/// The beat with this position in its bar that is nearest to the transport's.
fn nearest(place: Beats, transport: Transport, at: Nanos) -> Beat {
    let bar = transport.bar_at(transport.position(at));
    let bars = (transport.position(at).0 - place) / bar + Beats::new(1, 2);
    Beat(place + bar * bars.floor())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::music::Journal;

    async fn tick(follow: &mut Follow, player: &Player, count: usize, nanos: u64) {
        for _ in 0..count {
            tokio::time::sleep(Duration::from_nanos(nanos)).await;
            follow
                .receive(ClockMessage::Tick, player.now(), player)
                .unwrap();
        }
    }

    /// Ticks of a clock of 100 beats a minute.
    const TICK: u64 = 25_000_000;

    #[tokio::test(start_paused = true)]
    async fn the_transport_starts_runs_and_stops_with_the_clock() {
        let (player, simulation) = Player::simulated(Journal::new());
        tokio::spawn(simulation.run());
        let mut follow = Follow::default();
        tick(&mut follow, &player, 24, TICK).await;
        assert!(!player.transport().is_rolling());
        let tempo = player.transport().tempo(player.now()).beats_per_minute();
        assert!((tempo - 100.0).abs() < 0.1, "{tempo}");
        let now = player.now();
        assert_eq!(
            follow.receive(ClockMessage::Start, now, &player).unwrap(),
            None
        );
        tokio::time::sleep(Duration::from_nanos(TICK)).await;
        let first = follow.receive(ClockMessage::Tick, player.now(), &player);
        assert_eq!(first.unwrap(), Some(Cue::Play));
        assert!(player.transport().is_rolling());
        tick(&mut follow, &player, 96, TICK).await;
        let beat = player.transport().position(player.now()).as_f64();
        assert!((beat - 4.0).abs() < 0.01, "{beat}");
        let stop = follow.receive(ClockMessage::Stop, player.now(), &player);
        assert_eq!(stop.unwrap(), Some(Cue::Stop));
        assert!(follow.tempo(player.now()).is_some());
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(follow.tempo(player.now()).is_none());
    }

    #[test]
    fn the_nearest_beat_with_a_position_is_at_most_half_a_bar_away() {
        let at = |beats: i64| Transport::default().located(Beat(Beats::new(beats, 4)));
        for quarter in 0..64 {
            let transport = at(quarter);
            let beat = nearest(Beats::new(409, 2), transport, Nanos(0));
            let off = (beat - transport.position(Nanos(0))).as_f64();
            assert!(off.abs() <= 2.0, "{off}");
            assert_eq!((beat.as_f64() - 0.5).rem_euclid(4.0), 0.0);
        }
    }
}
