//! Random programs: whatever happens in whatever order, every note ends, every loss is counted, and
//! ports get messages within their rate limits and clock messages in order.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::music::ClockMessage;

/// One port for each rate limit.
const PACES: [Pace; 3] = [Pace::Unlimited, Pace::Sequencer, Pace::Din];

/// An action of a performer.
#[derive(Debug, Clone)]
enum Act {
    Note {
        port: usize,
        lane: u8,
        key: u8,
        at: i64,
        length: i64,
    },
    /// That many notes on one beat.
    Burst(usize, i64),
    Bend(usize, Option<i64>),
    Tempo(f64),
    Ramp(i64, f64),
    Steer(i64, f64),
    Nudge(Offset),
    Stand,
    Roll,
    Options(usize, Offset, ClockOut),
    Rebind(usize),
    Wait(u64),
    Late(LatePolicy),
    Hold(u8),
    Release(u8),
    Panic,
    Locate(i64),
    Remove(usize),
    Press(usize, u8),
    Lift(usize, u8),
}

/// The lane of performers who hold keys; it is never released.
const HANDS: u8 = 9;

/// Actions that drop nothing.
fn gentle() -> impl Strategy<Value = Act> {
    let offset = prop_oneof![
        (0u64..60).prop_map(|ms| Offset::Earlier(Duration::from_millis(ms))),
        (0u64..200).prop_map(|ms| Offset::Later(Duration::from_millis(ms))),
    ];
    let clock = prop_oneof![Just(ClockOut::Off), Just(ClockOut::On)];
    prop_oneof![
        8 => (0usize..3, 0u8..3, 60u8..64, 0i64..64, 0i64..8).prop_map(
            |(port, lane, key, at, length)| Act::Note { port, lane, key, at, length }),
        1 => (0usize..3, 0i64..64).prop_map(|(port, at)| Act::Burst(port, at)),
        1 => (0usize..3, prop::option::of(0i64..64)).prop_map(|(port, at)| Act::Bend(port, at)),
        1 => (10.0f64..=400.0).prop_map(Act::Tempo),
        1 => (0i64..64, 10.0f64..=400.0).prop_map(|(at, tempo)| Act::Ramp(at, tempo)),
        1 => (0i64..64, 10.0f64..=400.0).prop_map(|(at, tempo)| Act::Steer(at, tempo)),
        1 => offset.clone().prop_map(Act::Nudge),
        1 => Just(Act::Stand),
        1 => Just(Act::Roll),
        1 => (0usize..3, offset, clock).prop_map(|(port, o, c)| Act::Options(port, o, c)),
        1 => (0usize..3).prop_map(Act::Rebind),
        4 => (0u64..400).prop_map(Act::Wait),
    ]
}

fn any_act() -> impl Strategy<Value = Act> {
    let policy = prop_oneof![
        Just(LatePolicy::Send),
        (0u64..100).prop_map(|ms| LatePolicy::DropAfter(Duration::from_millis(ms))),
    ];
    prop_oneof![
        20 => gentle(),
        1 => policy.prop_map(Act::Late),
        1 => (0u8..3).prop_map(Act::Hold),
        1 => (0u8..3).prop_map(Act::Release),
        1 => Just(Act::Panic),
        1 => (0i64..64).prop_map(Act::Locate),
        1 => (0usize..3).prop_map(Act::Remove),
        2 => (0usize..3, 60u8..64).prop_map(|(port, key)| Act::Press(port, key)),
        2 => (0usize..3, 60u8..64).prop_map(|(port, key)| Act::Lift(port, key)),
    ]
}

/// A player with a port for each rate limit, and a log of the actions.
struct Session {
    studio: Studio,
    ports: Vec<PortId>,
    /// Every recording that a port has ever played to, with its rate limit.
    tapes: Vec<(Pace, Tape)>,
    /// When a lane was released, and the number of notes sent before.
    releases: Vec<(LaneId, Nanos, u64)>,
    notes: u64,
}

/// The result of a session.
struct Outcome {
    tapes: Vec<(Pace, Vec<Sent>)>,
    releases: Vec<(LaneId, Nanos, u64)>,
    notes: u64,
    meters: Meters,
}

impl Session {
    fn open() -> Self {
        let studio = Studio::open();
        let mut session = Self {
            studio,
            ports: Vec::new(),
            tapes: Vec::new(),
            releases: Vec::new(),
            notes: 0,
        };
        for pace in PACES {
            session.add(pace);
        }
        session
    }

    fn add(&mut self, pace: Pace) {
        let options = PortOptions {
            pace,
            ..PortOptions::default()
        };
        let (port, tape) = self.studio.add("port", options);
        self.ports.push(port);
        self.tapes.push((pace, tape));
    }

    fn lane(&self, lane: u8) -> LaneId {
        self.studio.player.lane(&lane.to_string())
    }

    fn play(&mut self, port: usize, lane: u8, key: u8, at: i64, length: i64) {
        let mut note = self.studio.note(key, beats(at, 4), beats(length, 3));
        note.lane = self.lane(lane);
        note.port = self.ports[port];
        note.source = Some(self.notes);
        self.notes += 1;
        self.studio.player.note(note).unwrap();
    }

    fn pressed(&self, port: usize, key: u8) -> KeyPress {
        KeyPress {
            lane: self.lane(HANDS),
            port: self.ports[port],
            part: self.studio.player.part("part"),
            channel: channel(),
            key: k(key),
            velocity: Velocity::default(),
        }
    }

    async fn act(&mut self, act: Act) {
        let player = self.studio.player.clone();
        let beat = |at| Beat(beats(at, 4));
        let tempo = |tempo| Tempo::new(tempo).unwrap();
        match act {
            Act::Note {
                port,
                lane,
                key,
                at,
                length,
            } => self.play(port, lane, key, at, length),
            Act::Burst(port, at) => {
                for key in 20..120 {
                    self.play(port, key % 3, key, at, 1);
                }
            }
            Act::Bend(port, at) => {
                let when = at.map_or(When::Now, |at| When::Beat(beat(at)));
                let bend = Message::Bend(channel(), 0);
                let part = player.part("part");
                player
                    .message(self.ports[port], part, bend, when, None, None)
                    .unwrap();
            }
            Act::Tempo(to) => player.set_tempo(tempo(to)).unwrap(),
            Act::Ramp(at, to) => {
                let steps: Vec<_> = (0..4).map(|n| (beat(at + n), tempo(to))).collect();
                player.change_tempo(&steps).unwrap();
            }
            Act::Steer(at, to) => player.sync(beat(at), player.now(), tempo(to)).unwrap(),
            Act::Nudge(by) => player.nudge(by).unwrap(),
            Act::Stand => player.stop().unwrap(),
            Act::Roll => player.roll(ROLL).unwrap(),
            Act::Options(port, offset, clock) => {
                let pace = PACES[port];
                let options = PortOptions {
                    offset,
                    clock,
                    pace,
                };
                player.set_port_options(self.ports[port], options).unwrap();
            }
            Act::Rebind(port) => {
                let tape = Tape::default();
                player
                    .rebind_port(self.ports[port], Box::new(tape.clone()))
                    .unwrap();
                self.tapes.push((PACES[port], tape));
            }
            Act::Wait(ms) => wait(ms).await,
            Act::Late(policy) => player.set_late_policy(policy).unwrap(),
            Act::Hold(lane) => player.pause_lane(self.lane(lane)).unwrap(),
            Act::Release(lane) => {
                let lane = self.lane(lane);
                self.releases.push((lane, player.now(), self.notes));
                player.release_lane(lane).unwrap();
            }
            Act::Panic => player.panic().unwrap(),
            // Refused while the transport rolls.
            Act::Locate(at) => drop(player.locate(beat(at))),
            Act::Press(port, key) => player.key_down(self.pressed(port, key)).unwrap(),
            Act::Lift(port, key) => player.key_up(self.pressed(port, key)).unwrap(),
            Act::Remove(port) => {
                player.remove_port(self.ports[port]).unwrap();
                self.add(PACES[port]);
                self.ports.swap_remove(port);
            }
        }
    }

    async fn close(self) -> Outcome {
        let player = self.studio.player.clone();
        player.roll(ROLL).unwrap();
        for (port, key) in (0..PACES.len()).flat_map(|port| (60..64).map(move |key| (port, key))) {
            player.key_up(self.pressed(port, key)).unwrap();
        }
        player.until_silent().await;
        let meters = player.meters();
        self.studio.close().await;
        let tapes = self.tapes.iter();
        Outcome {
            tapes: tapes.map(|(pace, tape)| (*pace, tape.sent())).collect(),
            releases: self.releases,
            notes: self.notes,
            meters,
        }
    }
}

fn perform(acts: Vec<Act>, policy: LatePolicy) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut session = Session::open();
        session.studio.player.set_late_policy(policy).unwrap();
        session.studio.player.roll(ROLL).unwrap();
        for act in acts {
            session.act(act).await;
        }
        session.close().await
    })
}

/// Keys come up as often as they go down, afterwards, and none remains down.
fn notes_end(sent: &[Sent]) -> Result<(), TestCaseError> {
    let mut down: HashMap<(Channel, Key), Vec<Beat>> = HashMap::new();
    for message in sent {
        prop_assert!(message.sent >= message.due, "{message:?}");
        match message.message {
            Message::NoteOn(channel, key, _) => {
                down.entry((channel, key)).or_default().push(message.beat);
            }
            Message::NoteOff(channel, key) => {
                let notes = down.entry((channel, key)).or_default();
                match notes.iter().min().copied() {
                    Some(began) => {
                        prop_assert!(message.beat >= began);
                        notes.remove(0);
                    }
                    None => prop_assert!(message.part.is_none(), "only a panic lifts what is up"),
                }
            }
            _ => {}
        }
    }
    prop_assert!(
        down.values().all(Vec::is_empty),
        "every note ends: {down:?}"
    );
    prop_assert!(sent.is_sorted_by_key(|sent| sent.sent));
    Ok(())
}

/// A cable never gets more than it can carry, except for the last messages to a removed port.
fn cable_keeps_up(sent: &[Sent]) -> Result<(), TestCaseError> {
    let Some(last) = sent.last() else {
        return Ok(());
    };
    for pair in sent.windows(2).filter(|pair| pair[1].sent < last.sent) {
        let takes = Duration::from_micros(320) * pair[0].message.bytes().len() as u32;
        prop_assert!(pair[1].sent.since(pair[0].sent) >= takes, "{pair:?}");
    }
    Ok(())
}

/// Ticks come only while the clock runs, none is missing, and the position is sent first.
fn clock_is_in_order(sent: &[Sent]) -> Result<(), TestCaseError> {
    let mut next = None;
    let mut place = None;
    for message in sent {
        let Message::Clock(clock) = message.message else {
            continue;
        };
        match clock {
            ClockMessage::Tick => {
                prop_assert_eq!(next, Some(message.beat), "the next tick");
                next = Some(message.beat + beats(1, 24));
            }
            ClockMessage::Stop => prop_assert!(next.take().is_some(), "only who goes is stopped"),
            ClockMessage::Position(sixteenth) => {
                prop_assert_eq!(next, None);
                place = Some(Beat(beats(sixteenth.into(), 4)));
            }
            ClockMessage::Start => {
                prop_assert_eq!(next, None);
                (next, place) = (Some(Beat::ZERO), None);
            }
            ClockMessage::Continue => {
                prop_assert_eq!(next, None);
                next = place.take();
                prop_assert!(next.is_some(), "its place comes first");
            }
        }
    }
    Ok(())
}

fn ons(outcome: &Outcome) -> impl Iterator<Item = &Sent> {
    let all = outcome.tapes.iter().flat_map(|(_, sent)| sent);
    all.filter(|sent| matches!(sent.message, Message::NoteOn(..)))
}

proptest! {
    #![proptest_config(crate::seed::cases(150))]
    #[test]
    fn every_note_ends_in_order(acts in prop::collection::vec(any_act(), 0..60)) {
        let outcome = perform(acts.clone(), LatePolicy::default());
        for (pace, sent) in &outcome.tapes {
            notes_end(sent)?;
            clock_is_in_order(sent)?;
            if *pace == Pace::Din {
                cable_keeps_up(sent)?;
            }
        }
        for on in ons(&outcome) {
            let released = outcome.releases.iter().find(|(lane, at, notes)| {
                on.lane == Some(*lane) && on.source < Some(*notes) && on.sent > *at
            });
            prop_assert_eq!(released, None, "{:?} begins after that", on);
        }
        let Meters { sounding, outstanding, lost, .. } = outcome.meters;
        prop_assert_eq!((sounding, outstanding, lost), (0, 0, 0));
        let again = perform(acts, LatePolicy::default());
        prop_assert_eq!(outcome.tapes, again.tapes, "the same every time");
    }

    #[test]
    fn every_note_is_played_or_counted(
        acts in prop::collection::vec(gentle(), 0..60), limit in prop::option::of(0u64..500),
    ) {
        let policy = limit.map_or(LatePolicy::Send, |ms| {
            LatePolicy::DropAfter(Duration::from_millis(ms))
        });
        let outcome = perform(acts, policy);
        let mut played: Vec<_> = ons(&outcome).map(|on| on.source).collect();
        prop_assert_eq!(played.len() as u64 + outcome.meters.left_out, outcome.notes);
        prop_assert_eq!(outcome.meters.lost, 0);
        prop_assert!(policy != LatePolicy::Send || outcome.meters.left_out == 0);
        played.sort();
        played.dedup();
        prop_assert_eq!(played.len(), ons(&outcome).count(), "none twice");
    }
}
