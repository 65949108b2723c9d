//! Which ports there are to play on, which one an instrument gets, and what happens when a device
//! goes and comes back.
//!
//! A device is known by its name. When it goes, its port stays and takes nothing; when it comes
//! back, the port is bound to it again and told all that its channels had been told. Who plays on
//! it asks for a port at every note, so that everybody moves and returns by themselves.

mod built_in;
mod changes;
mod devices;
mod output;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{broadcast, watch};

use super::rig::PortRig;
use crate::{
    music::{Bank, Channel, Message, MusicError, Player, PortId, PortNames, Sink, port_matches},
    score::Port,
};
pub use built_in::BUILT_IN;
pub(super) use changes::Missing;
pub use changes::{PortChange, PortPresence, PortState};
pub use devices::{Devices, Outputs};
use output::{Bound, Output};

/// How many changes a subscriber may lag behind.
const MAX_LAG: usize = 64;

/// A port by name and what stands behind it.
pub type NamedSink = (String, Box<dyn Sink>);

/// The ports of a performance.
pub(super) struct Ports {
    player: Player,
    devices: Option<Arc<dyn Devices>>,
    names: Option<watch::Receiver<Arc<PortNames>>>,
    built_in: PortId,
    /// The sounds of the built-in port.
    bank: Bank,
    /// Everything goes here, if it is set.
    only: Option<PortId>,
    state: Mutex<State>,
    changes: broadcast::Sender<PortChange>,
}

#[derive(Default)]
struct State {
    rig: Vec<PortRig>,
    outputs: Vec<Output>,
}

impl Ports {
    /// With the built-in port on `synth`, which plays the sounds of the bank, and everything routed to `only`, if it is given.
    pub fn new(
        player: &Player,
        (synth, bank): (Box<dyn Sink>, Bank),
        outputs: Outputs,
        only: Option<NamedSink>,
    ) -> Result<Self, MusicError> {
        let devices = outputs.devices();
        let names = devices.as_ref().map(|devices| devices.watch());
        let built_in = Output::add(player, BUILT_IN, synth, Bound::Always)?;
        let mut ports = Self {
            player: player.clone(),
            built_in: built_in.port,
            bank,
            only: None,
            state: Mutex::new(State {
                rig: Vec::new(),
                outputs: vec![built_in],
            }),
            changes: broadcast::Sender::new(MAX_LAG),
            devices,
            names,
        };
        if let Some((name, sink)) = only {
            let names = ports.names();
            let life = names.and_then(|names| names.generation_of(&name));
            let bound = life.map_or(Bound::Always, Bound::Device);
            let only = Output::add(player, &name, sink, bound)?;
            if only.is_device() {
                only.greet(player, &[])?;
            }
            ports.only = Some(only.port);
            ports.state().outputs.push(only);
        }
        Ok(ports)
    }

    /// The sounds of the built-in port.
    pub fn bank(&self) -> &Bank {
        &self.bank
    }

    /// The first of these that is there.
    pub fn choose(&self, wanted: &[Port]) -> Result<PortId, Missing> {
        let mut state = self.state();
        if let Some(only) = self.only {
            let mut outputs = state.outputs.iter();
            let gone = outputs.find(|output| output.port == only && !output.is_there());
            return match gone {
                Some(gone) => Err(self.missing(vec![gone.name.clone()], None)),
                None => Ok(only),
            };
        }
        let (mut missing, mut reason) = (Vec::new(), None);
        for port in wanted {
            let Port::Named(pattern) = port else {
                return Ok(self.built_in);
            };
            match self.named(&mut state, pattern) {
                Ok(Some(port)) => return Ok(port),
                Ok(None) => {}
                Err(error) => reason = Some(error.to_string()),
            }
            missing.push(pattern.clone());
        }
        match missing.is_empty() {
            true => Ok(self.built_in),
            false => Err(self.missing(missing, reason)),
        }
    }

    fn missing(&self, wanted: Vec<String>, reason: Option<String>) -> Missing {
        let names = self.names();
        Missing {
            wanted,
            present: names.map_or_else(Vec::new, |now| now.outputs.clone()),
            reason,
        }
    }

    /// The port of the first device that is there and meant by the pattern.
    fn named(&self, state: &mut State, pattern: &str) -> Result<Option<PortId>, MusicError> {
        let bound = state.outputs.iter().find(|output| {
            output.is_device() && output.is_there() && port_matches(&output.name, pattern)
        });
        if let Some(bound) = bound {
            return Ok(Some(bound.port));
        }
        let Some(now) = self.names() else {
            return Ok(None);
        };
        let exact = now.outputs.iter().find(|name| *name == pattern);
        let meant = |name: &&String| port_matches(name, pattern);
        match exact.or_else(|| now.outputs.iter().find(meant)) {
            Some(name) => self.bind(state, name, now.generation_of(name)).map(Some),
            None => Ok(None),
        }
    }

    /// Connects a port to a device: a new port, or the one that it had before it went.
    fn bind(&self, state: &mut State, name: &str, life: Option<u64>) -> Result<PortId, MusicError> {
        let (Some(devices), Some(life)) = (&self.devices, life) else {
            return Err(MusicError::NoMidi);
        };
        let sink = devices.open(name)?;
        let bound = Bound::Device(life);
        let known = state.outputs.iter_mut().find(|output| output.name == name);
        if let Some(output) = known {
            output.rebind(&self.player, sink, bound)?;
            output.greet(&self.player, &state.rig)?;
            // Nobody may want to know.
            let _ = self.changes.send(output.change());
            return Ok(output.port);
        }
        let output = Output::add(&self.player, name, sink, bound)?;
        output.greet(&self.player, &state.rig)?;
        let port = output.port;
        state.outputs.push(output);
        Ok(port)
    }

    /// How ports are played to from now on.
    pub fn set_rig(&self, rig: &[PortRig]) -> Result<(), MusicError> {
        let mut state = self.state();
        state.rig = rig.to_vec();
        for output in &state.outputs {
            output.take_options(&self.player, rig)?;
        }
        self.open_for_clock(&mut state);
        Ok(())
    }

    /// Devices that go by the clock are told it although no instrument plays on them.
    fn open_for_clock(&self, state: &mut State) {
        for rig in state.rig.clone() {
            if rig.wants_clock() && !rig.means(BUILT_IN) && self.only.is_none() {
                // One that cannot be opened is tried again when something comes or goes.
                let _ = self.named(state, &rig.name);
            }
        }
    }

    /// The channel of a device that a channel of the score means.
    pub fn channel(&self, port: PortId, channel: Channel) -> Channel {
        let state = self.state();
        let output = state.outputs.iter().find(|output| output.port == port);
        let rig = output.and_then(|output| output.rig(&state.rig));
        rig.map_or(channel, |rig| rig.channel(channel))
    }

    /// A part moves: tells its new channel what its old one was told, and lifts the pedal on the
    /// old one, so that nothing goes on sounding there.
    pub fn carry(&self, from: (PortId, Channel), to: (PortId, Channel)) -> Result<(), MusicError> {
        let state = self.state();
        let Some(before) = state.outputs.iter().find(|output| output.port == from.0) else {
            return Ok(());
        };
        for message in before.memory.messages(from.1, to.1) {
            self.player.configure(to.0, message)?;
        }
        before.lift_pedal(&self.player, from.1)
    }

    /// What to tell a channel that changes hands, so that it is as if nobody had played there.
    pub fn reset_messages(&self, port: PortId, channel: Channel) -> Vec<Message> {
        let state = self.state();
        let output = state.outputs.iter().find(|output| output.port == port);
        output.map_or_else(Vec::new, |output| output.memory.reset_messages(channel))
    }

    /// A part ends: what it has let go shall not be held by the pedal.
    pub fn lift_pedal(&self, port: PortId, channel: Channel) -> Result<(), MusicError> {
        let state = self.state();
        let output = state.outputs.iter().find(|output| output.port == port);
        output.map_or(Ok(()), |output| output.lift_pedal(&self.player, channel))
    }

    /// Everything ends.
    pub fn lift_pedals(&self) -> Result<(), MusicError> {
        let state = self.state();
        for output in &state.outputs {
            for channel in Channel::all() {
                output.lift_pedal(&self.player, channel)?;
            }
        }
        Ok(())
    }

    /// Whether it is the built-in synth.
    pub fn is_built_in(&self, port: PortId) -> bool {
        port == self.built_in
    }

    /// What there is on the system, and every change of it.
    pub fn watch_names(&self) -> Option<watch::Receiver<Arc<PortNames>>> {
        self.names.clone()
    }

    /// The ports, in the order in which they were opened.
    pub fn states(&self) -> Vec<PortState> {
        self.state().outputs.iter().map(Output::state).collect()
    }

    /// What goes and comes back from now on.
    pub fn changes(&self) -> broadcast::Receiver<PortChange> {
        self.changes.subscribe()
    }

    /// Follows what comes and goes, until nobody has the ports any more or the player is gone.
    pub fn follow(self: &Arc<Self>) -> impl Future<Output = ()> + use<> {
        let (names, ports) = (self.names.clone(), Arc::downgrade(self));
        async move {
            let Some(mut names) = names else {
                return;
            };
            while names.changed().await.is_ok() {
                let now = Arc::clone(&names.borrow_and_update());
                let Some(ports) = ports.upgrade() else {
                    return;
                };
                if ports.compare(&now).is_err() {
                    return;
                }
            }
        }
    }

    /// Closes the ports of devices that are gone, binds those of devices that are back.
    fn compare(&self, now: &PortNames) -> Result<(), MusicError> {
        let mut state = self.state();
        let mut back = Vec::new();
        for output in &mut state.outputs {
            let life = now.generation_of(&output.name);
            let lost = matches!(output.bound, Bound::Device(bound) if life != Some(bound));
            if lost {
                output.close(&self.player)?;
                // Nobody may want to know.
                let _ = self.changes.send(output.change());
            }
            if let (Bound::Gone, Some(life)) = (output.bound, life) {
                back.push((output.name.clone(), life));
            }
        }
        for (name, life) in back {
            // One that cannot be opened yet is tried again at the next note that wants it.
            let _ = self.bind(&mut state, &name, Some(life));
        }
        self.open_for_clock(&mut state);
        Ok(())
    }

    fn names(&self) -> Option<Arc<PortNames>> {
        let names = self.names.as_ref()?;
        Some(Arc::clone(&names.borrow()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that is done under the lock can panic halfway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
