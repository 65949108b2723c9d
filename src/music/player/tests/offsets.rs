//! Ports with an offset in time.

use super::*;

fn shifted(offset: Offset) -> PortOptions {
    PortOptions {
        offset,
        ..PortOptions::default()
    }
}

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[tokio::test(start_paused = true)]
async fn each_port_has_its_own_offset() {
    let studio = Studio::open();
    let (early, early_tape) = studio.add("early", shifted(Offset::Earlier(ms(30))));
    let (late, late_tape) = studio.add("late", shifted(Offset::Later(ms(70))));
    studio.player.roll(ROLL).unwrap();
    for port in [studio.port, early, late] {
        let mut note = studio.note(60, beats(1, 1), beats(1, 1));
        note.port = port;
        studio.player.note(note).unwrap();
    }
    studio.player.until_silent().await;
    assert_eq!(studio.tape.played(), [(600, on(60)), (1100, off(60))]);
    assert_eq!(early_tape.played(), [(570, on(60)), (1070, off(60))]);
    assert_eq!(late_tape.played(), [(670, on(60)), (1170, off(60))]);
    let meters = studio.player.meters();
    assert_eq!((meters.late, meters.worst), (0, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn an_offset_beyond_the_limit_is_clamped() {
    let studio = Studio::open();
    studio.set(shifted(Offset::Earlier(ms(900))));
    studio.player.roll(ROLL).unwrap();
    studio.play(60, beats(1, 1), beats(1, 1));
    wait(800).await;
    studio.set(shifted(Offset::Later(ms(900))));
    studio.player.until_silent().await;
    assert_eq!(studio.tape.played(), [(560, on(60)), (1600, off(60))]);
}

#[tokio::test(start_paused = true)]
async fn a_new_tempo_moves_messages_that_are_queued_at_a_port() {
    for offset in [Offset::Earlier(ms(40)), Offset::Later(ms(200))] {
        let studio = Studio::open();
        let (_, _) = studio.add("hasty", shifted(Offset::Earlier(ms(40))));
        studio.set(shifted(offset));
        studio.player.roll(Duration::ZERO).unwrap();
        studio.play(60, beats(1, 1), beats(1, 1));
        // Beat 1 is due in 10 ms and has reached its port; at half the tempo it would be due in 20.
        wait(490).await;
        if offset == Offset::Earlier(ms(40)) {
            assert_eq!(studio.tape.sent().len(), 1, "too late to move it");
            continue;
        }
        studio.player.set_tempo(Tempo::new(60.0).unwrap()).unwrap();
        studio.player.until_silent().await;
        assert_eq!(studio.tape.played(), [(710, on(60)), (1710, off(60))]);
    }
}

#[tokio::test(start_paused = true)]
async fn no_note_of_a_released_lane_remains_queued_at_a_slow_port() {
    let studio = Studio::open();
    studio.set(shifted(Offset::Later(ms(200))));
    studio.player.roll(Duration::ZERO).unwrap();
    studio.play(60, beats(0, 1), beats(4, 1));
    studio.play(61, beats(1, 1), beats(1, 1));
    wait(600).await; // beat 1 has passed, and waits at the port
    studio
        .player
        .release_lane(studio.player.lane("lane"))
        .unwrap();
    studio.player.until_silent().await;
    assert_eq!(studio.tape.played(), [(200, on(60)), (600, off(60))]);
}

#[tokio::test(start_paused = true)]
async fn stopping_and_starting_loses_nothing_at_a_slow_port() {
    let studio = Studio::open();
    studio.set(shifted(Offset::Later(ms(200))));
    studio.player.roll(Duration::ZERO).unwrap();
    studio.play(61, beats(1, 1), beats(1, 1));
    wait(600).await;
    studio.player.stop().unwrap();
    wait(400).await;
    studio.player.roll(Duration::ZERO).unwrap();
    studio.player.until_silent().await;
    // It stopped at beat 1.2: 100 of the 200 ms remain.
    assert_eq!(studio.tape.played(), [(1100, on(61)), (1600, off(61))]);
}

#[tokio::test(start_paused = true)]
async fn recordings_ignore_port_offsets() {
    struct Shared(Tape);
    impl Sink for Shared {
        fn send(&mut self, message: &Sent) -> Result<(), SinkError> {
            self.0.send(message)
        }
    }
    let mut takes = Vec::new();
    for offset in [Offset::Earlier(ms(40)), Offset::Later(ms(300))] {
        let heard = Tape::default();
        let mut journal = Journal::new();
        journal.add(Box::new(Shared(heard.clone())));
        let studio = Studio::with(journal);
        studio.set(shifted(offset));
        studio.player.roll(ROLL).unwrap();
        for n in 0..8 {
            studio.play(60, beats(n, 2), beats(1, 4));
        }
        studio.player.until_silent().await;
        studio.close().await;
        let due = heard.sent().into_iter().map(|s| (s.due, s.beat, s.message));
        takes.push(due.collect::<Vec<_>>());
    }
    assert_eq!(takes[0], takes[1]);
    assert_eq!(takes[0].len(), 16);
}
