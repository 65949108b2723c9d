//! The panels of schedules and faults: keys act on the selected line.

use super::{Overlay, UiState};
use crate::{
    conductor::{
        Direction,
        control_surface::{ControlAction, LaneTarget},
    },
    music::Offset,
    view::{
        action::Action,
        command::{Command, EngineCommand, PlayerCommand},
        faults::{FAULT_STEP, FaultRow, fault_rows},
        navigation::Stop,
        schedules::ScheduleCard,
        snapshot::Snapshot,
    },
};

/// What an action does in a panel.
pub(super) enum InPanel {
    /// Nothing: it acts as always.
    Passes,
    /// These commands, and nothing else.
    Done(Vec<Command>),
}

impl UiState {
    /// Shows as much of the lanes as it can: a tour needs no notes and no hints.
    pub fn prepare_tour(&mut self) {
        (self.full_screen, self.setlist, self.hints) = (true, false, None);
    }

    /// Performs an action in the panel that is open, if it has a line to act on.
    pub(super) fn act_in_panel(&mut self, action: &Action, snapshot: &Snapshot) -> InPanel {
        let lines = match &self.overlay {
            Overlay::Schedules(_) => snapshot.schedules.len(),
            Overlay::Faults(_) => fault_rows(snapshot).len(),
            _ => return InPanel::Passes,
        };
        let (Overlay::Schedules(line) | Overlay::Faults(line)) = &mut self.overlay else {
            return InPanel::Passes;
        };
        let last = lines.saturating_sub(1);
        match action {
            Action::LaneAbove => *line = (*line).min(last).saturating_sub(1),
            Action::LaneBelow => *line = (*line + 1).min(last),
            _ => {
                let line = (*line).min(last);
                return match &self.overlay {
                    Overlay::Schedules(_) => in_schedules(action, snapshot.schedules.get(line)),
                    _ => in_faults(action, line, snapshot),
                };
            }
        }
        InPanel::Done(Vec::new())
    }
}

fn in_schedules(action: &Action, card: Option<&ScheduleCard>) -> InPanel {
    let command = match action {
        Action::Control(ControlAction::Pause(LaneTarget::Selected)) => {
            card.map(ScheduleCard::pause_or_resume)
        }
        Action::Rerun => card.map(ScheduleCard::trigger),
        _ => return InPanel::Passes,
    };
    InPanel::Done(command.into_iter().map(Command::from).collect())
}

fn in_faults(action: &Action, line: usize, snapshot: &Snapshot) -> InPanel {
    let rows = fault_rows(snapshot);
    let row = rows.get(line);
    // A cable is pulled or not: it has no rate.
    let graded = row.filter(|row| row.is_graded());
    let command = match action {
        Action::Step(Stop::Event, Direction::Forward) => graded.map(|row| row.step(FAULT_STEP)),
        Action::Step(Stop::Event, Direction::Backward) => graded.map(|row| row.step(-FAULT_STEP)),
        // The digit 0.
        Action::Lane(10) => Some(PlayerCommand::EndFaults.into()),
        Action::Lane(tenths) => graded.map(|row| row.set(f64::from(*tenths) / 10.0)),
        Action::Control(ControlAction::Nudge(Offset::Later(_))) => graded.map(FaultRow::later),
        Action::Control(ControlAction::Nudge(Offset::Earlier(_))) => {
            graded.map(FaultRow::less_late)
        }
        Action::Control(ControlAction::Solo(_)) => row.map(FaultRow::toggle_outage),
        Action::Step(Stop::Failure, Direction::Forward) => graded.map(FaultRow::fail_next),
        _ => return InPanel::Passes,
    };
    InPanel::Done(command.into_iter().collect())
}

impl ScheduleCard {
    /// The command that pauses it, or resumes it.
    pub fn pause_or_resume(&self) -> EngineCommand {
        match self.paused {
            true => EngineCommand::ResumeSchedule(self.name.clone()),
            false => EngineCommand::PauseSchedule(self.name.clone()),
        }
    }

    /// The command that starts a run now.
    pub fn trigger(&self) -> EngineCommand {
        EngineCommand::TriggerSchedule(self.name.clone())
    }
}
