//! Announcements of the ALSA sequencer: ports that come and go, without polling.

use std::{
    collections::HashMap,
    os::{fd::AsRawFd, unix::net::UnixStream},
    time::Duration,
};

use alsa::{
    Direction, Seq,
    poll::{self, Descriptors, Flags, pollfd},
    seq::{Addr, ClientIter, EventType, PortCap, PortIter, PortSubscribe, PortType},
};

use super::quietly;

/// A subscriber to the sequencer's announce port. It uses one client and no queue.
pub(super) struct Announcements {
    seq: Seq,
    names: HashMap<(i32, i32), String>,
}

impl Announcements {
    /// `None` where there is no sequencer.
    pub fn open() -> Option<Self> {
        quietly();
        let seq = Seq::open(None, Some(Direction::Capture), true).ok()?;
        seq.set_client_name(c"Fermata").ok()?;
        // A private port: others cannot connect and do not see it.
        let caps = PortCap::WRITE | PortCap::NO_EXPORT;
        let port = seq.create_simple_port(c"watch", caps, PortType::APPLICATION);
        let subscription = PortSubscribe::empty().ok()?;
        subscription.set_sender(Addr::system_announce());
        subscription.set_dest(Addr {
            client: seq.client_id().ok()?,
            port: port.ok()?,
        });
        seq.subscribe_port(&subscription).ok()?;
        let ports = ClientIter::new(&seq).flat_map(|client| {
            let client = client.get_client();
            PortIter::new(&seq, client).map(|port| port.addr())
        });
        let addresses: Vec<Addr> = ports.collect();
        let mut names = HashMap::new();
        for at in addresses {
            names.extend(name(&seq, at).map(|name| ((at.client, at.port), name)));
        }
        Some(Self { seq, names })
    }

    /// Waits for announcements, up to `most` if that is given. Returns the names of ports that came or
    /// went, one for each announcement; `None` if the sequencer is gone or the other end of `end` was
    /// closed.
    pub fn wait(&mut self, most: Option<Duration>, end: &UnixStream) -> Option<Vec<String>> {
        let millis = most.map_or(-1, |most| {
            i32::try_from(most.as_millis()).unwrap_or(i32::MAX)
        });
        let mut fds = (&self.seq, Some(Direction::Capture)).get().ok()?;
        fds.push(pollfd {
            fd: end.as_raw_fd(),
            events: Flags::IN.bits(),
            revents: 0,
        });
        // A signal may end the wait early.
        let _ = poll::poll(&mut fds, millis);
        if fds.last().is_none_or(|end| end.revents != 0) {
            return None;
        }
        let mut received = Vec::new();
        {
            let mut input = self.seq.input();
            while input.event_input_pending(true).ok()? > 0 {
                // After a buffer overrun, announcements are missing: the caller starts again.
                let event = input.event_input().ok()?;
                let kind = event.get_type();
                if let Some(at) = event.get_data::<Addr>()
                    && matches!(kind, EventType::PortStart | EventType::PortExit)
                {
                    received.push((kind == EventType::PortStart, at));
                }
            }
        }
        let changed = received.into_iter().filter_map(|(came, at)| {
            let key = (at.client, at.port);
            if !came {
                return self.names.remove(&key);
            }
            let name = name(&self.seq, at)?;
            self.names.insert(key, name.clone());
            Some(name)
        });
        Some(changed.collect())
    }
}

/// The name of a port as lists show it.
fn name(seq: &Seq, at: Addr) -> Option<String> {
    let client = seq.get_any_client_info(at.client).ok()?;
    let port = seq.get_any_port_info(at).ok()?;
    Some(format!(
        "{}:{}",
        client.get_name().ok()?,
        port.get_name().ok()?
    ))
}
