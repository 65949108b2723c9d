//! The sentences of a step: what the code asked for, how the history answers, and the caption.

use super::{ExplainedStep, Explanation, StepNumber};
use crate::{
    engine::{CommandState, Event, EventKind, WalkStep, WalkedCommand},
    view::event_words::{opener, title},
};

/// The most names in a caption; more are counted.
const MAX_NAMES: usize = 3;

/// How often the code was walked and executed: each step is executed once, however often the code starts
/// again from the top.
pub(super) fn counter(wakes: u32) -> String {
    match wakes {
        0 | 1 => "walked once, executed once".to_owned(),
        wakes => format!("walked {wakes} times, executed once"),
    }
}

impl Explanation {
    pub(super) fn heading(&self, at: StepNumber) -> &'static str {
        match self.walk.steps.get(at.0) {
            None => "Code and history do not match",
            Some(step) if step.wakes == 0 => {
                match self.event(step.event).map(|event| &event.kind) {
                    Some(kind) if step.records.is_some() && is_end(kind) => "The code has ended",
                    Some(EventKind::ExecutionTerminated { .. }) => {
                        "The code was ended from outside"
                    }
                    Some(EventKind::ExecutionSuspended { .. }) => "The code is suspended",
                    _ => "The code waits",
                }
            }
            Some(_) if at.0 == 0 => "The code starts",
            Some(_) => "The code starts again from the top",
        }
    }

    /// Fills in the sentences of a step.
    pub(super) fn describe(&self, at: StepNumber, explained: &mut ExplainedStep) {
        let Some(step) = self.walk.steps.get(at.0) else {
            self.describe_parting(at, explained);
            return;
        };
        let Some(event) = self.event(step.event) else {
            return;
        };
        if let Some(command) = self.subject(step, event) {
            explained.asked = Some(self.request(command));
            let is_new = step.records.is_some() || !step.issued.is_empty();
            explained.answer = self.answer(command, at, is_new);
        } else {
            explained.answer = "nothing is asked of it".to_owned();
        }
        explained.caption = self.caption(at, step, event);
    }

    fn describe_parting(&self, at: StepNumber, explained: &mut ExplainedStep) {
        let Some(parted) = self.parted(at) else {
            return;
        };
        explained.asked = Some(match self.walk.diverging_command() {
            Some(command) => self.request(command),
            None => parted.expected.clone(),
        });
        let place = match self.event_of(at) {
            Some(event) => format!("event {}", event.id),
            None => "its end".to_owned(),
        };
        explained.answer = format!("{place} is {}", parted.found);
        explained.caption = format!(
            "The code asks for {}, but the history has {}. The instance is stalled until the code is fixed.",
            parted.expected, parted.found
        );
    }

    /// The command that a step is about: the one that its event records, the first one that the code
    /// issued, or the one that the event belongs to.
    fn subject(&self, step: &WalkStep, event: &Event) -> Option<&WalkedCommand> {
        let recorded = self.recorded_by(step.event);
        let issued = || self.walk.commands.get(step.issued.clone())?.first();
        let belongs = || self.recorded_by(opener(&event.kind)?);
        recorded.or_else(issued).or_else(belongs)
    }

    /// How the history answers a command. `is_new`: the code asks for it in this step.
    fn answer(&self, command: &WalkedCommand, at: StepNumber, is_new: bool) -> String {
        let state = self.state(command, at);
        if is_new || state == CommandState::New {
            return nothing_yet(command).to_owned();
        }
        let answer = command.answer.filter(|_| state == CommandState::Answered);
        match (
            answer.and_then(|answer| self.event(answer.event)),
            command.recorded,
        ) {
            (Some(by), _) => {
                let data = self.data(by).map(|data| format!(": {data}"));
                let words = self.words(by);
                format!("event {}: {words}{}", by.id, data.unwrap_or_default())
            }
            (None, Some(recorded)) if command.has_end() => {
                format!("event {recorded} records it; there is no result yet")
            }
            (None, Some(recorded)) => format!("event {recorded} records it"),
            (None, None) => nothing_yet(command).to_owned(),
        }
    }

    fn caption(&self, at: StepNumber, step: &WalkStep, event: &Event) -> String {
        let about = |kind| title(self.opened(kind).map_or(kind, |opened| &opened.kind));
        let name = about(&event.kind);
        let done = || self.done_sentence(at);
        match &event.kind {
            kind if step.records.is_some() && is_end(kind) => {
                format!(
                    "{}The code has ended, and its end is in the history.",
                    done()
                )
            }
            EventKind::TaskStarted { attempt: 1, .. } => {
                format!("{name} is in the history, and only now it is executed.")
            }
            EventKind::TaskStarted { attempt, .. } => {
                format!("{name} is executed again, attempt {attempt}. The code does not notice.")
            }
            EventKind::TaskFailed {
                retry_at: Some(_), ..
            }
            | EventKind::ChildWorkflowInstanceFailed {
                retry_at: Some(_), ..
            } => format!("{name} failed and is tried again. The code does not notice."),
            EventKind::ExecutionSuspended { .. } => {
                "The workflow is suspended: what arrives is kept for later.".to_owned()
            }
            EventKind::ExecutionTerminated { .. } => {
                "The workflow was ended from outside; its code is not asked.".to_owned()
            }
            _ if step.records.is_some() => {
                format!("{}{name} {}.", done(), self.happens(step))
            }
            _ if step.issued.is_empty() && step.wakes > 0 => match at.0 {
                0 => "The code starts and waits.".to_owned(),
                _ => format!("{}The code asks for nothing new and waits.", done()),
            },
            _ if step.wakes > 0 => format!("{}{}", done(), self.new_sentence(step)),
            _ => "The history grows. The code does not notice.".to_owned(),
        }
    }

    /// `Istanbul and Ankara are in the history and are not executed again. `
    fn done_sentence(&self, at: StepNumber) -> String {
        let moment = self.moment(at);
        let mut names: Vec<String> = Vec::new();
        let mut count = 0usize;
        for (command, state) in self.walk.commands_after(moment) {
            if state == CommandState::Answered && command.has_end() {
                count += 1;
                let name = command.request.as_ref().map(title).unwrap_or_default();
                if names.len() <= MAX_NAMES && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        match names.as_slice() {
            [] => String::new(),
            [name] => format!("{name} is in the history and is not executed again. "),
            names if names.len() <= MAX_NAMES => {
                let names = listed(names);
                format!("{names} are in the history and are not executed again. ")
            }
            _ => format!("{count} steps are in the history and are not executed again. "),
        }
    }

    /// `Replication is executed now.`
    fn new_sentence(&self, step: &WalkStep) -> String {
        let issued = self.walk.commands.get(step.issued.clone());
        let issued = issued.unwrap_or_default();
        let kinds = issued.iter().filter_map(|command| command.request.as_ref());
        if let Some(end) = kinds.clone().find(|kind| is_end(kind)) {
            return format!("The code ends: {}.", end_words(end));
        }
        let activities = kinds.clone().filter(|kind| is_executed(kind));
        let mut names: Vec<String> = Vec::new();
        for kind in activities {
            let name = title(kind);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        match names.as_slice() {
            [] => match kinds.clone().next() {
                Some(kind) => format!("New in the history: {}.", title(kind)),
                None => String::new(),
            },
            [name] => format!("{name} is executed now."),
            names if names.len() <= MAX_NAMES => format!("{} are executed now.", listed(names)),
            names => format!("{} steps are executed now.", names.len()),
        }
    }

    /// What happens now to the command that a step records.
    fn happens(&self, step: &WalkStep) -> &'static str {
        let command = self.recorded_by(step.event);
        match command.and_then(|command| command.request.as_ref()) {
            Some(EventKind::TaskScheduled { .. }) => "is executed now",
            Some(EventKind::ChildWorkflowInstanceCreated { .. }) => "starts now",
            Some(EventKind::TimerCreated { .. }) => "begins now",
            _ => "is recorded now",
        }
    }
}

/// The answer to a command that nothing records yet.
fn nothing_yet(command: &WalkedCommand) -> &'static str {
    use EventKind as E;
    match &command.request {
        Some(E::TaskScheduled { .. }) => {
            "nothing yet: so it is scheduled, stored, and only then executed"
        }
        Some(E::ChildWorkflowInstanceCreated { .. }) => {
            "nothing yet: so it is stored, and only then started"
        }
        Some(E::TimerCreated { .. } | E::InstanceAwaited { .. }) => {
            "nothing yet: so the wait is stored, and only then begins"
        }
        Some(E::EventSent { .. } | E::CancelSent { .. }) => {
            "nothing yet: so it is stored, and only then sent"
        }
        Some(kind) if is_end(kind) => "nothing yet: so the end is stored",
        _ => "nothing yet: so it is stored",
    }
}

/// Whether the engine executes something outside the code.
fn is_executed(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::TaskScheduled { .. } | EventKind::ChildWorkflowInstanceCreated { .. }
    )
}

fn is_end(kind: &EventKind) -> bool {
    use EventKind as E;
    matches!(
        kind,
        E::ExecutionCompleted { .. }
            | E::ExecutionFailed { .. }
            | E::ExecutionCanceled { .. }
            | E::ContinuedAsNew { .. }
    )
}

fn end_words(end: &EventKind) -> &'static str {
    match end {
        EventKind::ExecutionCompleted { .. } => "it has completed",
        EventKind::ExecutionFailed { .. } => "it has failed",
        EventKind::ExecutionCanceled { .. } => "it was canceled",
        _ => "it continues as new, with an empty history",
    }
}

/// `a, b and c`.
fn listed(names: &[String]) -> String {
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
