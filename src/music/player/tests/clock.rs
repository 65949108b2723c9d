//! MIDI clock: ticks, start and stop on ports that get it.

use super::*;
use crate::music::ClockMessage::{self, Continue, Position, Start, Stop, Tick};

fn clocked() -> PortOptions {
    PortOptions {
        clock: ClockOut::On,
        ..PortOptions::default()
    }
}

fn clock(tape: &Tape) -> Vec<(u64, ClockMessage)> {
    let clock = |sent: Sent| match sent.message {
        Message::Clock(clock) => Some((sent.sent.0 / 1_000_000, clock)),
        _ => None,
    };
    tape.sent().into_iter().filter_map(clock).collect()
}

#[tokio::test(start_paused = true)]
async fn a_device_receives_start_24_ticks_per_beat_and_stop() {
    let studio = Studio::open();
    let (_, tape) = studio.add("drum machine", clocked());
    studio.player.roll(ROLL).unwrap();
    wait(1100).await;
    studio.player.stop().unwrap();
    wait(1000).await;
    let sent = clock(&tape);
    assert_eq!(sent[0], (0, Start));
    assert_eq!(sent[1], (100, Tick));
    let ticks = sent.iter().filter(|(_, what)| *what == Tick).count();
    assert_eq!(ticks, 49, "two beats, both ends");
    assert_eq!(sent.last(), Some(&(1100, Stop)));
    assert_eq!(sent.len(), 51);
    assert!(
        studio.tape.sent().is_empty(),
        "the other port gets no clock"
    );
    assert!(studio.player.is_silent(), "ticks are nothing to wait for");
}

#[tokio::test(start_paused = true)]
async fn the_clock_continues_from_the_next_sixteenth() {
    let studio = Studio::open();
    let (_, tape) = studio.add("drum machine", clocked());
    studio.player.locate(Beat(beats(17, 3))).unwrap(); // 5 2/3
    studio.player.roll(ROLL).unwrap();
    wait(200).await;
    // Sixteenth 23 is at 5 3/4: a 12th of a beat after the start.
    assert_eq!(
        clock(&tape)[..4],
        [(0, Position(23)), (0, Continue), (141, Tick), (162, Tick)]
    );
}

#[tokio::test(start_paused = true)]
async fn three_minutes_of_ticks_do_not_drift_by_a_nanosecond() {
    let studio = Studio::open();
    studio.player.set_tempo(Tempo::new(127.3).unwrap()).unwrap();
    let (_, tape) = studio.add("drum machine", clocked());
    studio.player.roll(ROLL).unwrap();
    wait(180_000).await;
    let sent = tape.sent();
    let ticks = sent.iter().filter(|s| s.message == Message::Clock(Tick));
    for (n, tick) in ticks.clone().enumerate() {
        let exact = 100e6 + n as f64 / 24.0 * 60e9 / 127.3;
        assert_eq!(tick.sent.0, exact.round() as u64);
    }
    assert!(ticks.count() > 9_000);
}

#[tokio::test(start_paused = true)]
async fn ticks_follow_changes_of_tempo_and_offsets() {
    let studio = Studio::open();
    let offset = Offset::Earlier(Duration::from_millis(10));
    let (_, tape) = studio.add(
        "drum machine",
        PortOptions {
            offset,
            ..clocked()
        },
    );
    let tempo = |bpm| Tempo::new(bpm).unwrap();
    studio.player.roll(ROLL).unwrap();
    let ramp = [
        (Beat(beats(1, 1)), tempo(60.0)),
        (Beat(beats(2, 1)), tempo(240.0)),
    ];
    studio.player.change_tempo(&ramp).unwrap();
    wait(3000).await;
    let sent = tape.sent();
    let tick = |n: usize| {
        sent.iter()
            .filter(|s| s.message == Message::Clock(Tick))
            .nth(n)
    };
    for (n, at) in [(0, 90), (24, 590), (36, 1090), (48, 1590), (72, 1840)] {
        assert_eq!(tick(n).unwrap().sent, Nanos(at * 1_000_000), "tick {n}");
    }
}

#[tokio::test(start_paused = true)]
async fn ticks_are_sent_before_notes_of_the_same_instant() {
    let studio = Studio::open();
    studio.set(PortOptions {
        pace: Pace::Din,
        ..clocked()
    });
    studio.player.roll(ROLL).unwrap();
    for key in 20..60 {
        studio.play(key, beats(1, 1), beats(1, 1));
    }
    wait(700).await;
    let at_beat = studio.tape.sent();
    let at_beat: Vec<_> = at_beat.iter().filter(|s| s.sent.0 >= 600_000_000).collect();
    assert_eq!(at_beat[0].message, Message::Clock(Tick));
    assert_eq!(at_beat[0].sent, Nanos(600_000_000));
    // Among forty waiting notes, the next tick is late by one of them at most.
    let next = at_beat[1..]
        .iter()
        .find(|s| s.message == Message::Clock(Tick));
    let late = next.unwrap().sent.since(next.unwrap().due);
    assert!(late < Duration::from_micros(960), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn a_clock_switched_on_later_or_a_new_device_joins_in_position() {
    let studio = Studio::open();
    studio.player.roll(Duration::ZERO).unwrap();
    wait(1010).await; // just after beat 2
    studio.set(clocked());
    wait(200).await;
    assert_eq!(
        clock(&studio.tape)[..3],
        [(1010, Position(9)), (1010, Continue), (1125, Tick)]
    );
    let spare = Tape::default();
    studio
        .player
        .rebind_port(studio.port, Box::new(spare.clone()))
        .unwrap();
    wait(300).await;
    assert_eq!(clock(&studio.tape).last(), Some(&(1210, Stop)));
    assert_eq!(clock(&spare)[..2], [(1210, Position(10)), (1210, Continue)]);
    studio.set(PortOptions::default());
    wait(300).await;
    assert_eq!(clock(&spare).last(), Some(&(1510, Stop)));
}

#[tokio::test(start_paused = true)]
async fn a_nudge_changes_the_tick_rate_and_a_jump_sends_a_position() {
    let studio = Studio::open();
    let (_, tape) = studio.add("drum machine", clocked());
    studio.player.roll(Duration::ZERO).unwrap();
    wait(1000).await;
    let nudge = Offset::Earlier(Duration::from_millis(100));
    studio.player.nudge(nudge).unwrap();
    wait(151).await; // just after beat 2.5
    let ticks = clock(&tape)
        .iter()
        .filter(|(_, what)| *what == Tick)
        .count();
    assert_eq!(ticks, 61, "as many as the beats have");
    let now = studio.player.now();
    let tempo = Tempo::default();
    studio.player.sync(Beat(beats(8, 1)), now, tempo).unwrap();
    wait(1).await;
    let sent = clock(&tape);
    let last: Vec<_> = sent
        .iter()
        .rev()
        .take(4)
        .rev()
        .map(|(_, what)| *what)
        .collect();
    assert_eq!(last, [Stop, Position(32), Continue, Tick]);
}
