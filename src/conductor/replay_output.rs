//! The replay bus of a conductor, and its route as the rig sets it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{ConductorError, ReplayBus, ReplayRoute, ports::Ports};

/// The bus, if it was opened, and the route of the rig.
#[derive(Default)]
pub(super) struct ReplayOutput(Mutex<State>);

#[derive(Default)]
struct State {
    bus: Option<Arc<ReplayBus>>,
    route: ReplayRoute,
}

impl ReplayOutput {
    pub fn bus(&self) -> Option<Arc<ReplayBus>> {
        self.state().bus.clone()
    }

    /// Opens the bus on the route of the rig.
    ///
    /// # Errors
    ///
    /// As [`set_route`](Self::set_route); the bus is open then.
    pub fn open(&self, bus: &Arc<ReplayBus>, ports: &Ports) -> Result<(), ConductorError> {
        let mut state = self.state();
        state.bus = Some(Arc::clone(bus));
        route(bus, &state.route, ports)
    }

    /// Sets the route. Without its port the bus is silent.
    ///
    /// # Errors
    ///
    /// [`ConductorError`] if the port is not connected or cannot be opened.
    pub fn set_route(&self, to: &ReplayRoute, ports: &Ports) -> Result<(), ConductorError> {
        let mut state = self.state();
        // A port may have been plugged in meanwhile.
        if state.route == *to && !matches!(to, ReplayRoute::Port(_)) {
            return Ok(());
        }
        state.route.clone_from(to);
        match &state.bus {
            Some(bus) => route(bus, to, ports),
            None => Ok(()),
        }
    }

    /// Ends the bus. It is silent at once, also if others still have it.
    pub fn close(&self) {
        if let Some(bus) = self.state().bus.take() {
            bus.stop();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No change can panic halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn route(bus: &ReplayBus, to: &ReplayRoute, ports: &Ports) -> Result<(), ConductorError> {
    let ReplayRoute::Port(name) = to else {
        bus.reroute(to, None);
        return Ok(());
    };
    let opened = ports.open_output(name);
    let (sink, done) = match opened {
        Ok(sink) => (Some(sink), Ok(())),
        Err(error) => (None, Err(error)),
    };
    bus.reroute(to, sink);
    done
}
