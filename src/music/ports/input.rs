//! MIDI inputs with timestamps.

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

/// The name of Fermata's virtual input.
pub const IN_NAME: &str = "Fermata In";

/// The capacity of the queue of an input, in messages.
const QUEUE: usize = 4096;

/// A received message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InputMessage {
    /// The time of arrival, from the origin given when the input was opened.
    pub at: Nanos,
    /// The message.
    pub message: Message,
}

/// An open input. Dropping it closes it. It does not notice that a device is gone: see
/// [`PortWatch`](super::PortWatch).
pub struct MidiIn {
    name: String,
    arrived: Consumer<InputMessage>,
    lost: Arc<AtomicU64>,
    /// `None` in tests.
    _connection: Option<Connection>,
}

/// The connection. midir's own input on ALSA either uses one of the kernel's few queues, and panics
/// if none is left, or, if it may use none, panics at the first message.
#[cfg(all(target_os = "linux", not(feature = "jack")))]
type Connection = super::alsa_input::AlsaInput;
#[cfg(not(all(target_os = "linux", not(feature = "jack"))))]
type Connection = MidiInputConnection<InputCallback>;

/// The callback on the system's thread. It timestamps, parses and queues messages without waiting.
struct InputCallback {
    origin: Instant,
    arrived: Producer<InputMessage>,
    lost: Arc<AtomicU64>,
    arrival: Arc<Notify>,
}

impl InputCallback {
    fn receive(&mut self, bytes: &[u8]) {
        let at = Nanos::ZERO + self.origin.elapsed();
        let Some(message) = Message::parse(bytes) else {
            return;
        };
        if self.arrived.push(InputMessage { at, message }).is_err() {
            self.lost.fetch_add(1, Relaxed);
        }
        self.arrival.notify_one();
    }
}

impl MidiIn {
    /// Opens the input of exactly that name, else the first one with `pattern` in its name,
    /// ignoring case. Timestamps count from `origin`; `arrival` is notified of every message.
    pub fn open(pattern: &str, origin: Instant, arrival: Arc<Notify>) -> Result<Self, MusicError> {
        let midi = client()?;
        let ports = midi.ports().into_iter();
        let named = ports.filter_map(|port| {
            let name = clean(&midi.port_name(&port).ok()?).to_owned();
            Some((port, name))
        });
        let mut named: Vec<_> = named.collect();
        let names = named.iter().map(|(_, name)| name.as_str());
        let Some(place) = find_port(names, pattern) else {
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
        let (callback, arrived, lost) = callback(origin, arrival);
        let connection = connect(midi, &port, callback);
        let connection = connection.map_err(|reason| unavailable(&name, &reason))?;
        tracing::info!(port = name, "MIDI input opened");
        Ok(Self {
            name,
            arrived,
            lost,
            _connection: Some(connection),
        })
    }

    /// Creates a virtual input named [`IN_NAME`] that other programs connect to. Not available on
    /// Windows.
    #[cfg(unix)]
    pub fn create_virtual(origin: Instant, arrival: Arc<Notify>) -> Result<Self, MusicError> {
        let (callback, arrived, lost) = callback(origin, arrival);
        let connection = connect_none(client()?, callback);
        let connection = connection.map_err(|reason| unavailable(IN_NAME, &reason))?;
        tracing::info!(port = IN_NAME, "virtual MIDI input created");
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

    /// Removes the oldest message from the queue.
    pub fn take(&mut self) -> Option<InputMessage> {
        self.arrived.pop().ok()
    }

    /// The number of messages that were lost because the queue was full.
    pub fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }
}

/// The index of the matching name: the exact one, else the first that contains the pattern.
fn find_port<'a>(names: impl Iterator<Item = &'a str> + Clone, pattern: &str) -> Option<usize> {
    let exact = names.clone().position(|name| name == pattern);
    let mut names = names;
    exact.or_else(|| names.position(|name| super::matches(name, pattern)))
}

fn client() -> Result<MidiInput, MusicError> {
    quietly();
    MidiInput::new(NAME).map_err(|_| MusicError::NoMidi)
}

#[cfg(all(target_os = "linux", not(feature = "jack")))]
fn connect(
    _: MidiInput,
    port: &MidiInputPort,
    mut callback: InputCallback,
) -> Result<Connection, String> {
    use super::alsa_input::{AlsaInput, InputSource, address};

    let id = port.id();
    let address = address(&id).ok_or_else(|| format!("{id:?} is not an address"))?;
    AlsaInput::start(InputSource::Port(address), move |bytes| {
        callback.receive(bytes)
    })
}

#[cfg(all(target_os = "linux", not(feature = "jack")))]
fn connect_none(_: MidiInput, mut callback: InputCallback) -> Result<Connection, String> {
    use super::alsa_input::{AlsaInput, InputSource};

    AlsaInput::start(InputSource::Virtual(c"Fermata In"), move |bytes| {
        callback.receive(bytes)
    })
}

#[cfg(not(all(target_os = "linux", not(feature = "jack"))))]
fn connect(
    mut midi: MidiInput,
    port: &MidiInputPort,
    callback: InputCallback,
) -> Result<Connection, String> {
    // Clock messages are wanted, system exclusive ones are not.
    midi.ignore(Ignore::SysexAndActiveSense);
    let connection = midi.connect(
        port,
        NAME,
        |_, bytes, callback: &mut InputCallback| callback.receive(bytes),
        callback,
    );
    connection.map_err(|error| error.to_string())
}

#[cfg(all(unix, not(all(target_os = "linux", not(feature = "jack")))))]
fn connect_none(mut midi: MidiInput, callback: InputCallback) -> Result<Connection, String> {
    use midir::os::unix::VirtualInput;

    midi.ignore(Ignore::SysexAndActiveSense);
    let connection = midi.create_virtual(
        IN_NAME,
        |_, bytes, callback: &mut InputCallback| callback.receive(bytes),
        callback,
    );
    connection.map_err(|error| error.to_string())
}

fn callback(
    origin: Instant,
    arrival: Arc<Notify>,
) -> (InputCallback, Consumer<InputMessage>, Arc<AtomicU64>) {
    let (producer, arrived) = RingBuffer::new(QUEUE);
    let lost = Arc::new(AtomicU64::new(0));
    let callback = InputCallback {
        origin,
        arrived: producer,
        lost: Arc::clone(&lost),
        arrival,
    };
    (callback, arrived, lost)
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

    fn input() -> (InputCallback, MidiIn) {
        let (callback, arrived, lost) = callback(Instant::now(), Arc::default());
        let input = MidiIn {
            name: "Keys".into(),
            arrived,
            lost,
            _connection: None,
        };
        (callback, input)
    }

    #[test]
    fn messages_arrive_in_order_with_their_times_and_invalid_bytes_are_dropped() {
        let (mut callback, mut input) = input();
        for bytes in [&[0xB0, 21, 5][..], &[0xF0, 1, 0xF7], &[0xB0], &[0xF8]] {
            callback.receive(bytes);
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
    fn a_flood_of_input_is_counted_and_blocks_nothing() {
        let (mut callback, mut input) = input();
        for _ in 0..QUEUE + 7 {
            callback.receive(&[0xF8]);
        }
        assert_eq!(input.lost(), 7);
        assert_eq!(std::iter::from_fn(|| input.take()).count(), QUEUE);
    }

    #[test]
    fn an_exact_name_wins_over_an_earlier_partial_match() {
        let names = ["KeyStep Pro", "KeyStep", "nanoKEY"].into_iter();
        assert_eq!(find_port(names.clone(), "KeyStep"), Some(1));
        assert_eq!(find_port(names.clone(), "keystep"), Some(0));
        assert_eq!(find_port(names, "Volca"), None);
    }

    #[test]
    fn a_missing_input_is_an_error_with_its_name() {
        let opened = MidiIn::open("no such port \u{1}", Instant::now(), Arc::default());
        let error = opened.err().unwrap();
        assert!(
            matches!(error, MusicError::NoMidi | MusicError::NoSuchInput { .. }),
            "{error}"
        );
    }

    #[test]
    fn many_inputs_are_opened_or_refused_without_a_crash() {
        let open = |_| {
            #[cfg(unix)]
            return MidiIn::create_virtual(Instant::now(), Arc::default());
            #[cfg(not(unix))]
            return MidiIn::open("", Instant::now(), Arc::default());
        };
        let inputs: Vec<_> = (0..33).map(open).collect();
        for refused in inputs.into_iter().filter_map(Result::err) {
            assert!(refused.to_string().len() > 10);
        }
    }
}
