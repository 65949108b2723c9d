//! Tempo changes, ramps, sync and nudges while rolling: voices stay together.

use super::*;

/// Four voices with different rhythms, one of them swung, each on its own port, sent bar by bar while `act`
/// changes the time.
async fn together(act: impl Fn(&Player, i64)) -> Vec<Vec<Sent>> {
    let studio = Studio::open();
    let voices: Vec<_> = (0..4)
        .map(|n| studio.add(&n.to_string(), PortOptions::default()))
        .collect();
    studio.player.roll(ROLL).unwrap();
    for bar in 0..8 {
        for (port, at, length) in rhythms(bar).flat_map(|(voice, places)| {
            let port = voices[voice].0;
            places.into_iter().map(move |at| (port, at, beats(1, 8)))
        }) {
            let mut note = studio.note(60, at, length);
            note.port = port;
            studio.player.note(note).unwrap();
        }
        act(&studio.player, bar);
        let transport = studio.player.transport();
        let next = transport.instant(Beat(beats(4 * bar + 3, 1))).unwrap();
        wait(next.since(studio.player.now()).as_millis() as u64).await;
    }
    studio.player.until_silent().await;
    voices.iter().map(|(_, tape)| tape.sent()).collect()
}

/// The onsets of a bar: quarters, triplets, swung eighths, sixteenths.
fn rhythms(bar: i64) -> impl Iterator<Item = (usize, Vec<Beats>)> {
    let bar = Beats::whole(4 * bar);
    let even = move |n: i64, per: i64| (0..4 * n).map(move |i| bar + beats(i, per)).collect();
    let swung = (0..8)
        .map(|i| bar + beats(i / 2, 1) + beats(2 * (i % 2), 3))
        .collect();
    [
        (0, even(1, 1)),
        (1, even(3, 3)),
        (2, swung),
        (3, even(4, 4)),
    ]
    .into_iter()
}

/// Every note sounds once, and notes on the same beat at the same instant, in all voices.
fn assert_in_phase(voices: &[Vec<Sent>]) {
    let mut at = std::collections::HashMap::new();
    for (voice, notes) in voices.iter().zip([32, 96, 64, 128]) {
        let ons = |s: &&Sent| matches!(s.message, Message::NoteOn(..));
        let ons: Vec<_> = voice.iter().filter(ons).collect();
        assert_eq!(ons.len(), notes);
        assert!(ons.is_sorted_by_key(|on| (on.beat, on.sent)));
        for on in ons {
            assert_eq!(on.sent, on.due);
            let instant = *at.entry(on.beat).or_insert(on.sent);
            assert_eq!(instant, on.sent, "beat {}", on.beat);
        }
    }
}

fn tempo(bpm: i64) -> Tempo {
    Tempo::new(bpm as f64).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_ramp_over_bars_keeps_every_voice_in_phase() {
    let voices = together(|player, bar| {
        // Steps of half a beat, as in the ramp of a score, sent in portions.
        let step = |n: i64| (Beat(beats(8 * bar + n, 2)), tempo(60 + 20 * bar + 4 * n));
        let steps: Vec<_> = (0..6).map(step).collect();
        player.change_tempo(&steps).unwrap();
    })
    .await;
    assert_in_phase(&voices);
    let gap = |notes: &[Sent], n: usize| notes[2 * n + 2].sent.since(notes[2 * n].sent);
    // Quarters: at 60 BPM for the first half beat, at 64 for the second.
    let first = gap(&voices[0], 0).as_secs_f64();
    assert!((first - (0.5 + 30.0 / 64.0)).abs() < 1e-6, "{first}");
    assert!(gap(&voices[0], 30) < gap(&voices[0], 4));
}

#[tokio::test(start_paused = true)]
async fn following_a_clock_that_wanders_keeps_every_voice_in_phase() {
    let voices = together(|player, bar| {
        // The other clock deviates by up to 15 ms and in tempo.
        let now = player.now();
        let here = player.transport().position(now);
        let beside = beats([1, -1, 3, -2][bar as usize % 4], 100);
        player.sync(here + beside, now, tempo(118 + bar)).unwrap();
    })
    .await;
    assert_in_phase_but_for(&voices, 16);
}

#[tokio::test(start_paused = true)]
async fn a_nudge_moves_all_voices_alike() {
    let voices = together(|player, bar| {
        let by = Duration::from_millis(10 + bar as u64);
        let by = if bar % 2 == 0 {
            Offset::Later(by)
        } else {
            Offset::Earlier(by)
        };
        player.nudge(by).unwrap();
    })
    .await;
    assert_in_phase_but_for(&voices, 18);
}

/// The same, but notes that a jump skipped sound together, at most that many milliseconds late.
fn assert_in_phase_but_for(voices: &[Vec<Sent>], milliseconds: u64) {
    let mut at = std::collections::HashMap::new();
    for (voice, notes) in voices.iter().zip([32, 96, 64, 128]) {
        let ons = |s: &&Sent| matches!(s.message, Message::NoteOn(..));
        let ons: Vec<_> = voice.iter().filter(ons).collect();
        assert_eq!(ons.len(), notes);
        assert!(ons.is_sorted_by_key(|on| (on.sent, on.beat)));
        for on in ons {
            assert!(on.sent.since(on.due) < Duration::from_millis(milliseconds));
            let instant = *at.entry(on.beat).or_insert(on.sent);
            assert_eq!(instant, on.sent, "beat {}", on.beat);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn steering_moves_future_notes_and_repeats_nothing() {
    let studio = Studio::open();
    studio.player.roll(Duration::ZERO).unwrap();
    for n in 0..6 {
        studio.play(60 + n as u8, beats(n, 1), beats(1, 2));
    }
    wait(1100).await; // beat 2.2: three have begun
    let now = studio.player.now();
    // The external clock is only at 1.7, and slower.
    studio
        .player
        .sync(Beat(beats(17, 10)), now, tempo(60))
        .unwrap();
    studio.player.until_silent().await;
    let ons: Vec<_> = studio
        .tape
        .played()
        .into_iter()
        .filter(|(_, message)| matches!(message, Message::NoteOn(..)))
        .collect();
    assert_eq!(
        ons,
        [
            (0, on(60)),
            (500, on(61)),
            (1000, on(62)),
            (2400, on(63)),
            (3400, on(64)),
            (4400, on(65)),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_nudge_is_limited_and_permanent() {
    let studio = Studio::open();
    studio.player.roll(Duration::ZERO).unwrap();
    for n in 0..8 {
        studio.play(60 + n as u8, beats(n, 1), beats(1, 2));
    }
    let later = |ms| Offset::Later(Duration::from_millis(ms));
    wait(100).await;
    studio.player.nudge(later(30)).unwrap();
    wait(1000).await;
    studio
        .player
        .nudge(Offset::Earlier(Duration::from_millis(20)))
        .unwrap();
    wait(1000).await;
    studio.player.nudge(later(9_000)).unwrap(); // no more than a beat
    studio.player.until_silent().await;
    let ons: Vec<u64> = studio
        .tape
        .played()
        .into_iter()
        .filter(|(_, message)| matches!(message, Message::NoteOn(..)))
        .map(|(at, _)| at)
        .collect();
    assert_eq!(ons, [0, 530, 1030, 1510, 2010, 3010, 3510, 4010]);
}

#[tokio::test(start_paused = true)]
async fn while_stopped_steering_sets_the_tempo_and_a_nudge_does_nothing() {
    let studio = Studio::open();
    let player = &studio.player;
    player
        .sync(Beat(beats(3, 1)), player.now(), tempo(90))
        .unwrap();
    player
        .nudge(Offset::Later(Duration::from_millis(90)))
        .unwrap();
    let transport = player.transport();
    assert_eq!(transport.tempo(player.now()), tempo(90));
    assert_eq!(transport.position(player.now()), Beat::ZERO);
    assert!(!transport.is_rolling());
}
