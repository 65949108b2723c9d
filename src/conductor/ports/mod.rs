//! The ports of a performance: which port an instrument plays on, and what happens when a device is
//! unplugged and comes back.
//!
//! A device is identified by its name. While it is unplugged, its port stays and accepts nothing; when it
//! comes back, the port is bound to it again and the settings of its channels are sent again. The port is
//! chosen for every note, so instruments move to another port and back by themselves.

mod built_in;
mod cables;
mod changes;
mod devices;
mod output;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{broadcast, watch};

use super::{ConductorError, rig::PortRig};
use crate::{
    music::{Bank, Channel, Message, MusicError, Player, PortId, PortNames, Sink, port_matches},
    score::Port,
};
pub use built_in::BUILT_IN;
use cables::Cables;
pub(super) use changes::Missing;
pub use changes::{PortChange, PortPresence, PortState};
pub use devices::{Devices, Outputs};
use output::{Bound, Output};

/// The most changes that a subscriber may lag behind.
const MAX_LAG: usize = 64;

/// The name and the sink of a port.
pub type NamedSink = (String, Box<dyn Sink>);

/// The ports of a performance.
pub(super) struct Ports {
    player: Player,
    devices: Option<Arc<Cables>>,
    names: Option<watch::Receiver<Arc<PortNames>>>,
    built_in: PortId,
    /// The sounds of the built-in port.
    bank: Bank,
    /// If set, everything goes to this port.
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
    /// Opens the built-in port on `synth`, which plays the sounds of the bank. Everything is routed to
    /// `only` if it is given.
    pub fn new(
        player: &Player,
        (synth, bank): (Box<dyn Sink>, Bank),
        outputs: Outputs,
        only: Option<NamedSink>,
    ) -> Result<Self, MusicError> {
        let devices = outputs.devices().map(Cables::new);
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

    /// The first of these ports that is present.
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
        let cables = self.devices.as_ref();
        Missing {
            is_pulled: cables.is_some_and(|cables| cables.has_pulled(&wanted)),
            wanted,
            present: names.map_or_else(Vec::new, |now| now.outputs.clone()),
            reason,
        }
    }

    /// The port of the first present device that matches a pattern.
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

    /// A connection of its own to the first present device that matches a pattern. Notes of instruments do
    /// not go through it.
    pub fn open_output(&self, pattern: &str) -> Result<Box<dyn Sink>, ConductorError> {
        let names = self.names();
        let names = names.as_ref().map_or(&[][..], |names| &names.outputs);
        let exact = names.iter().find(|name| *name == pattern);
        let meant = |name: &&String| port_matches(name, pattern);
        match (exact.or_else(|| names.iter().find(meant)), &self.devices) {
            (Some(name), Some(devices)) => Ok(devices.open(name)?),
            _ => {
                let missing = self.missing(vec![pattern.to_owned()], None);
                Err(ConductorError::PortMissing(missing.to_string()))
            }
        }
    }

    /// Connects a device to a port: a new one, or the one that it had before.
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
            // Without subscribers there is nothing to do.
            let _ = self.changes.send(output.change());
            return Ok(output.port);
        }
        let output = Output::add(&self.player, name, sink, bound)?;
        output.greet(&self.player, &state.rig)?;
        let port = output.port;
        state.outputs.push(output);
        Ok(port)
    }

    /// Applies the port settings of a rig.
    pub fn set_rig(&self, rig: &[PortRig]) -> Result<(), MusicError> {
        let mut state = self.state();
        state.rig = rig.to_vec();
        for output in &state.outputs {
            output.take_options(&self.player, rig)?;
        }
        self.open_for_clock(&mut state);
        Ok(())
    }

    /// Opens the ports of devices that receive the clock, even if no instrument plays on them.
    fn open_for_clock(&self, state: &mut State) {
        for rig in state.rig.clone() {
            if rig.wants_clock() && !rig.matches(BUILT_IN) && self.only.is_none() {
                // If it cannot be opened, it is tried again at the next change of the port list.
                let _ = self.named(state, &rig.name);
            }
        }
    }

    /// The channel of a device for a channel of a score.
    pub fn channel(&self, port: PortId, channel: Channel) -> Channel {
        let state = self.state();
        let output = state.outputs.iter().find(|output| output.port == port);
        let rig = output.and_then(|output| output.rig(&state.rig));
        rig.map_or(channel, |rig| rig.channel(channel))
    }

    /// Moves a part: copies the settings of its old channel to the new one, and lifts the pedal on the old
    /// one, so that nothing keeps sounding there.
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

    /// The messages that reset a channel before another instrument plays on it.
    pub fn reset_messages(&self, port: PortId, channel: Channel) -> Vec<Message> {
        let state = self.state();
        let output = state.outputs.iter().find(|output| output.port == port);
        output.map_or_else(Vec::new, |output| output.memory.reset_messages(channel))
    }

    /// Ends a part: the pedal must not sustain its released notes.
    pub fn lift_pedal(&self, port: PortId, channel: Channel) -> Result<(), MusicError> {
        let state = self.state();
        let output = state.outputs.iter().find(|output| output.port == port);
        output.map_or(Ok(()), |output| output.lift_pedal(&self.player, channel))
    }

    /// Resets what was played on all ports: pedals, bends, effect sends and parameters.
    pub fn say_farewell(&self) -> Result<(), MusicError> {
        let state = self.state();
        for output in state.outputs.iter().filter(|output| output.is_there()) {
            for message in Channel::parts().flat_map(|channel| output.memory.farewell(channel)) {
                self.player.configure(output.port, message)?;
            }
        }
        Ok(())
    }

    /// Whether a port is the built-in synth.
    pub fn is_built_in(&self, port: PortId) -> bool {
        port == self.built_in
    }

    /// The MIDI ports of the system, and every change of them.
    pub fn watch_names(&self) -> Option<watch::Receiver<Arc<PortNames>>> {
        self.names.clone()
    }

    /// The ports, in the order in which they were opened.
    pub fn states(&self) -> Vec<PortState> {
        self.state().outputs.iter().map(Output::state).collect()
    }

    /// Devices that are unplugged or come back from now on.
    pub fn changes(&self) -> broadcast::Receiver<PortChange> {
        self.changes.subscribe()
    }

    /// Pulls the cables of the ports whose names contain one of these patterns, and plugs in all others.
    pub fn pull(&self, patterns: Vec<Arc<str>>) {
        if let Some(cables) = &self.devices {
            cables.pull(patterns);
        }
    }

    /// The names of the MIDI ports of the system, also of those whose cables are pulled.
    pub fn all_names(&self) -> Vec<String> {
        let Some(cables) = &self.devices else {
            return Vec::new();
        };
        let names = cables.all_names();
        let mut all: Vec<_> = names.outputs.iter().chain(&names.inputs).cloned().collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Follows the ports of the system until the ports are dropped.
    pub fn follow_cables(&self) -> impl Future<Output = ()> + use<> {
        let following = self.devices.as_ref().map(Cables::follow);
        async move {
            if let Some(following) = following {
                following.await;
            }
        }
    }

    /// Follows the port list until the ports are dropped or the player is shut down.
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

    /// Closes the ports of devices that are unplugged, and binds those of devices that are back.
    fn compare(&self, now: &PortNames) -> Result<(), MusicError> {
        let mut state = self.state();
        let mut back = Vec::new();
        for output in &mut state.outputs {
            let life = now.generation_of(&output.name);
            let lost = matches!(output.bound, Bound::Device(bound) if life != Some(bound));
            if lost {
                output.close(&self.player)?;
                // Without subscribers there is nothing to do.
                let _ = self.changes.send(output.change());
            }
            if let (Bound::Gone, Some(life)) = (output.bound, life) {
                back.push((output.name.clone(), life));
            }
        }
        for (name, life) in back {
            // If it cannot be opened yet, the next note for it tries again.
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
