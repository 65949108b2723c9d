//! Is the player in time: its priority, and how late its messages leave.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::json;

use super::finding::{Finding, Spread, Verdict};
use crate::music::{
    Beat, Beats, Channel, Journal, Key, MusicError, Note, Null, Player, Priority, Sent, Sink,
    SinkError, Tempo, Velocity,
};

/// Notes that are played to nobody: one every five milliseconds for five seconds.
const NOTES: i64 = 1000;
const A_BEAT: i64 = 60;
const BEATS_PER_MINUTE: f64 = 200.0;
/// What musicians hear as together.
const TIGHT: Duration = Duration::from_millis(1);
/// What still passes for played by hand.
const LOOSE: Duration = Duration::from_millis(8);

/// How late each message left.
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
    let priority = judge_priority(player.priority());
    play(&player)?;
    player.shutdown()?;
    let times = lateness.0.lock().unwrap_or_else(PoisonError::into_inner);
    Ok([priority, judge_jitter(Spread::of(times.clone()))])
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

fn judge_priority(priority: &Priority) -> Finding {
    let (verdict, figure, remedy) = match priority {
        Priority::Granted(_) | Priority::Virtual => (Verdict::Good, priority.to_string(), ""),
        Priority::Denied { reason, remedy } => {
            (Verdict::Usable, format!("denied ({reason})"), *remedy)
        }
    };
    Finding {
        name: "priority",
        verdict,
        figure,
        remedy,
        data: json!({ "granted": matches!(priority, Priority::Granted(_)) }),
    }
}

fn judge_jitter(spread: Spread) -> Finding {
    Finding {
        name: "player",
        verdict: Verdict::at_most(spread.p99, TIGHT, LOOSE),
        figure: format!("{}; asked: p99 up to 1 ms", spread.words()),
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
    fn the_latest_in_a_hundred_decides() {
        let verdict = |micros| {
            let p99 = Duration::from_micros(micros);
            judge_jitter(Spread {
                p99,
                ..Spread::default()
            })
            .verdict
        };
        assert_eq!(verdict(999), Verdict::Good);
        assert_eq!(verdict(1_001), Verdict::Usable);
        assert_eq!(verdict(8_001), Verdict::Bad);
    }

    #[test]
    fn without_priority_it_can_still_be_used() {
        let denied = Priority::Denied {
            reason: "Operation not permitted".into(),
            remedy: "join the group",
        };
        assert_eq!(judge_priority(&denied).verdict, Verdict::Usable);
        let granted = Priority::Granted(GrantedBy::Rtkit);
        assert_eq!(judge_priority(&granted).verdict, Verdict::Good);
    }
}
