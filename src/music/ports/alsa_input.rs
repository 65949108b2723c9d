//! An input at ALSA's sequencer: a client with one port, and a thread that listens at it.
//!
//! It takes no queue, of which the kernel has 32 for all programs; whoever hears the bytes stamps them.

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

/// Bytes of the longest message that is read: longer ones are exclusive to a maker.
const MAX_MESSAGE: usize = 12;

/// A thread that listens. Dropping it ends the thread, which closes the port.
pub(super) struct AlsaInput {
    /// The thread holds the other end, and hears when this one is gone.
    _leash: UnixStream,
}

/// Where an input is connected.
#[derive(Clone, Copy)]
pub(super) enum Cable {
    /// To that port.
    To(Addr),
    /// To nothing yet: others find it by this name.
    Open(&'static CStr),
}

impl AlsaInput {
    /// Calls `hear` with the bytes of each message, on a thread of its own.
    pub fn start(cable: Cable, hear: impl FnMut(&[u8]) + Send + 'static) -> Result<Self, String> {
        quietly();
        let seq = connect(cable).map_err(|error| error.to_string())?;
        let (leash, end) = UnixStream::pair().map_err(|error| error.to_string())?;
        let thread = thread::Builder::new().name("fermata-input".into());
        let listening = thread.spawn(move || listen(&seq, &end, hear));
        listening.map_err(|error| error.to_string())?;
        Ok(Self { _leash: leash })
    }
}

/// The address in `client:port`.
pub(super) fn address(text: &str) -> Option<Addr> {
    let (client, port) = text.split_once(':')?;
    Some(Addr {
        client: client.parse().ok()?,
        port: port.parse().ok()?,
    })
}

fn connect(cable: Cable) -> Result<Seq, alsa::Error> {
    let seq = Seq::open(None, Some(Direction::Capture), true)?;
    seq.set_client_name(c"Fermata")?;
    let (name, caps) = match cable {
        // What is connected already is in nobody's list of outputs.
        Cable::To(_) => (c"input", PortCap::WRITE | PortCap::NO_EXPORT),
        Cable::Open(name) => (name, PortCap::WRITE | PortCap::SUBS_WRITE),
    };
    let kind = PortType::MIDI_GENERIC | PortType::APPLICATION;
    let port = seq.create_simple_port(name, caps, kind)?;
    if let Cable::To(sender) = cable {
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

/// Until the other end of the leash is gone, or the sequencer.
fn listen(seq: &Seq, end: &UnixStream, mut hear: impl FnMut(&[u8])) {
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
        // A signal ends the wait early, which does no harm.
        let _ = poll::poll(&mut fds, -1);
        if fds.last().is_none_or(|leash| leash.revents != 0) {
            return;
        }
        loop {
            match input.event_input_pending(true) {
                Ok(0) => break,
                Ok(_) => {}
                Err(_) => return,
            }
            // One that was lost to a full buffer is no reason to stop listening.
            let Ok(mut event) = input.event_input() else {
                continue;
            };
            if event.get_type() == EventType::Sysex {
                continue;
            }
            if let Ok(length) = coder.decode(&mut bytes, &mut event)
                && let Some(message) = bytes.get(..length).filter(|bytes| !bytes.is_empty())
            {
                hear(message);
            }
        }
    }
}
