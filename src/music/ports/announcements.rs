//! What ALSA's sequencer announces: ports that come and go, at once and without asking.

use std::{collections::HashMap, time::Duration};

use alsa::{
    Direction, Seq, poll,
    seq::{Addr, ClientIter, EventType, PortCap, PortIter, PortSubscribe, PortType},
};

use super::quietly;

/// A listener at the sequencer's announce port. It takes one client and no queue.
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
        // Nobody else may connect to it, so it is in nobody's list of outputs.
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

    /// Waits until something is announced, so long at most. Gives the names of ports that came or
    /// went, one for each time; `None` if the sequencer is gone.
    pub fn wait(&mut self, most: Duration) -> Option<Vec<String>> {
        let millis = i32::try_from(most.as_millis()).unwrap_or(i32::MAX);
        let listener = (&self.seq, Some(Direction::Capture));
        // A signal ends the wait early, which does no harm.
        let _ = poll::poll_all(&[&listener], millis);
        let mut heard = Vec::new();
        {
            let mut input = self.seq.input();
            while input.event_input_pending(true).ok()? > 0 {
                // Some were lost to a full buffer: who listens begins anew.
                let event = input.event_input().ok()?;
                let kind = event.get_type();
                if let Some(at) = event.get_data::<Addr>()
                    && matches!(kind, EventType::PortStart | EventType::PortExit)
                {
                    heard.push((kind == EventType::PortStart, at));
                }
            }
        }
        let changed = heard.into_iter().filter_map(|(came, at)| {
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

/// The name of a port as it is shown in lists.
fn name(seq: &Seq, at: Addr) -> Option<String> {
    let client = seq.get_any_client_info(at.client).ok()?;
    let port = seq.get_any_port_info(at).ok()?;
    Some(format!(
        "{}:{}",
        client.get_name().ok()?,
        port.get_name().ok()?
    ))
}
