//! MIDI inputs: what arrives, with the moment at which it did.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

#[cfg(not(all(target_os = "linux", not(feature = "jack"))))]
use midir::{Ignore, MidiInputConnection};
use midir::{MidiInput, MidiInputPort};
use rtrb::{Consumer, Producer, RingBuffer};
use tokio::sync::Notify;

use super::{NAME, clean, quietly};
use crate::music::{Message, MusicError, Nanos};

/// The name of the input of Fermata's own.
pub const IN_NAME: &str = "Fermata In";

/// How many messages may wait to be taken.
const WAITING: usize = 4096;

/// A message that came in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arrived {
    /// When, counted from the origin that the input was opened with.
    pub at: Nanos,
    /// What.
    pub message: Message,
}

/// An open input. Dropping it closes it. That a device is gone is not noticed here: watch the list
/// of ports.
pub struct MidiIn {
    name: String,
    arrived: Consumer<Arrived>,
    lost: Arc<AtomicU64>,
    /// `None` in tests.
    _connection: Option<Connection>,
}

/// What keeps an input open. midir's own input at ALSA either takes one of the kernel's few queues,
/// and panics when there is none left, or, told to take none, panics at the first message.
#[cfg(all(target_os = "linux", not(feature = "jack")))]
type Connection = super::alsa_input::AlsaInput;
#[cfg(not(all(target_os = "linux", not(feature = "jack"))))]
type Connection = MidiInputConnection<Ear>;

/// What the system's thread holds. It only stamps, reads and puts down: it waits for nobody.
struct Ear {
    origin: Instant,
    arrived: Producer<Arrived>,
    lost: Arc<AtomicU64>,
    news: Arc<Notify>,
}

impl Ear {
    fn hear(&mut self, bytes: &[u8]) {
        let at = Nanos::ZERO + self.origin.elapsed();
        let Some(message) = Message::parse(bytes) else {
            return;
        };
        if self.arrived.push(Arrived { at, message }).is_err() {
            self.lost.fetch_add(1, Relaxed);
        }
        self.news.notify_one();
    }
}

impl MidiIn {
    /// Opens the input of exactly that name, else the first one with `pattern` in its name, in
    /// whatever letter case. Moments are counted from `origin`; `news` is told of every message.
    pub fn open(pattern: &str, origin: Instant, news: Arc<Notify>) -> Result<Self, MusicError> {
        let midi = listener()?;
        let ports = midi.ports().into_iter();
        let named = ports.filter_map(|port| {
            let name = clean(&midi.port_name(&port).ok()?).to_owned();
            Some((port, name))
        });
        let mut named: Vec<_> = named.collect();
        let names = named.iter().map(|(_, name)| name.as_str());
        let Some(place) = meant(names, pattern) else {
            let present: Vec<_> = named.into_iter().map(|(_, name)| name).collect();
            return Err(MusicError::NoSuchInput {
                pattern: pattern.to_owned(),
                present: match present.is_empty() {
                    true => "none".into(),
                    false => present.join(", "),
                },
            });
        };
        let (port, name) = named.swap_remove(place);
        let (ear, arrived, lost) = ear(origin, news);
        let connection = connect(midi, &port, ear);
        let connection = connection.map_err(|reason| unavailable(&name, &reason))?;
        Ok(Self {
            name,
            arrived,
            lost,
            _connection: Some(connection),
        })
    }

    /// An input of Fermata's own, named [`IN_NAME`], that other programs connect to. Not on Windows,
    /// which has no such thing.
    #[cfg(unix)]
    pub fn own(origin: Instant, news: Arc<Notify>) -> Result<Self, MusicError> {
        let (ear, arrived, lost) = ear(origin, news);
        let connection = connect_none(listener()?, ear);
        let connection = connection.map_err(|reason| unavailable(IN_NAME, &reason))?;
        Ok(Self {
            name: IN_NAME.to_owned(),
            arrived,
            lost,
            _connection: Some(connection),
        })
    }

    /// The name of the input.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The oldest message that was not taken yet.
    pub fn take(&mut self) -> Option<Arrived> {
        self.arrived.pop().ok()
    }

    /// How many messages found no room.
    pub fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }
}

/// The place of the name that is meant: the exact one, else the first that holds the pattern.
fn meant<'a>(names: impl Iterator<Item = &'a str> + Clone, pattern: &str) -> Option<usize> {
    let exact = names.clone().position(|name| name == pattern);
    let mut names = names;
    exact.or_else(|| names.position(|name| super::matches(name, pattern)))
}

fn listener() -> Result<MidiInput, MusicError> {
    quietly();
    MidiInput::new(NAME).map_err(|_| MusicError::NoMidi)
}

#[cfg(all(target_os = "linux", not(feature = "jack")))]
fn connect(_: MidiInput, port: &MidiInputPort, mut ear: Ear) -> Result<Connection, String> {
    use super::alsa_input::{AlsaInput, Cable, address};

    let id = port.id();
    let address = address(&id).ok_or_else(|| format!("{id:?} is no address"))?;
    AlsaInput::start(Cable::To(address), move |bytes| ear.hear(bytes))
}

#[cfg(all(target_os = "linux", not(feature = "jack")))]
fn connect_none(_: MidiInput, mut ear: Ear) -> Result<Connection, String> {
    use super::alsa_input::{AlsaInput, Cable};

    AlsaInput::start(Cable::Open(c"Fermata In"), move |bytes| ear.hear(bytes))
}

#[cfg(not(all(target_os = "linux", not(feature = "jack"))))]
fn connect(mut midi: MidiInput, port: &MidiInputPort, ear: Ear) -> Result<Connection, String> {
    // The clock is wanted; what is exclusive to a maker is not.
    midi.ignore(Ignore::SysexAndActiveSense);
    let connection = midi.connect(port, NAME, |_, bytes, ear: &mut Ear| ear.hear(bytes), ear);
    connection.map_err(|error| error.to_string())
}

#[cfg(all(unix, not(all(target_os = "linux", not(feature = "jack")))))]
fn connect_none(mut midi: MidiInput, ear: Ear) -> Result<Connection, String> {
    use midir::os::unix::VirtualInput;

    midi.ignore(Ignore::SysexAndActiveSense);
    let connection = midi.create_virtual(IN_NAME, |_, bytes, ear: &mut Ear| ear.hear(bytes), ear);
    connection.map_err(|error| error.to_string())
}

fn ear(origin: Instant, news: Arc<Notify>) -> (Ear, Consumer<Arrived>, Arc<AtomicU64>) {
    let (producer, arrived) = RingBuffer::new(WAITING);
    let lost = Arc::new(AtomicU64::new(0));
    let ear = Ear {
        origin,
        arrived: producer,
        lost: Arc::clone(&lost),
        news,
    };
    (ear, arrived, lost)
}

fn unavailable(name: &str, reason: &str) -> MusicError {
    MusicError::PortUnavailable {
        name: name.to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Channel, ClockMessage};

    fn input() -> (Ear, MidiIn) {
        let (ear, arrived, lost) = ear(Instant::now(), Arc::default());
        let input = MidiIn {
            name: "Keys".into(),
            arrived,
            lost,
            _connection: None,
        };
        (ear, input)
    }

    #[test]
    fn messages_come_out_in_order_with_their_moments_and_nonsense_does_not() {
        let (mut ear, mut input) = input();
        for bytes in [&[0xB0, 21, 5][..], &[0xF0, 1, 0xF7], &[0xB0], &[0xF8]] {
            ear.hear(bytes);
        }
        let first = input.take().unwrap();
        let second = input.take().unwrap();
        let channel = Channel::from_number(1).unwrap();
        assert_eq!(first.message, Message::Control(channel, 21, 5));
        assert_eq!(second.message, Message::Clock(ClockMessage::Tick));
        assert!(first.at <= second.at);
        assert_eq!(input.take(), None);
    }

    #[test]
    fn a_flood_is_counted_and_stops_nobody() {
        let (mut ear, mut input) = input();
        for _ in 0..WAITING + 7 {
            ear.hear(&[0xF8]);
        }
        assert_eq!(input.lost(), 7);
        assert_eq!(std::iter::from_fn(|| input.take()).count(), WAITING);
    }

    #[test]
    fn the_exact_name_goes_before_a_longer_one_that_comes_first() {
        let names = ["KeyStep Pro", "KeyStep", "nanoKEY"].into_iter();
        assert_eq!(meant(names.clone(), "KeyStep"), Some(1));
        assert_eq!(meant(names.clone(), "keystep"), Some(0));
        assert_eq!(meant(names, "Volca"), None);
    }

    #[test]
    fn an_input_that_is_not_there_is_named_in_a_sentence() {
        let opened = MidiIn::open("no such port \u{1}", Instant::now(), Arc::default());
        let error = opened.err().unwrap();
        assert!(
            matches!(error, MusicError::NoMidi | MusicError::NoSuchInput { .. }),
            "{error}"
        );
    }

    #[test]
    fn many_inputs_at_once_are_opened_or_refused_and_crash_nothing() {
        let open = |_| {
            #[cfg(unix)]
            return MidiIn::own(Instant::now(), Arc::default());
            #[cfg(not(unix))]
            return MidiIn::open("", Instant::now(), Arc::default());
        };
        let inputs: Vec<_> = (0..33).map(open).collect();
        for refused in inputs.into_iter().filter_map(Result::err) {
            assert!(refused.to_string().len() > 10);
        }
    }
}
