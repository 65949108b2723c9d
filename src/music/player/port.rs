//! A port as the player's thread holds it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use super::{
    ClockOut, PortOptions, clock_out::ClockSender, dispatcher::OUTSTANDING, outgoing::Outgoing,
    pacer::Pacer,
};
use crate::music::{Beat, Nanos, PortId, Sent, Sink, Transport, ledger::Ledger};

/// Room for all that can be handed over, and for note-offs and the messages of a panic beside it.
const ROOM: usize = OUTSTANDING + 8_192;

/// A sink, what is on its way to it, and the keys that are down on it.
pub(super) struct Port {
    pub sink: Box<dyn Sink>,
    pub keys: Ledger,
    pub options: PortOptions,
    pub outgoing: Outgoing,
    pub clock: ClockSender,
    pacer: Pacer,
    gauges: Arc<PortGauges>,
}

/// What others may read of a port while it is played to.
#[derive(Default)]
pub(super) struct PortGauges {
    failures: AtomicU64,
    held_back: AtomicU64,
    longest_wait: AtomicU64,
    waiting: AtomicUsize,
}

/// A port in a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortInfo {
    /// Its number.
    pub id: PortId,
    /// Its name.
    pub name: String,
    /// Messages that it did not take.
    pub failures: u64,
    /// Messages that had to wait because the port takes only so many at a time.
    pub held_back: u64,
    /// How long one of them waited at most.
    pub longest_wait: Duration,
    /// Messages that wait now.
    pub waiting: usize,
}

impl Port {
    pub fn new(sink: Box<dyn Sink>, gauges: Arc<PortGauges>) -> Self {
        Self {
            sink,
            keys: Ledger::new(),
            options: PortOptions::default(),
            outgoing: Outgoing::with_capacity(ROOM),
            clock: ClockSender::default(),
            pacer: Pacer::default(),
            gauges,
        }
    }

    /// If the port is to be told the time, it goes along from `beat` on.
    pub fn start_clock(&mut self, beat: Beat) {
        if self.options.clock == ClockOut::On {
            self.clock.start(beat);
        }
    }

    /// When something can leave, if nothing new comes.
    pub fn next_due(&self, transport: &Transport) -> Option<Nanos> {
        if self.clock.has_orders() || self.outgoing.waiting() > 0 {
            return Some(self.free());
        }
        let tick = self.clock.next_tick(transport);
        let next = tick.into_iter().chain(self.outgoing.next()).min()?;
        Some(self.options.offset.applied(next).max(self.free()))
    }

    /// From when on it takes another message.
    pub fn free(&self) -> Nanos {
        self.pacer.free(self.options.pace)
    }

    /// Whether the sink took it.
    pub fn send(&mut self, message: &Sent) -> bool {
        let bytes = message.message.bytes().len();
        self.pacer.sent(self.options.pace, message.sent, bytes);
        let taken = self.sink.send(message).is_ok();
        if !taken {
            self.gauges.failures.fetch_add(1, Relaxed);
        }
        taken
    }

    /// A message had to wait for so long.
    pub fn held_back(&self, wait: Duration) {
        let nanos = u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX);
        self.gauges.held_back.fetch_add(1, Relaxed);
        self.gauges.longest_wait.fetch_max(nanos, Relaxed);
    }

    /// Lets others read how much waits.
    pub fn tell_waiting(&self) {
        self.gauges.waiting.store(self.outgoing.waiting(), Relaxed);
    }
}

impl PortGauges {
    pub fn info(&self, id: PortId, name: String) -> PortInfo {
        PortInfo {
            id,
            name,
            failures: self.failures.load(Relaxed),
            held_back: self.held_back.load(Relaxed),
            longest_wait: Duration::from_nanos(self.longest_wait.load(Relaxed)),
            waiting: self.waiting.load(Relaxed),
        }
    }
}
