//! What the window shows of the player: transport, tempo, meters, ports.

use std::time::Duration;

use super::Projection;
use crate::{
    conductor::{BUILT_IN, PortPresence},
    music::{Nanos, SoundState},
    view::{AudioView, MetersView, PortView, TransportView},
};

impl Projection {
    pub(super) fn transport(&mut self) {
        let transport = *self.transport.borrow_and_update();
        self.audio_device.transport(transport.is_rolling());
        let (clock, player) = (
            self.app.conductor.engine().clock(),
            self.app.conductor.player(),
        );
        let now = player.now();
        let wall = clock.at(player.origin() + now.since(Nanos::ZERO));
        self.shown_tempo = Some(transport.tempo(now));
        self.projector.transport(TransportView {
            rolling: transport.is_rolling(),
            anchor: (wall, transport.position(now)),
            tempo: transport.tempo(now).beats_per_minute(),
            meters: transport.meters(),
        });
    }

    /// Shows a tempo change that was scheduled and has taken effect.
    pub(super) fn tempo(&mut self) {
        let tempo = {
            let transport = self.transport.borrow();
            transport.tempo(self.app.conductor.player().now())
        };
        if self.shown_tempo != Some(tempo) {
            self.transport();
        }
    }

    pub(super) fn meters(&mut self) {
        self.audio_device.close_if_idle();
        let player = self.app.conductor.player();
        let meters = player.meters();
        self.app
            .set_synth_channels(self.app.conductor.synth_channels());
        let commit = self.app.conductor.engine().metrics().last_commit;
        let micros = |d: Duration| u64::try_from(d.as_micros()).unwrap_or(u64::MAX);
        self.projector.meters(MetersView {
            late_us: micros(meters.median),
            late: meters.late,
            left_out: meters.left_out,
            held_back: meters.held_back,
            lost: meters.lost,
            priority: Some(player.priority().clone()),
            commit_us: micros(commit),
            voices: u32::try_from(meters.sounding).unwrap_or(u32::MAX),
            ports: self.ports(),
            audio: match self.audio_device.state() {
                SoundState::Device { name, .. } => AudioView::On(name),
                SoundState::Silent(reason) => AudioView::Lost(reason),
            },
        });
    }

    /// The ports that scores use, and the virtual one.
    fn ports(&self) -> Vec<PortView> {
        let conductor = &self.app.conductor;
        let played = conductor.player().ports();
        let waiting = |name: &str| {
            let port = played.iter().find(|port| port.name == name);
            port.map_or(0, |port| port.waiting)
        };
        let ports = conductor.ports().into_iter();
        let virtual_port = self.virtual_port.clone().map(|name| PortView {
            name,
            ok: true,
            waiting: waiting(BUILT_IN),
        });
        ports
            .filter(|port| port.name != BUILT_IN)
            .map(|port| PortView {
                ok: port.presence == PortPresence::Connected,
                waiting: waiting(&port.name),
                name: port.name,
            })
            .chain(virtual_port)
            .collect()
    }
}
