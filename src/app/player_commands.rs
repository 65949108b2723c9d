//! Executes commands to the player and the mixer, which never wait for the engine.

use std::sync::PoisonError;

use super::application::App;
use crate::{
    conductor::ConductorError,
    music::{Nanos, Tempo},
    view::PlayerCommand,
};

impl App {
    /// Executes a command.
    pub(super) fn execute_player_command(
        &self,
        command: PlayerCommand,
    ) -> Result<(), ConductorError> {
        let player = self.conductor.player();
        match command {
            PlayerCommand::Panic => self.conductor.panic()?,
            PlayerCommand::SetTempo(beats_per_minute) => {
                self.set_tempo(Tempo::by_hand(beats_per_minute))?
            }
            PlayerCommand::Tap(at) => {
                let mut tap = self.tap.lock().unwrap_or_else(PoisonError::into_inner);
                self.set_tempo(tap.tap(Nanos(at.0)))?;
            }
            PlayerCommand::Nudge(by) => player.nudge(by)?,
            PlayerCommand::Mute(strip, switch) => self.conductor.mute(strip, switch),
            PlayerCommand::Solo(strip, switch) => self.conductor.solo(strip, switch),
            PlayerCommand::SetVolume(lane, volume) => self.conductor.set_volume(lane, volume),
            PlayerCommand::ChangeFault(target, change) => {
                self.conductor.change_fault(&target, change)?;
            }
            PlayerCommand::Crash => super::crash::crash(),
            PlayerCommand::EndFaults => self.conductor.end_faults(),
        }
        Ok(())
    }

    /// A tempo out of range, or a first tap, changes nothing.
    fn set_tempo(&self, tempo: Option<Tempo>) -> Result<(), ConductorError> {
        match tempo {
            Some(tempo) => Ok(self.conductor.player().set_tempo(tempo)?),
            None => Ok(()),
        }
    }
}
