//! Rate limits of ports: waits are counted, and the most important messages go first.

use super::*;

const DIN: PortOptions = PortOptions {
    offset: Offset::Later(Duration::ZERO),
    clock: ClockOut::Off,
    pace: Pace::Din,
};

fn din() -> Studio {
    let studio = Studio::open();
    studio.set(DIN);
    studio
}

/// The keys that went down or came up, in order.
fn keys(sent: &[Sent]) -> Vec<(bool, u8)> {
    let key = |sent: &Sent| match sent.message {
        Message::NoteOn(_, key, _) => Some((true, key.number())),
        Message::NoteOff(_, key) => Some((false, key.number())),
        _ => None,
    };
    sent.iter().filter_map(key).collect()
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_ten_thousand_notes_loses_nothing_on_any_port() {
    for (pace, seconds) in [
        (Pace::Unlimited, 0.0),
        (Pace::Sequencer, 6.6),
        (Pace::Din, 19.1),
    ] {
        let studio = Studio::open();
        studio.set(PortOptions { pace, ..DIN });
        studio.player.set_late_policy(LatePolicy::Send).unwrap();
        studio.player.roll(ROLL).unwrap();
        for n in 0..10_000 {
            let mut note = studio.note((n % 128) as u8, beats(1, 1), beats(1, 1));
            note.channel = Channel::from_number((n / 128 % 16 + 1) as u8).unwrap();
            studio.player.note(note).unwrap();
        }
        studio.player.until_silent().await;
        let meters = studio.player.meters();
        assert_eq!((meters.sent, meters.lost, meters.left_out), (20_000, 0, 0));
        let waited = pace != Pace::Unlimited;
        assert_eq!(meters.held_back > 15_000, waited, "{meters:?}");
        let info = studio.player.ports().remove(0);
        assert_eq!(info.held_back, meters.held_back);
        assert_eq!(info.longest_wait, meters.longest_wait);
        assert_eq!((info.longest_wait > Duration::from_secs(6)), waited);
        let sent = studio.close().await;
        let took = sent.last().unwrap().sent.since(sent[0].sent).as_secs_f64();
        // A beat's length, or the time that the port needs.
        assert!((seconds..seconds + 0.6).contains(&took), "{pace:?} {took}");
    }
}

#[tokio::test(start_paused = true)]
async fn drums_are_sent_first_then_the_lowest_keys() {
    let studio = din();
    studio.player.roll(ROLL).unwrap();
    for key in [72, 48, 60] {
        studio.play(key, beats(0, 1), beats(1, 1));
    }
    let mut drum = studio.note(80, beats(0, 1), beats(1, 1));
    drum.channel = Channel::DRUMS;
    studio.player.note(drum).unwrap();
    studio.player.until_silent().await;
    let sent = studio.close().await;
    assert_eq!(
        keys(&sent[..4]),
        [(true, 80), (true, 48), (true, 60), (true, 72)]
    );
    let after: Vec<_> = sent
        .iter()
        .map(|s| s.sent.since(s.due).as_micros())
        .collect();
    assert_eq!(after[..4], [0, 960, 1920, 2880]);
}

#[tokio::test(start_paused = true)]
async fn note_offs_are_sent_before_note_ons() {
    let studio = din();
    studio.player.roll(ROLL).unwrap();
    studio.play(72, beats(0, 1), beats(1, 1));
    for key in 30..40 {
        studio.play(key, beats(1, 1), beats(1, 1));
    }
    studio.player.until_silent().await;
    assert_eq!(keys(&studio.close().await)[..2], [(true, 72), (false, 72)]);
}

#[tokio::test(start_paused = true)]
async fn a_note_shorter_than_its_delay_is_still_audible() {
    let studio = din();
    studio.player.roll(ROLL).unwrap();
    for key in 0..100 {
        studio.play(key, beats(0, 1), beats(1, 100)); // 5 ms, and the last waits for 190
    }
    studio.player.until_silent().await;
    let sent = studio.close().await;
    assert_eq!(sent.len(), 200);
    for key in 0..100 {
        let at = |down| keys(&sent).iter().position(|k| *k == (down, key)).unwrap();
        let (on, off) = (at(true), at(false));
        // A tick is a 960th of a beat: here half a millisecond.
        assert!(sent[off].sent.since(sent[on].sent) >= Duration::from_micros(520));
    }
}

#[tokio::test(start_paused = true)]
async fn a_released_lane_starts_no_queued_notes() {
    let studio = din();
    studio.player.roll(Duration::ZERO).unwrap();
    for key in 0..100 {
        studio.play(key, beats(0, 1), beats(8, 1));
    }
    wait(10).await;
    assert!(studio.player.ports()[0].waiting > 80);
    studio
        .player
        .release_lane(studio.player.lane("lane"))
        .unwrap();
    studio.player.until_silent().await;
    let keys = keys(&studio.close().await);
    assert_eq!(keys.iter().filter(|(down, _)| *down).count(), 11);
    assert_eq!(keys.len(), 22);
    assert!(keys[11..].iter().all(|(down, _)| !down));
}

#[tokio::test(start_paused = true)]
async fn a_paused_lane_starts_only_notes_that_fit_in_the_horizon() {
    let studio = din();
    studio.player.roll(Duration::ZERO).unwrap();
    for key in 0..100 {
        studio.play(key, beats(0, 1), beats(8, 1));
    }
    wait(10).await;
    studio
        .player
        .pause_lane(studio.player.lane("lane"))
        .unwrap();
    studio.player.until_silent().await;
    let sent = studio.close().await;
    let ons: Vec<_> = sent
        .iter()
        .filter(|s| matches!(s.message, Message::NoteOn(..)))
        .collect();
    assert_eq!(ons.len(), 73, "a note each 0.96 ms until 70 ms");
    assert_eq!(sent.len(), 146);
    assert!(ons.last().unwrap().sent <= Nanos(70_000_000));
}

#[tokio::test(start_paused = true)]
async fn panic_overtakes_all_queued_messages() {
    let studio = din();
    studio.player.roll(Duration::ZERO).unwrap();
    for key in 0..100 {
        studio.play(key, beats(0, 1), beats(8, 1));
    }
    wait(10).await;
    studio.player.panic().unwrap();
    wait(200).await;
    let sent = studio.close().await;
    assert_eq!(sent.len(), 11 + 11 + 48);
    assert!(keys(&sent[11..22]).iter().all(|(down, _)| !down));
    let took = sent.last().unwrap().sent.since(Nanos(10_000_000));
    assert!(
        took < Duration::from_millis(60),
        "as fast as the cable: {took:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn queued_notes_wait_while_the_transport_is_stopped() {
    let studio = din();
    studio.player.roll(Duration::ZERO).unwrap();
    for key in 0..100 {
        studio.play(key, beats(0, 1), beats(8, 1));
    }
    wait(10).await;
    studio.player.stop().unwrap();
    wait(1000).await;
    assert_eq!(studio.tape.sent().len(), 22);
    studio.player.roll(Duration::ZERO).unwrap();
    studio.player.until_silent().await;
    let mut ons: Vec<_> = keys(&studio.close().await);
    ons.retain(|(down, _)| *down);
    ons.sort_unstable();
    ons.dedup();
    assert_eq!(ons.len(), 100, "each once");
}

#[tokio::test(start_paused = true)]
async fn queued_messages_go_to_the_device_that_takes_over() {
    let studio = din();
    studio.player.roll(Duration::ZERO).unwrap();
    for key in 0..100 {
        studio.play(key, beats(0, 1), beats(1, 1));
    }
    wait(10).await;
    let spare = Tape::default();
    studio
        .player
        .rebind_port(studio.port, Box::new(spare.clone()))
        .unwrap();
    studio.player.until_silent().await;
    assert_eq!(keys(&studio.tape.sent()).len(), 22, "released at once");
    let after = spare.sent();
    assert_eq!(keys(&after).len(), 178);
    let gaps = after.windows(2).map(|two| two[1].sent.since(two[0].sent));
    assert!(
        gaps.min() >= Some(Duration::from_micros(960)),
        "still a cable"
    );
}

#[tokio::test(start_paused = true)]
async fn at_the_end_every_key_is_released_however_slow_the_port() {
    let studio = din();
    studio.player.roll(Duration::ZERO).unwrap();
    for key in 0..100 {
        studio.play(key, beats(0, 1), beats(8, 1));
    }
    wait(50).await;
    let sent = studio.close().await;
    assert_eq!(keys(&sent).len(), 2 * 53);
    let gaps = sent.windows(2).map(|two| two[1].sent.since(two[0].sent));
    assert_eq!(gaps.min(), Some(Duration::from_micros(960)));
}

/// The number of messages that `which` selects.
fn sent_of(sent: &[Sent], which: impl Fn(&Message) -> bool) -> usize {
    sent.iter().filter(|sent| which(&sent.message)).count()
}

#[tokio::test(start_paused = true)]
async fn queued_program_changes_are_sent_even_if_the_instrument_moves_to_another_port() {
    let studio = din();
    for channel in Channel::all() {
        let program = Message::Program(channel, 1);
        let part = studio.player.part("part");
        let player = &studio.player;
        player
            .message(studio.port, part, program, When::Now, None, None)
            .unwrap();
    }
    studio.play(60, beats(0, 1), beats(1, 1));
    studio.player.locate(Beat(beats(4, 1))).unwrap();
    studio.player.until_silent().await;
    let sent = studio.close().await;
    assert_eq!(sent_of(&sent, |m| matches!(m, Message::Program(..))), 16);
    assert_eq!(sent_of(&sent, |m| matches!(m, Message::NoteOn(..))), 0);
}

#[tokio::test(start_paused = true)]
async fn pedals_are_released_at_the_end_on_a_slow_port() {
    let studio = din();
    for channel in Channel::all() {
        let up = Message::Control(channel, Message::SUSTAIN, 0);
        studio.player.configure(studio.port, up).unwrap();
    }
    assert!(studio.player.configure(studio.port, on(60)).is_err());
    let sent = studio.close().await;
    assert_eq!(sent.len(), 16);
}
