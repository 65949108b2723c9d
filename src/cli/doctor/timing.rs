//! Timing of the player: its priority, and how late its messages are sent.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::json;

use super::finding::{Finding, Rating, Spread};
use crate::music::{
    Beat, Beats, Channel, Journal, Key, MusicError, Note, Null, Player, Priority, Sent, Sink,
    SinkError, Tempo, Velocity,
};

/// Notes that are played to a port without a device: one every five milliseconds for five seconds.
const NOTES: i64 = 1000;
const A_BEAT: i64 = 60;
const BEATS_PER_MINUTE: f64 = 200.0;
/// Up to this lateness notes sound simultaneous.
const MAX_GOOD_LATENESS: Duration = Duration::from_millis(1);
/// Up to this lateness notes sound played by hand.
const MAX_USABLE_LATENESS: Duration = Duration::from_millis(8);

/// How late each message was sent.
#[derive(Clone, Default)]
struct Lateness(Arc<Mutex<Vec<Duration>>>);

impl Sink for Lateness {
    fn send(&mut self, message: &Sent) -> Result<(), SinkError> {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.push(message.sent.since(message.due));
        Ok(())
    }
}

/// Plays for five seconds.
pub(super) fn check() -> Result<[Finding; 2], MusicError> {
    let lateness = Lateness::default();
    let mut journal = Journal::new();
    journal.add(Box::new(lateness.clone()));
    let player = Player::start(journal)?;
    let priority = rate_priority(player.priority());
    play(&player)?;
    player.shutdown()?;
    let times = lateness.0.lock().unwrap_or_else(PoisonError::into_inner);
    Ok([priority, rate_jitter(Spread::of(times.clone()))])
}

fn play(player: &Player) -> Result<(), MusicError> {
    let port = player.add_port("nobody", Box::new(Null))?;
    let (lane, part) = (player.lane("doctor"), player.part("doctor"));
    if let Some(tempo) = Tempo::new(BEATS_PER_MINUTE) {
        player.set_tempo(tempo)?;
    }
    for (number, key) in (0..NOTES).zip((36..96).cycle().filter_map(Key::new)) {
        player.note(Note {
            lane,
            source: None,
            port,
            part,
            channel: Channel::DRUMS,
            key,
            velocity: Velocity::default(),
            at: Beat(Beats::new(number, A_BEAT)),
            length: Beats::new(1, 2 * A_BEAT),
        })?;
    }
    player.roll(Duration::from_millis(100))?;
    while !player.is_silent() {
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn rate_priority(priority: &Priority) -> Finding {
    let (rating, figure, remedy) = match priority {
        Priority::Granted(_) | Priority::Virtual => (Rating::Good, priority.to_string(), ""),
        Priority::Denied { reason, remedy } => {
            (Rating::Usable, format!("denied ({reason})"), *remedy)
        }
    };
    Finding {
        name: "priority",
        rating,
        figure,
        remedy,
        data: json!({ "granted": matches!(priority, Priority::Granted(_)) }),
    }
}

fn rate_jitter(spread: Spread) -> Finding {
    Finding {
        name: "player",
        rating: Rating::at_most(spread.p99, MAX_GOOD_LATENESS, MAX_USABLE_LATENESS),
        figure: format!("{}; target: p99 up to 1 ms", spread.words()),
        remedy: "Close other programs, plug in the power supply, and give the player real-time \
                 priority.",
        data: spread.json(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::GrantedBy;

    #[test]
    fn the_99th_percentile_decides() {
        let rating = |micros| {
            let p99 = Duration::from_micros(micros);
            rate_jitter(Spread {
                p99,
                ..Spread::default()
            })
            .rating
        };
        assert_eq!(rating(999), Rating::Good);
        assert_eq!(rating(1_001), Rating::Usable);
        assert_eq!(rating(8_001), Rating::Bad);
    }

    #[test]
    fn without_real_time_priority_the_machine_is_usable() {
        let denied = Priority::Denied {
            reason: "Operation not permitted".into(),
            remedy: "join the group",
        };
        assert_eq!(rate_priority(&denied).rating, Rating::Usable);
        let granted = Priority::Granted(GrantedBy::Rtkit);
        assert_eq!(rate_priority(&granted).rating, Rating::Good);
    }
}
