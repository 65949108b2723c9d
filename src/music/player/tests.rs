//! Tests of the player on a virtual clock.

mod clock;
mod keyboard;
mod lateness;
mod offsets;
mod pacing;
mod phase;
mod whatever;

use std::sync::{Arc, Mutex};

use super::*;
use crate::music::{
    Beat, Beats, Channel, Key, Meter, Recorder, Sent, Sink, SinkError, Tempo, Velocity,
};

/// A sink that records.
#[derive(Clone, Default)]
pub(crate) struct Tape(Arc<Mutex<Vec<Sent>>>);

impl Sink for Tape {
    fn send(&mut self, message: &Sent) -> Result<(), SinkError> {
        self.0.lock().unwrap().push(*message);
        Ok(())
    }
}

impl Tape {
    fn sent(&self) -> Vec<Sent> {
        self.0.lock().unwrap().clone()
    }

    /// The messages with their times in milliseconds.
    fn played(&self) -> Vec<(u64, Message)> {
        let milliseconds = |sent: Sent| (sent.sent.0 / 1_000_000, sent.message);
        self.sent().into_iter().map(milliseconds).collect()
    }
}

/// A player in virtual time with one port.
struct Studio {
    player: Player,
    tape: Tape,
    port: PortId,
    running: tokio::task::JoinHandle<Result<(), MusicError>>,
}

impl Studio {
    fn open() -> Self {
        Self::with(Journal::new())
    }

    fn with(journal: Journal) -> Self {
        let (player, simulation) = Player::simulated(journal);
        let running = tokio::spawn(simulation.run());
        let tape = Tape::default();
        let port = player.add_port("tape", Box::new(tape.clone())).unwrap();
        Self {
            player,
            tape,
            port,
            running,
        }
    }

    /// Adds a port with these options.
    fn add(&self, name: &str, options: PortOptions) -> (PortId, Tape) {
        let tape = Tape::default();
        let port = self.player.add_port(name, Box::new(tape.clone())).unwrap();
        self.player.set_port_options(port, options).unwrap();
        (port, tape)
    }

    fn set(&self, options: PortOptions) {
        self.player.set_port_options(self.port, options).unwrap();
    }

    fn note(&self, key: u8, at: Beats, length: Beats) -> Note {
        Note {
            lane: self.player.lane("lane"),
            source: None,
            port: self.port,
            part: self.player.part("part"),
            channel: channel(),
            key: k(key),
            velocity: Velocity::default(),
            at: Beat(at),
            length,
        }
    }

    fn play(&self, key: u8, at: Beats, length: Beats) {
        self.player.note(self.note(key, at, length)).unwrap();
    }

    async fn close(self) -> Vec<Sent> {
        self.player.shutdown().unwrap();
        self.running.await.unwrap().unwrap();
        self.tape.sent()
    }
}

fn channel() -> Channel {
    Channel::from_number(1).unwrap()
}

fn k(key: u8) -> Key {
    Key::new(key).unwrap()
}

fn on(key: u8) -> Message {
    Message::NoteOn(channel(), k(key), Velocity::default())
}

fn off(key: u8) -> Message {
    Message::NoteOff(channel(), k(key))
}

fn beats(n: i64, d: i64) -> Beats {
    Beats::new(n, d)
}

const ROLL: Duration = Duration::from_millis(100);

async fn wait(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

#[tokio::test(start_paused = true)]
async fn notes_sound_on_their_beats_however_they_were_handed_over() {
    let studio = Studio::open();
    studio.play(62, beats(1, 1), beats(1, 1));
    studio.play(60, beats(0, 1), beats(1, 1));
    studio.play(61, beats(1, 3), beats(1, 3));
    studio.player.roll(ROLL).unwrap();
    studio.player.until_silent().await;
    // 120 BPM: a beat is 500 ms. On beat 1 the old note ends before the new one begins.
    assert_eq!(
        studio.tape.played(),
        [
            (100, on(60)),
            (266, on(61)),
            (433, off(61)),
            (600, off(60)),
            (600, on(62)),
            (1100, off(62)),
        ]
    );
    let sent = studio.close().await;
    assert_eq!(sent[1].due, Nanos(100_000_000 + 166_666_667));
    assert!(sent.iter().all(|sent| sent.sent == sent.due));
}

#[tokio::test(start_paused = true)]
async fn a_new_tempo_moves_what_is_pending_and_keeps_its_beats() {
    let studio = Studio::open();
    studio.play(60, beats(0, 1), beats(4, 1));
    studio.play(64, beats(2, 1), beats(1, 1));
    studio.player.roll(ROLL).unwrap();
    wait(600).await; // beat 1
    studio.player.set_tempo(Tempo::new(60.0).unwrap()).unwrap();
    studio.player.until_silent().await;
    let sent = studio.close().await;
    let when: Vec<_> = sent
        .iter()
        .map(|s| (s.sent.0 / 1_000_000, s.beat))
        .collect();
    let beat = |n| Beat(Beats::whole(n));
    assert_eq!(
        when,
        [
            (100, beat(0)),
            (1600, beat(2)),
            (2600, beat(3)),
            (3600, beat(4))
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_struck_again_goes_on_and_each_of_its_notes_ends() {
    let studio = Studio::open();
    studio.play(60, beats(0, 1), beats(2, 1));
    studio.play(60, beats(1, 1), beats(3, 1));
    studio.player.roll(ROLL).unwrap();
    studio.player.until_silent().await;
    assert_eq!(
        studio.tape.played(),
        [
            (100, on(60)),
            (600, on(60)),
            (1100, off(60)),
            (2100, off(60))
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_zero_length_note_is_audible() {
    let studio = Studio::open();
    studio.play(60, beats(1, 1), Beats::ZERO);
    studio.play(61, beats(1, 1), beats(-1, 1));
    studio.player.roll(ROLL).unwrap();
    studio.player.until_silent().await;
    let sent = studio.close().await;
    assert_eq!(sent.len(), 4);
    for off in &sent[2..] {
        assert_eq!(off.beat, Beat(beats(961, 960)));
        assert!(off.sent > sent[1].sent);
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_note_is_played_at_once_and_counted() {
    let studio = Studio::open();
    studio.player.roll(Duration::ZERO).unwrap();
    wait(1000).await; // beat 2
    studio.play(60, beats(1, 1), beats(1, 2));
    studio.play(62, beats(1, 1), beats(2, 1));
    studio.player.until_silent().await;
    let meters = studio.player.meters();
    assert_eq!((meters.sent, meters.late, meters.lost), (4, 2, 0));
    assert_eq!(meters.worst, Duration::from_millis(500));
    let sent = studio.close().await;
    assert_eq!(
        (sent[0].message, sent[0].sent),
        (on(60), Nanos(1_000_000_000))
    );
    assert_eq!(
        sent[0].beat,
        Beat(beats(1, 1)),
        "the score's beat, not that of the delay"
    );
    assert_eq!(
        (sent[3].message, sent[3].sent),
        (off(62), Nanos(1_500_000_000))
    );
}

#[tokio::test(start_paused = true)]
async fn pausing_a_lane_plays_its_horizon_and_then_silences_only_that_lane() {
    let studio = Studio::open();
    studio.play(60, beats(0, 1), beats(8, 1));
    studio.play(61, beats(11, 10), beats(8, 1)); // 50 ms after the hold
    studio.play(62, beats(12, 10), beats(1, 1)); // 100 ms after it
    let mut other = studio.note(70, beats(0, 1), beats(4, 1));
    other.lane = studio.player.lane("other");
    studio.player.note(other).unwrap();
    studio.player.roll(Duration::ZERO).unwrap();
    wait(500).await;
    studio
        .player
        .pause_lane(studio.player.lane("lane"))
        .unwrap();
    studio.player.until_silent().await;
    assert_eq!(
        studio.tape.played(),
        [
            (0, on(60)),
            (0, on(70)),
            (550, on(61)),
            (560, off(60)),
            (560, off(61)),
            (2000, off(70)),
        ]
    );
    // After it was resumed, the lane plays again.
    studio.play(63, beats(5, 1), beats(1, 1));
    studio.player.until_silent().await;
    assert_eq!(studio.close().await.len(), 8);
}

#[tokio::test(start_paused = true)]
async fn releasing_a_lane_silences_it_at_once() {
    let studio = Studio::open();
    studio.play(60, beats(0, 1), beats(8, 1));
    studio.play(61, beats(3, 1), beats(8, 1));
    let mut other = studio.note(70, beats(2, 1), beats(1, 1));
    other.lane = studio.player.lane("other");
    studio.player.note(other).unwrap();
    studio.player.roll(Duration::ZERO).unwrap();
    wait(500).await;
    studio
        .player
        .release_lane(studio.player.lane("lane"))
        .unwrap();
    studio.player.until_silent().await;
    assert_eq!(
        studio.tape.played(),
        [(0, on(60)), (500, off(60)), (1000, on(70)), (1500, off(70))]
    );
}

#[tokio::test(start_paused = true)]
async fn panic_releases_notes_first_and_then_resets_every_channel() {
    let studio = Studio::open();
    studio.play(60, beats(0, 1), beats(8, 1));
    studio.play(61, beats(3, 1), beats(8, 1));
    studio.player.roll(Duration::ZERO).unwrap();
    wait(500).await;
    studio.player.panic().unwrap();
    studio.player.until_silent().await;
    wait(1).await;
    let played: Vec<_> = studio.tape.played();
    assert_eq!(played[..2], [(0, on(60)), (500, off(60))]);
    let controls: Vec<Message> = played[2..].iter().map(|(_, message)| *message).collect();
    let expected: Vec<Message> = Channel::all()
        .flat_map(|c| [64, 120, 123].map(|n| Message::Control(c, n, 0)))
        .collect();
    assert_eq!(controls, expected);
    // Music continues after it.
    studio.play(62, beats(5, 1), beats(1, 1));
    studio.player.until_silent().await;
    assert_eq!(studio.close().await.len(), 2 + 48 + 2);
}

#[tokio::test(start_paused = true)]
async fn a_second_panic_releases_every_key_but_not_new_notes() {
    let studio = Studio::open();
    studio.player.roll(Duration::ZERO).unwrap();
    studio.player.panic().unwrap();
    wait(1000).await;
    studio.player.panic().unwrap();
    studio.play(60, beats(2, 1), beats(8, 1));
    wait(3000).await;
    let sent = studio.tape.played();
    let offs = sent
        .iter()
        .filter(|(_, m)| matches!(m, Message::NoteOff(..)));
    assert_eq!(
        offs.clone().count(),
        2047,
        "all 2048 but the one that plays"
    );
    assert!(!offs.clone().any(|(_, m)| *m == off(60)));
    let mut keys: Vec<_> = offs.map(|(_, m)| m.bytes()[..2].to_vec()).collect();
    keys.dedup();
    assert_eq!(keys.len(), 2047, "each once");
    let first_ten_ms = sent.iter().filter(|(ms, _)| (1010..1020).contains(ms));
    assert!(first_ten_ms.count() <= 10, "no faster than a cable");
}

#[tokio::test(start_paused = true)]
async fn a_stopped_transport_plays_nothing_and_resumes_where_it_stopped() {
    let studio = Studio::open();
    studio.play(60, beats(0, 1), beats(4, 1));
    studio.play(62, beats(2, 1), beats(1, 1));
    studio.player.roll(Duration::ZERO).unwrap();
    wait(500).await;
    studio.player.stop().unwrap();
    wait(10_000).await;
    assert_eq!(studio.tape.played(), [(0, on(60)), (500, off(60))]);
    assert_eq!(
        studio.player.transport().position(studio.player.now()),
        Beat(beats(1, 1))
    );
    assert!(!studio.player.is_silent(), "a note is still to come");
    studio.player.roll(Duration::ZERO).unwrap();
    studio.player.until_silent().await;
    assert_eq!(
        studio.tape.played()[2..],
        [(11_000, on(62)), (11_500, off(62))]
    );
}

#[tokio::test(start_paused = true)]
async fn position_and_meter_change_only_while_stopped() {
    let studio = Studio::open();
    let player = &studio.player;
    let meter: Meter = "7/8".parse().unwrap();
    player.locate(Beat(beats(16, 1))).unwrap();
    player.set_meters(meter).unwrap();
    player.roll(ROLL).unwrap();
    assert!(matches!(
        player.locate(Beat::ZERO),
        Err(MusicError::Rolling)
    ));
    assert!(matches!(
        player.set_meters(Meter::default()),
        Err(MusicError::Rolling)
    ));
    let watched = *player.watch_transport().borrow();
    assert_eq!(watched, player.transport());
    assert_eq!(watched.meters(), meter.into());
    wait(100).await;
    assert_eq!(watched.position(player.now()), Beat(beats(16, 1)));
}

#[tokio::test(start_paused = true)]
async fn messages_are_sent_among_the_notes_of_their_beat_or_at_once() {
    let studio = Studio::open();
    let part = studio.player.part("part");
    let program = Message::Program(channel(), 7);
    let bend = Message::Bend(channel(), 0);
    let message = |m, when| {
        studio
            .player
            .message(studio.port, part, m, when, None, Some(3))
    };
    studio.play(60, beats(0, 1), beats(1, 1));
    studio.play(62, beats(1, 1), beats(1, 1));
    message(program, When::Beat(Beat(beats(1, 1)))).unwrap();
    message(bend, When::Now).unwrap();
    assert!(matches!(
        message(on(60), When::Now),
        Err(MusicError::BareNote)
    ));
    studio.player.roll(ROLL).unwrap();
    studio.player.until_silent().await;
    assert_eq!(
        studio.tape.played(),
        [
            (0, bend),
            (100, on(60)),
            (600, off(60)),
            (600, program),
            (600, on(62)),
            (1100, off(62)),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_disconnected_port_drops_its_notes_and_a_new_sink_takes_over() {
    let studio = Studio::open();
    let player = &studio.player;
    let spare = Tape::default();
    player.roll(Duration::ZERO).unwrap();
    studio.play(60, beats(0, 1), beats(8, 1));
    studio.play(62, beats(3, 1), beats(1, 1));
    wait(500).await;
    player
        .rebind_port(studio.port, Box::new(spare.clone()))
        .unwrap();
    wait(1600).await; // past beat 4: the pending note plays on the new sink
    assert_eq!(studio.tape.played(), [(0, on(60)), (500, off(60))]);
    assert_eq!(spare.played(), [(1500, on(62)), (2000, off(62))]);
    studio.play(64, beats(4, 1), beats(8, 1));
    studio.play(65, beats(6, 1), beats(8, 1));
    wait(100).await;
    player.remove_port(studio.port).unwrap();
    player.until_silent().await;
    assert_eq!(spare.played()[2..], [(2100, on(64)), (2200, off(64))]);
    assert!(player.ports().is_empty());
    let gone = player.note(studio.note(60, beats(9, 1), beats(1, 1)));
    assert!(matches!(gone, Err(MusicError::UnknownPort { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_failing_port_is_counted_and_stops_nothing() {
    struct Broken;
    impl Sink for Broken {
        fn send(&mut self, _: &Sent) -> Result<(), SinkError> {
            Err(SinkError::Closed)
        }
    }
    let studio = Studio::open();
    let broken = studio.player.add_port("broken", Box::new(Broken)).unwrap();
    let mut note = studio.note(60, beats(0, 1), beats(1, 1));
    note.port = broken;
    studio.player.note(note).unwrap();
    studio.play(60, beats(0, 1), beats(1, 1));
    studio.player.roll(ROLL).unwrap();
    studio.player.until_silent().await;
    assert_eq!(studio.tape.sent().len(), 2);
    assert_eq!(studio.player.ports()[1].failures, 2);
    assert_eq!(studio.player.meters().lost, 2);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_notes_at_once_are_all_played_in_order() {
    let studio = Studio::open();
    studio.player.roll(ROLL).unwrap();
    for n in 0..10_000 {
        studio.play((n % 128) as u8, beats(n % 97, 7), beats(1, 3));
    }
    studio.player.until_silent().await;
    let meters = studio.player.meters();
    assert_eq!(
        (meters.sent, meters.lost, meters.outstanding),
        (20_000, 0, 0)
    );
    let sent = studio.close().await;
    let ons = |s: &&Sent| matches!(s.message, Message::NoteOn(..));
    assert_eq!(sent.iter().filter(ons).count(), 10_000);
    assert!(sent.is_sorted_by_key(|sent| sent.sent));
}

#[tokio::test(start_paused = true)]
async fn a_full_player_refuses_notes_with_an_error_and_recovers() {
    let studio = Studio::open();
    let mut refused = None;
    for n in 0..20_000 {
        let note = studio.note((n % 128) as u8, beats(n, 1000), beats(1, 3));
        if let Err(error) = studio.player.note(note) {
            refused = Some(error);
            break;
        }
    }
    assert!(refused.unwrap().to_string().contains("send fewer notes"));
    studio.player.panic().unwrap();
    studio.player.until_silent().await;
    studio.play(60, beats(0, 1), beats(1, 1));
    assert_eq!(studio.player.meters().lost, 1);
}

#[tokio::test(start_paused = true)]
async fn three_minutes_do_not_drift_by_a_nanosecond() {
    let studio = Studio::open();
    studio.player.set_tempo(Tempo::new(127.3).unwrap()).unwrap();
    studio.player.roll(ROLL).unwrap();
    // One note at a time, as in a performance.
    for n in 0..1146 {
        studio.play(60, beats(n, 3), beats(1, 6));
        wait(157).await;
    }
    studio.player.until_silent().await;
    let sent = studio.close().await;
    for (n, on) in sent.iter().step_by(2).enumerate() {
        let exact = 100e6 + n as f64 / 3.0 * 60e9 / 127.3;
        assert_eq!(on.due.0, exact.round() as u64);
        assert_eq!(on.sent, on.due);
    }
    assert!(sent.last().unwrap().due.0 > 180_000_000_000);
}

#[tokio::test(start_paused = true)]
async fn playing_after_the_end_is_an_error() {
    let studio = Studio::open();
    studio.play(60, beats(0, 1), beats(8, 1));
    studio.player.roll(Duration::ZERO).unwrap();
    wait(100).await;
    let note = studio.note(62, beats(1, 1), beats(1, 1));
    let player = studio.player.clone();
    assert_eq!(studio.close().await.last().unwrap().message, off(60));
    assert!(matches!(player.note(note), Err(MusicError::PlayerGone)));
    player.until_silent().await;
    player.shutdown().unwrap();
}

#[tokio::test(start_paused = true)]
async fn no_caller_waits_for_a_player_that_has_ended() {
    let studio = Studio::open();
    studio.play(60, beats(0, 1), beats(8, 1));
    studio.player.roll(Duration::ZERO).unwrap();
    wait(100).await;
    let player = studio.player.clone();
    let waiting = tokio::spawn(async move { player.until_silent().await });
    wait(100).await;
    studio.running.abort();
    waiting.await.unwrap();
    assert!(matches!(studio.player.panic(), Err(MusicError::PlayerGone)));
}

#[tokio::test(start_paused = true)]
async fn the_player_ends_with_its_last_handle() {
    let studio = Studio::open();
    studio.play(60, beats(0, 1), beats(8, 1));
    studio.player.roll(Duration::ZERO).unwrap();
    wait(100).await;
    let Studio {
        player,
        tape,
        running,
        ..
    } = studio;
    let copy = player.clone();
    drop(player);
    wait(100).await;
    assert_eq!(tape.played(), [(0, on(60))]);
    drop(copy);
    running.await.unwrap().unwrap();
    assert_eq!(tape.played(), [(0, on(60)), (200, off(60))]);
}

#[tokio::test(start_paused = true)]
async fn the_same_notes_give_the_same_file_however_late_they_were_sent() {
    let mut takes = Vec::new();
    for delay in [0, 900] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("take.mid");
        let mut journal = Journal::new();
        let recorder = Recorder::create(&path, "Take", journal.names()).unwrap();
        journal.add(Box::new(recorder));
        let studio = Studio::with(journal);
        studio.player.roll(ROLL).unwrap();
        for n in 0..30 {
            studio.play(60 + n as u8, beats(n, 3), beats(1, 7));
            wait(if n == 10 { delay } else { 40 }).await;
        }
        studio.player.until_silent().await;
        studio.close().await;
        takes.push(std::fs::read(&path).unwrap());
    }
    assert_eq!(takes[0], takes[1]);
    let file = midly::Smf::parse(&takes[0]).unwrap();
    let mut tick = 0;
    let mut ons = Vec::new();
    for event in &file.tracks[1] {
        tick += event.delta.as_int();
        if let midly::TrackEventKind::Midi {
            message: midly::MidiMessage::NoteOn { key, .. },
            ..
        } = event.kind
        {
            ons.push((tick, key.as_int()));
        }
    }
    // Sevenths of a beat need 6720 ticks.
    let exact: Vec<_> = (0..30).map(|n| (n * 2240, 60 + n as u8)).collect();
    assert_eq!(ons, exact);
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_cannot_be_written_is_reported_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::new();
    let path = folder.path().join("take.mid");
    let recorder = Recorder::create(&path, "Take", journal.names()).unwrap();
    journal.add(Box::new(recorder));
    let studio = Studio::with(journal);
    drop(folder);
    studio.play(60, beats(0, 1), beats(1, 1));
    studio.player.roll(ROLL).unwrap();
    studio.player.until_silent().await;
    studio.player.shutdown().unwrap();
    let error = studio.running.await.unwrap().unwrap_err();
    assert!(error.to_string().contains("take.mid"), "{error}");
    assert_eq!(studio.tape.sent().len(), 2, "the music went on");
}
