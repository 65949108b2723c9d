//! Turns of an instance whose code is in another process.

use super::Instance;
use crate::engine::{
    CodeLocation, EventId, EventKind, Failure, Payload, RemoteCommand, RemoteNumber, Status,
    TakenTurn, Timestamp, TurnAnswer, remote::TurnTicket,
};
use tokio::task::AbortHandle;

impl Instance {
    /// Hands out the turn that is due, if any.
    pub fn begin_turn(&mut self) -> Option<TurnTicket> {
        if self.summary.status != Status::Running {
            return None;
        }
        let run = self.code.remote_mut()?;
        run.is_due().then(|| run.begin_turn())
    }

    /// A task waits for the answer of a turn.
    pub fn turn_spawned(&mut self, ticket: TurnTicket, task: AbortHandle) {
        if let Some(run) = self.code.remote_mut() {
            run.turn_spawned(ticket, task);
        }
    }

    /// Applies the answer of a turn. The answer of a turn that was withdrawn is dropped.
    pub fn turn_ended(&mut self, now: Timestamp, ticket: TurnTicket, answer: TurnAnswer) {
        let Some(run) = self.code.remote_mut() else {
            return;
        };
        if !run.ends_turn(ticket) {
            return;
        }
        match answer {
            TurnAnswer::Diverged(reason) => self.stall_for(now, reason),
            TurnAnswer::Taken(turn) if turn.read >= self.next => {
                let (read, next) = (turn.read, self.next);
                let reason = format!(
                    "a worker says that it has read event {read}, and the history has {next} events"
                );
                self.stall_for(now, reason);
            }
            TurnAnswer::Taken(turn) => self.turn_taken(now, turn),
        }
    }

    fn turn_taken(&mut self, now: Timestamp, mut turn: TakenTurn) {
        let most = self.identity.limits.payload;
        if let Some((what, size)) = too_large(&turn, most) {
            // It would be too large again.
            let failure = Failure::too_large(what, size, most);
            turn.custom_status = None;
            turn.commands = vec![(RemoteNumber(-1), RemoteCommand::Fail { failure })];
        }
        let Some(run) = self.code.remote_mut() else {
            return;
        };
        let taken = run.take_turn(turn);
        self.receive(now, taken);
    }

    /// Has a worker take the turn at which the instance stalled again.
    pub fn reload_remote(&mut self, now: Timestamp) {
        if self.summary.status == Status::Stalled {
            let reason = "a worker is asked again".into();
            self.receive(now, EventKind::ExecutionResumed { reason });
        }
    }

    /// Stalls the instance for a reason that a worker has given.
    fn stall_for(&mut self, now: Timestamp, reason: String) {
        if !matches!(self.summary.status, Status::Stalled) && !self.is_closed() {
            self.append(now, EventKind::ExecutionStalled { reason });
        }
    }

    /// Ends an instance whose code cannot be asked to end.
    pub(super) fn end_remote(&mut self, now: Timestamp) {
        let Some(reason) = self.cancel_requested.clone() else {
            return;
        };
        if self.code.remote().is_some() && !self.is_closed() {
            let failure = Failure::canceled(reason);
            self.append(now, EventKind::ExecutionCanceled { failure });
        }
    }

    /// Where its code runs.
    pub(super) fn code_location(&self) -> CodeLocation {
        match self.is_remote() {
            true => CodeLocation::Remote,
            false => CodeLocation::Local,
        }
    }

    /// Whether its code is in another process.
    pub fn is_remote(&self) -> bool {
        self.code.remote().is_some()
    }

    /// The number that the worker gave to an open operation.
    pub fn remote_number(&self, opened: EventId) -> RemoteNumber {
        let number = self.code.remote().and_then(|run| run.number_of(opened));
        number.unwrap_or_default()
    }
}

/// The first payload that exceeds the limit.
fn too_large(turn: &TakenTurn, most: usize) -> Option<(&'static str, usize)> {
    let status = turn
        .custom_status
        .iter()
        .map(|status| ("custom status", status));
    let commands = turn.commands.iter();
    let payloads = commands.filter_map(|(_, command)| payload(command));
    let mut sizes = status
        .chain(payloads)
        .map(|(what, payload)| (what, payload.size()));
    sizes.find(|(_, size)| *size > most)
}

fn payload(command: &RemoteCommand) -> Option<(&'static str, &Payload)> {
    Some(match command {
        RemoteCommand::ScheduleTask { input, .. } => ("activity's input", input),
        RemoteCommand::CreateChild { input, .. } => ("child's input", input),
        RemoteCommand::SendEvent { input, .. } => ("event's data", input),
        RemoteCommand::Complete { output } => ("workflow's output", output),
        RemoteCommand::ContinueAsNew { input, .. } => ("next run's input", input),
        RemoteCommand::CreateTimer { .. } | RemoteCommand::Fail { .. } => return None,
    })
}
