//! The promises of the bus: nothing hangs, everything sounds when the playhead crosses it, and the state
//! is that of the moment.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use proptest::prelude::*;

use super::*;
use crate::{
    conductor::{PartNumber, RecordedMessage, RecordedMusic, RecordedNote, test_performance::Ear},
    engine::EventId,
    music::{Beat, Beats, Channel, ChannelMemory, Journal, Key, Message, Velocity},
};

/// The moment of the first event, in nanoseconds.
const BEGIN: u64 = 1_700_000_000_000_000_000;
const MS: u64 = 1_000_000;

fn moment(ms: u64) -> Timestamp {
    Timestamp(BEGIN + ms * MS)
}

/// A note: onset and length in milliseconds, key, part.
type Played = (u64, u64, u8, usize);

fn channel(part: usize) -> Channel {
    Channel::from_number(part as u8 + 1).unwrap()
}

fn music(notes: &[Played], messages: &[(u64, Message)]) -> Arc<RecordedMusic> {
    let mut notes: Vec<_> = notes
        .iter()
        .map(|&(onset, length, key, part)| RecordedNote {
            source: EventId(0),
            part: PartNumber(part),
            channel: channel(part),
            key: Key::new(key).unwrap(),
            velocity: Velocity::default(),
            at: Beat::ZERO,
            length: Beats::whole(1),
            onset: moment(onset),
            until: moment(onset + length),
        })
        .collect();
    notes.sort_by_key(|note| note.onset);
    let mut messages: Vec<_> = messages
        .iter()
        .map(|&(at, message)| RecordedMessage {
            part: PartNumber(message.channel().unwrap().index()),
            message,
            at: Beat::ZERO,
            moment: moment(at),
        })
        .collect();
    messages.sort_by_key(|message| message.moment);
    Arc::new(RecordedMusic::sketch(notes, messages))
}

pub(super) fn lanes(music: &Arc<RecordedMusic>) -> Vec<RecordedLane> {
    vec![RecordedLane {
        instance: InstanceId::new("lane").unwrap(),
        music: Arc::clone(music),
        side: Side::AsRecorded,
    }]
}

impl Ear {
    /// The keys that are down.
    pub(super) fn down(&self) -> HashSet<(Channel, Key)> {
        let mut down: HashMap<(Channel, Key), u32> = HashMap::new();
        for sent in self.all() {
            match sent.message {
                Message::NoteOn(channel, key, _) => {
                    *down.entry((channel, key)).or_default() += 1;
                }
                Message::NoteOff(channel, key) => {
                    let times = down.get_mut(&(channel, key)).filter(|times| **times > 0);
                    *times.unwrap_or_else(|| panic!("was not down: {sent:?}")) -= 1;
                }
                _ => {}
            }
        }
        let down = down.into_iter().filter(|(_, times)| *times > 0);
        down.map(|(place, _)| place).collect()
    }

    /// Keys and times of the notes, in microseconds after `from`.
    pub(super) fn onsets(&self, from: Nanos) -> Vec<(u64, u8)> {
        let all = self.all().into_iter();
        let ons = all.filter_map(|sent| match sent.message {
            Message::NoteOn(_, key, _) => {
                let after = sent.due.since(from).as_nanos() as f64 / 1e3;
                Some((after.round() as u64, key.number()))
            }
            _ => None,
        });
        let mut ons: Vec<_> = ons.collect();
        ons.sort_unstable();
        ons
    }
}

/// Lets a bus play in paused time.
pub(super) fn rehearse<T>(play: impl AsyncFnOnce(&ReplayBus, &Player, &Ear) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let (player, simulation) = Player::simulated(Journal::new());
        let playing = tokio::task::spawn_local(simulation.run());
        let ear = Ear::default();
        let bus = ReplayBus::start(player.clone(), Box::new(ear.clone())).unwrap();
        let result = play(&bus, &player, &ear).await;
        drop(bus);
        playing.await.unwrap().unwrap();
        assert_eq!(ear.down(), HashSet::new(), "notes hang after the end");
        result
    })
}

/// Lets everything run that is due now.
pub(super) async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

pub(super) async fn wait(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

#[derive(Debug, Clone)]
enum Call {
    Seek(u64),
    Play(u64, usize),
    Drag(u64, u64),
    Stop,
    Wait(u64),
    Music(bool),
    Reroute(usize),
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let at = || 0_u64..6_000;
    let call = prop_oneof![
        at().prop_map(Call::Seek),
        (at(), 0_usize..10).prop_map(|(at, rate)| Call::Play(at, rate)),
        (at(), at()).prop_map(|(from, to)| Call::Drag(from, to)),
        Just(Call::Stop),
        (0_u64..2_000).prop_map(Call::Wait),
        any::<bool>().prop_map(Call::Music),
        (0_usize..3).prop_map(Call::Reroute),
    ];
    prop::collection::vec(call, 1..30)
}

fn played() -> impl Strategy<Value = Vec<Played>> {
    let note = (500_u64..5_000, 1_u64..2_500, 60_u8..66, 0_usize..2);
    prop::collection::vec(note, 0..40)
}

fn sent() -> impl Strategy<Value = Vec<(u64, Message)>> {
    let message = (0_usize..2, 0_usize..4, 0_u8..128).prop_map(|(part, kind, value)| {
        let channel = channel(part);
        match kind {
            0 => Message::Program(channel, value),
            1 => Message::Control(channel, 1, value),
            2 => Message::Control(channel, Message::SUSTAIN, value),
            _ => Message::Bend(channel, u16::from(value) * 128),
        }
    });
    prop::collection::vec((0_u64..5_000, message), 0..20)
}

pub(super) fn rate(number: usize) -> Rate {
    Rate::all().nth(number).unwrap()
}

/// What a receiver of these messages is set to.
fn settings<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Vec<Message> {
    let mut memory = ChannelMemory::default();
    for message in messages {
        memory.update(*message);
    }
    // Defaults are as good as nothing.
    let is_default = |message: &Message| {
        matches!(
            message,
            Message::Control(_, 1, 0) | Message::Bend(_, 8192) | Message::Control(_, 64, 0)
        )
    };
    memory
        .messages()
        .filter(|message| !is_default(message))
        .collect()
}

proptest! {
    #![proptest_config(crate::seed::cases(120))]

    #[test]
    fn whatever_is_called_no_note_hangs_and_after_a_stop_nothing_sounds(
        notes in played(), messages in sent(), calls in calls()
    ) {
        rehearse(async |bus, _, ear| {
            let music = music(&notes, &messages);
            let other = Ear::default();
            bus.set_music(&lanes(&music));
            for call in calls {
                match call {
                    Call::Seek(at) => bus.seek(moment(at)),
                    Call::Play(at, number) => bus.play(moment(at), rate(number)),
                    Call::Drag(from, to) => bus.drag(moment(from), moment(to)),
                    Call::Stop => bus.stop(),
                    Call::Wait(ms) => wait(ms).await,
                    Call::Music(true) => bus.set_music(&lanes(&music)),
                    Call::Music(false) => bus.clear(),
                    Call::Reroute(0) => bus.reroute(&ReplayRoute::Synth, None),
                    Call::Reroute(1) => bus.reroute(&ReplayRoute::Off, None),
                    Call::Reroute(_) => {
                        let sink = Box::new(other.clone());
                        bus.reroute(&ReplayRoute::Port("other".into()), Some(sink));
                    }
                }
                let is_silent = matches!(
                    call,
                    Call::Seek(_) | Call::Stop | Call::Music(false) | Call::Reroute(_)
                );
                if is_silent {
                    settle().await;
                    assert_eq!(ear.down(), HashSet::new(), "after {call:?}");
                    // A cable takes a moment.
                    wait(100).await;
                    assert_eq!(other.down(), HashSet::new(), "after {call:?}");
                    assert_eq!(*bus.watch_activity().borrow(), ReplayActivity::Idle);
                }
            }
            // Every note has its end, also without a stop: the slowest playhead is through by then.
            wait(60_000).await;
            assert_eq!(ear.down(), HashSet::new());
            assert_eq!(*bus.watch_activity().borrow(), ReplayActivity::Idle);
        });
    }

    #[test]
    fn notes_sound_when_the_playhead_crosses_them_at_every_rate(
        notes in played(), number in 0_usize..10
    ) {
        let rate = rate(number);
        let factor = rate.factor();
        let (from, crossed): (u64, Vec<(u64, u8)>) = match factor > 0.0 {
            true => (0, notes.iter().map(|note| (note.0, note.2)).collect()),
            false => (10_000, notes.iter().map(|note| (note.0 + note.1, note.2)).collect()),
        };
        let after = |at: u64| (at.abs_diff(from) as f64 * 1e3 / factor.abs()).round() as u64;
        let mut expected: Vec<_> = crossed.iter().map(|&(at, key)| (after(at), key)).collect();
        expected.sort_unstable();
        let heard = rehearse(async |bus, player, ear| {
            bus.set_music(&lanes(&music(&notes, &[])));
            let now = player.now();
            bus.play(moment(from), rate);
            wait(60_000).await;
            ear.onsets(now)
        });
        prop_assert_eq!(heard, expected);
    }

    #[test]
    fn after_a_jump_or_on_the_way_the_channels_are_as_they_were_then(
        notes in played(), messages in sent(), first in 0_u64..6_000, at in 0_u64..6_000,
        number in 0_usize..10
    ) {
        rehearse(async |bus, _, ear| {
            let music = music(&notes, &messages);
            bus.set_music(&lanes(&music));
            let settings_at = |at: Timestamp| {
                let earlier = music.messages().iter().filter(|sent| sent.moment < at);
                settings(earlier.map(|sent| &sent.message))
            };
            // A channel keeps its program where there is none: no note sounds before its setup.
            let assert_is = |expected: Vec<Message>| {
                let is_program = |message: &Message| matches!(message, Message::Program(..));
                let programs: Vec<_> = expected.iter().filter(|m| is_program(m)).collect();
                let has_program = |channel| programs.iter().any(|p| p.channel() == channel);
                let mut heard = settings(ear.all().iter().map(|sent| &sent.message));
                heard.retain(|m| !is_program(m) || has_program(m.channel()));
                assert_eq!(heard, expected);
            };
            for place in [first, at] {
                bus.seek(moment(place));
                settle().await;
                assert_is(settings_at(moment(place)));
            }
            bus.play(moment(at), rate(number));
            wait(60_000).await;
            let end = match rate(number).direction {
                Direction::Forward => moment(100_000),
                Direction::Backward => moment(0),
            };
            assert_is(settings_at(end));
        });
    }
}

#[test]
fn dragging_touches_the_notes_it_crosses_in_both_directions_and_not_those_it_does_not() {
    let notes = [
        (1_000, 2_000, 60, 0),
        (1_500, 50, 61, 0),
        (3_000, 500, 62, 1),
    ];
    rehearse(async |bus, player, ear| {
        bus.set_music(&lanes(&music(&notes, &[])));
        for (from, to, keys) in [
            (0, 900, &[][..]),
            (900, 1_600, &[60, 61]),
            (1_600, 1_400, &[61]),
            (1_400, 3_100, &[61, 62]),
        ] {
            ear.forget();
            let now = player.now();
            bus.drag(moment(from), moment(to));
            settle().await;
            let heard = ear.onsets(now);
            let heard: Vec<_> = heard.iter().map(|(_, key)| *key).collect();
            assert_eq!(heard, keys, "{from} to {to}");
            wait(200).await;
            assert_eq!(ear.down(), HashSet::new(), "{from} to {to}");
        }
    });
}

#[test]
fn a_note_that_sounds_where_it_starts_is_heard_for_the_rest_of_its_length() {
    let notes = [(1_000, 2_000, 60, 0)];
    for (number, ends) in [(7, 1_500), (2, 500), (8, 750), (0, 125 + 1)] {
        rehearse(async |bus, player, ear| {
            bus.set_music(&lanes(&music(&notes, &[])));
            let now = player.now();
            bus.play(moment(1_500), rate(number));
            wait(ends - 2).await;
            assert_eq!(ear.onsets(now), [(0, 60)], "{number}");
            assert_eq!(ear.down().len(), 1, "{number}");
            wait(4).await;
            assert_eq!(ear.down(), HashSet::new(), "{number}");
        });
    }
}

#[test]
fn two_compared_lanes_are_heard_one_in_each_ear_and_are_silent_afterwards() {
    // Both lanes were recorded on the same channel, the second one panned by itself.
    let recorded_pan = (0, Message::Control(channel(0), 10, 90));
    let first = music(&[(0, 400, 60, 0), (500, 400, 62, 0)], &[]);
    let second = music(&[(0, 400, 72, 0), (500, 9_000, 74, 0)], &[recorded_pan]);
    rehearse(async |bus, _, ear| {
        let lane = |id: &str, music: &Arc<RecordedMusic>, side| RecordedLane {
            instance: InstanceId::new(id).unwrap(),
            music: Arc::clone(music),
            side,
        };
        bus.set_music(&[
            lane("first", &first, Side::Left),
            lane("second", &second, Side::Right),
        ]);
        bus.play(moment(0), Rate::default());
        wait(1_000).await;
        let mut pans = ChannelMemory::default();
        let mut heard = Vec::new();
        for sent in ear.all() {
            pans.update(sent.message);
            if let Message::NoteOn(on, key, _) = sent.message {
                let pan = pans.messages().find_map(|message| match message {
                    Message::Control(channel, 10, value) if channel == on => Some(value),
                    _ => None,
                });
                heard.push((key.number(), pan));
            }
        }
        heard.sort_unstable();
        let (left, right) = (Some(0), Some(127));
        assert_eq!(heard, [(60, left), (62, left), (72, right), (74, right)]);
        assert_eq!(ear.down().len(), 1, "the last one sounds on");
        bus.clear();
        settle().await;
        assert_eq!(ear.down(), HashSet::new());
        // What is replayed next is in the middle again.
        bus.set_music(&lanes(&first));
        bus.play(moment(0), Rate::default());
        wait(1_000).await;
        let pans = ear.all().into_iter().filter_map(|sent| match sent.message {
            Message::Control(channel, 10, value) => Some((channel, value)),
            _ => None,
        });
        let last = pans.collect::<std::collections::BTreeMap<_, _>>();
        assert_eq!(last.get(&channel(0)), Some(&64));
    });
}

#[test]
fn a_drum_kit_that_both_sides_play_stays_in_the_middle() {
    let drums = |key| {
        let note = RecordedNote {
            channel: Channel::DRUMS,
            ..music(&[(0, 100, key, 0)], &[]).notes()[0]
        };
        Arc::new(RecordedMusic::sketch(vec![note], Vec::new()))
    };
    rehearse(async |bus, _, ear| {
        let sides = [("a", drums(36), Side::Left), ("b", drums(38), Side::Right)];
        let lanes = sides.map(|(id, music, side)| RecordedLane {
            instance: InstanceId::new(id).unwrap(),
            music,
            side,
        });
        bus.set_music(&lanes);
        bus.play(moment(0), Rate::default());
        wait(500).await;
        let pan = Message::Control(Channel::DRUMS, 10, 64);
        assert!(ear.all().iter().any(|sent| sent.message == pan));
        let is_aside = |message: &Message| matches!(message, Message::Control(_, 10, 0 | 127));
        assert!(!ear.all().iter().any(|sent| is_aside(&sent.message)));
    });
}
