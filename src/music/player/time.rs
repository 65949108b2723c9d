//! What a handle does with time: rolling, standing, tempo, meter, following others.

use std::time::Duration;

use tokio::sync::watch;

use super::{Offset, Player, command::Command};
use crate::music::{Beat, Meter, MusicError, Nanos, Tempo, Transport};

impl Player {
    /// How beats relate to instants at present.
    pub fn transport(&self) -> Transport {
        *self.0.transport.borrow()
    }

    /// The same, and every change of it.
    pub fn watch_transport(&self) -> watch::Receiver<Transport> {
        self.0.transport.subscribe()
    }

    /// From standing: the present beat will be after `lead`. Rolling: nothing happens.
    pub fn roll(&self, lead: Duration) -> Result<(), MusicError> {
        self.change(|transport, now| {
            let start = Command::Transport(transport.rolled(now + lead));
            Ok((!transport.is_rolling()).then_some(start))
        })
    }

    /// Goes to another beat and forgets what is pending in the piece. What goes at once and waits for
    /// its port still goes. Only while standing.
    pub fn locate(&self, beat: Beat) -> Result<(), MusicError> {
        self.change(|transport, _| {
            if transport.is_rolling() {
                return Err(MusicError::Rolling);
            }
            Ok(Some(Command::Locate(transport.located(beat))))
        })
    }

    /// Stops where it is and lets go of what sounds. What is pending waits until it rolls again.
    pub fn stand(&self) -> Result<(), MusicError> {
        self.change(|transport, now| Ok(Some(Command::Stand(transport.stood(now)))))
    }

    /// Other tempi from these beats on, in their order; what had been ahead from the first of them
    /// on is forgotten. Notes that have been handed over follow.
    pub fn change_tempo(&self, changes: &[(Beat, Tempo)]) -> Result<(), MusicError> {
        self.change(|transport, now| {
            let changed = transport.with_changes(now, changes);
            Ok(Some(Command::Transport(changed)))
        })
    }

    /// Another tempo from now on, whatever had been ahead.
    pub fn set_tempo(&self, tempo: Tempo) -> Result<(), MusicError> {
        self.change(|transport, now| Ok(Some(Command::Transport(transport.with_tempo(now, tempo)))))
    }

    /// Follows a clock from outside: from now on `beat` is at `at`, and it goes on from there at
    /// `tempo`, whatever tempo had been ahead. What is pending moves along; nothing is played twice
    /// or left out. While standing only the tempo changes.
    pub fn steer(&self, beat: Beat, at: Nanos, tempo: Tempo) -> Result<(), MusicError> {
        self.change(|transport, now| {
            let steered = transport.steered(now, beat, at, tempo);
            Ok(Some(Command::Transport(steered)))
        })
    }

    /// Shifts everything that is still to come by so much, at most by a beat, as a DJ does with a
    /// finger on the record. What sounds ends on its beat as well. While standing nothing happens.
    pub fn nudge(&self, by: Offset) -> Result<(), MusicError> {
        self.change(|transport, now| Ok(Some(Command::Transport(transport.nudged(now, by)))))
    }

    /// Counts in another meter. Only while standing.
    pub fn set_meter(&self, meter: Meter) -> Result<(), MusicError> {
        self.change(|transport, _| {
            if transport.is_rolling() {
                return Err(MusicError::Rolling);
            }
            Ok(Some(Command::Transport(transport.with_meter(meter))))
        })
    }

    /// Works out a command that brings a new transport, and gives it.
    fn change(
        &self,
        make: impl FnOnce(Transport, Nanos) -> Result<Option<Command>, MusicError>,
    ) -> Result<(), MusicError> {
        let mut desk = self.desk();
        let Some(command) = make(desk.transport, self.now())? else {
            return Ok(());
        };
        let transport = command.transport().unwrap_or(desk.transport);
        self.command(&mut desk, command)?;
        desk.transport = transport;
        self.0.transport.send_replace(transport);
        Ok(())
    }
}
