//! The part of the handle that controls the transport: start, stop, position, tempo, meter, sync.

use std::time::Duration;

use tokio::sync::watch;

use super::{Offset, Player, command::Command};
use crate::music::{Beat, MeterMap, MusicError, Nanos, Tempo, Transport};

impl Player {
    /// The current transport.
    pub fn transport(&self) -> Transport {
        *self.0.transport.borrow()
    }

    /// The transport and every change of it.
    pub fn watch_transport(&self) -> watch::Receiver<Transport> {
        self.0.transport.subscribe()
    }

    /// Starts the transport: the current beat will be after `lead`. No effect if it rolls already.
    pub fn roll(&self, lead: Duration) -> Result<(), MusicError> {
        self.change(|transport, now| {
            let start = Command::Transport(transport.started(now + lead));
            Ok((!transport.is_rolling()).then_some(start))
        })
    }

    /// Moves to another beat and drops the pending events of the piece. Immediate events that wait for
    /// their port are still sent.
    ///
    /// # Errors
    ///
    /// [`MusicError::Rolling`] unless the transport is stopped.
    pub fn locate(&self, beat: Beat) -> Result<(), MusicError> {
        self.change(|transport, _| {
            if transport.is_rolling() {
                return Err(MusicError::Rolling);
            }
            Ok(Some(Command::Locate(transport.located(beat))))
        })
    }

    /// Stops the transport and releases what sounds. Pending events wait until it rolls again.
    pub fn stop(&self) -> Result<(), MusicError> {
        self.change(|transport, now| Ok(Some(Command::Stop(transport.stopped(now)))))
    }

    /// Sets tempo changes, in the order of their beats. They replace all upcoming changes from the first
    /// of them on. Pending notes follow.
    pub fn change_tempo(&self, changes: &[(Beat, Tempo)]) -> Result<(), MusicError> {
        self.change(|transport, now| {
            let changed = transport.with_changes(now, changes);
            Ok(Some(Command::Transport(changed)))
        })
    }

    /// Sets the tempo and drops all upcoming changes.
    pub fn set_tempo(&self, tempo: Tempo) -> Result<(), MusicError> {
        self.change(|transport, now| Ok(Some(Command::Transport(transport.with_tempo(now, tempo)))))
    }

    /// Syncs to an external clock: `beat` is at `at`, and continues from there at `tempo`, without
    /// upcoming changes. Pending events move along; nothing is played twice or left out. While stopped,
    /// only the tempo changes.
    pub fn sync(&self, beat: Beat, at: Nanos, tempo: Tempo) -> Result<(), MusicError> {
        self.change(|transport, now| {
            let synced = transport.synced(now, beat, at, tempo);
            Ok(Some(Command::Transport(synced)))
        })
    }

    /// Shifts everything upcoming in time, by at most a beat, as a DJ nudges a record. Sounding notes end
    /// on their beat as well. No effect while stopped.
    pub fn nudge(&self, by: Offset) -> Result<(), MusicError> {
        self.change(|transport, now| Ok(Some(Command::Transport(transport.nudged(now, by)))))
    }

    /// Sets the meters.
    ///
    /// # Errors
    ///
    /// [`MusicError::Rolling`] unless the transport is stopped.
    pub fn set_meters(&self, meters: impl Into<MeterMap>) -> Result<(), MusicError> {
        self.change(|transport, _| {
            if transport.is_rolling() {
                return Err(MusicError::Rolling);
            }
            Ok(Some(Command::Transport(transport.with_meters(meters))))
        })
    }

    /// Counts the meters from another beat, where the piece that has them starts again. No effect if the transport
    /// has other meters.
    pub fn restart_meters(&self, meters: MeterMap) -> Result<(), MusicError> {
        self.change(|transport, _| {
            let same = transport.meters().starting_at(Beat::ZERO) == meters.starting_at(Beat::ZERO);
            let moves = same && transport.meters() != meters;
            Ok(moves.then(|| Command::Transport(transport.with_meters(meters))))
        })
    }

    /// Makes a command from the current transport and sends it.
    fn change(
        &self,
        make: impl FnOnce(Transport, Nanos) -> Result<Option<Command>, MusicError>,
    ) -> Result<(), MusicError> {
        let mut state = self.state();
        let Some(command) = make(state.transport, self.now())? else {
            return Ok(());
        };
        let transport = command.transport().unwrap_or(state.transport);
        self.command(&mut state, command)?;
        state.transport = transport;
        self.0.transport.send_replace(transport);
        Ok(())
    }
}
