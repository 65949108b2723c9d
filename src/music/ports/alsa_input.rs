//! A MIDI input on the ALSA sequencer: a client with one port, and a thread that receives.
//!
//! It uses no sequencer queue, because the kernel has only 32; the callback takes the timestamps.

use std::{
    ffi::CStr,
    os::{fd::AsRawFd, unix::net::UnixStream},
    thread,
};

use alsa::{
    Direction, Seq,
    poll::{self, Descriptors, Flags, pollfd},
    seq::{Addr, EventType, MidiEvent, PortCap, PortSubscribe, PortType},
};

use super::quietly;

/// The longest message that is read, in bytes. Longer ones are system exclusive.
const MAX_MESSAGE: usize = 12;

/// A receiving thread. Dropping it ends the thread, which closes the port.
pub(super) struct AlsaInput {
    /// The thread has the other end and notices when this one closes.
    _closer: UnixStream,
}

/// The source of an input.
#[derive(Clone, Copy)]
pub(super) enum InputSource {
    /// A port.
    Port(Addr),
    /// None yet: other programs find the input by this name and connect.
    Virtual(&'static CStr),
}

impl AlsaInput {
    /// Calls `receive` with the bytes of each message, on a thread of its own.
    pub fn start(
        source: InputSource,
        receive: impl FnMut(&[u8]) + Send + 'static,
    ) -> Result<Self, String> {
        quietly();
        let seq = connect(source).map_err(|error| error.to_string())?;
        let (closer, end) = UnixStream::pair().map_err(|error| error.to_string())?;
        let thread = thread::Builder::new().name("fermata-input".into());
        let spawned = thread.spawn(move || receive_all(&seq, &end, receive));
        spawned.map_err(|error| error.to_string())?;
        Ok(Self { _closer: closer })
    }
}

/// Parses an address of the form `client:port`.
pub(super) fn address(text: &str) -> Option<Addr> {
    let (client, port) = text.split_once(':')?;
    Some(Addr {
        client: client.parse().ok()?,
        port: port.parse().ok()?,
    })
}

fn connect(source: InputSource) -> Result<Seq, alsa::Error> {
    let seq = Seq::open(None, Some(Direction::Capture), true)?;
    seq.set_client_name(c"Fermata")?;
    let (name, caps) = match source {
        // A connected input is not listed for others.
        InputSource::Port(_) => (c"input", PortCap::WRITE | PortCap::NO_EXPORT),
        InputSource::Virtual(name) => (name, PortCap::WRITE | PortCap::SUBS_WRITE),
    };
    let kind = PortType::MIDI_GENERIC | PortType::APPLICATION;
    let port = seq.create_simple_port(name, caps, kind)?;
    if let InputSource::Port(sender) = source {
        let subscription = PortSubscribe::empty()?;
        subscription.set_sender(sender);
        subscription.set_dest(Addr {
            client: seq.client_id()?,
            port,
        });
        seq.subscribe_port(&subscription)?;
    }
    Ok(seq)
}

/// Receives until the other end of the socket or the sequencer closes.
fn receive_all(seq: &Seq, end: &UnixStream, mut receive: impl FnMut(&[u8])) {
    let (Ok(mut fds), Ok(coder)) = (
        (seq, Some(Direction::Capture)).get(),
        MidiEvent::new(MAX_MESSAGE as u32),
    ) else {
        return;
    };
    coder.enable_running_status(false);
    fds.push(pollfd {
        fd: end.as_raw_fd(),
        events: Flags::IN.bits(),
        revents: 0,
    });
    let mut bytes = [0; MAX_MESSAGE];
    let mut input = seq.input();
    loop {
        // A signal may end the wait early.
        let _ = poll::poll(&mut fds, -1);
        if fds.last().is_none_or(|closer| closer.revents != 0) {
            return;
        }
        loop {
            match input.event_input_pending(true) {
                Ok(0) => break,
                Ok(_) => {}
                Err(_) => return,
            }
            // A buffer overrun loses messages but does not close the input.
            let Ok(mut event) = input.event_input() else {
                continue;
            };
            if event.get_type() == EventType::Sysex {
                continue;
            }
            if let Ok(length) = coder.decode(&mut bytes, &mut event)
                && let Some(message) = bytes.get(..length).filter(|bytes| !bytes.is_empty())
            {
                receive(message);
            }
        }
    }
}
