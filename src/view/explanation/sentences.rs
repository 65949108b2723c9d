//! The sentences of a step: what the code asked for, how the history answers, and the caption.

use std::fmt;

use super::{ExplainedStep, Explanation, StepNumber};
use crate::{
    engine::{CommandState, DivergenceKind, Event, EventKind, WalkStep, WalkedCommand},
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
                    Some(kind) if step.records.is_some() && kind.is_end_of_code() => {
                        "The code has ended"
                    }
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
            explained.asked = Some(self.requests(step, command));
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
        explained.answer = parted.found.clone();
        let problem = match self.walk.divergence.as_ref().map(|parting| &parting.kind) {
            Some(
                DivergenceKind::Mismatch { .. }
                | DivergenceKind::NotRequested { .. }
                | DivergenceKind::WrongType { .. }
                | DivergenceKind::InvalidEvent { .. },
            ) => format!(
                "The code asks for {}, but the history has {}.",
                parted.expected, parted.found
            ),
            Some(kind) => sentence(&kind.to_string()),
            None => String::new(),
        };
        explained.caption = format!("{problem} The instance is stalled until the code is fixed.");
    }

    /// What the code asked for in a step; all of it, if nothing records it yet.
    fn requests(&self, step: &WalkStep, subject: &WalkedCommand) -> String {
        let issued = self.walk.commands.get(step.issued.clone());
        let issued = issued.filter(|issued| !issued.is_empty());
        let all = issued.unwrap_or(std::slice::from_ref(subject));
        let shown = all.iter().take(MAX_NAMES);
        let shown: Vec<_> = shown.map(|command| self.request(command)).collect();
        match all.len().saturating_sub(MAX_NAMES) {
            0 => shown.join(" · "),
            more => format!("{} and {more} more", shown.join(" · ")),
        }
    }

    /// The command that a step is about: the one that its event records, the first one that the code
    /// issued, or the one that the event belongs to or ends.
    fn subject(&self, step: &WalkStep, event: &Event) -> Option<&WalkedCommand> {
        let recorded = self.recorded_by(step.event);
        let issued = || self.walk.commands.get(step.issued.clone())?.first();
        let belongs = || self.recorded_by(opener(&event.kind)?);
        let is_end = |command: &&WalkedCommand| {
            command
                .answer
                .is_some_and(|answer| answer.event == event.id)
        };
        let ends = || self.walk.commands.iter().find(is_end);
        recorded.or_else(issued).or_else(belongs).or_else(ends)
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
                format!("scheduled by event {recorded}, no result yet")
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
            kind if step.records.is_some() && kind.is_end_of_code() => {
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
                let command = self.recorded_by(step.event);
                let happens = happens(command.and_then(|command| command.request.as_ref()));
                format!("{}{name} {happens}.", done())
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
        let done = self.walk.commands_after(self.moment(at));
        let done =
            done.filter(|(command, state)| *state == CommandState::Answered && command.has_end());
        let kinds = done.filter_map(|(command, _)| command.request.as_ref());
        let names = Names::of(kinds);
        match names.count {
            0 => String::new(),
            1 => format!("{names} is in the history and is not executed again. "),
            _ => format!("{names} are in the history and are not executed again. "),
        }
    }

    /// `Replication is executed now.`
    fn new_sentence(&self, step: &WalkStep) -> String {
        let issued = self.walk.commands.get(step.issued.clone());
        let issued = issued.unwrap_or_default();
        let kinds = issued.iter().filter_map(|command| command.request.as_ref());
        if let Some(end) = kinds.clone().find(|kind| kind.is_end_of_code()) {
            return format!("The code ends: {}.", end_words(end));
        }
        let names = Names::of(kinds.clone().filter(|kind| is_executed(kind)));
        match (names.count, kinds.clone().next()) {
            (0, Some(kind)) => format!("{} {}.", title(kind), happens(Some(kind))),
            (0, None) => String::new(),
            (1, _) => format!("{names} is executed now."),
            _ => format!("{names} are executed now."),
        }
    }
}

/// What happens now to something that the code asked for.
fn happens(request: Option<&EventKind>) -> &'static str {
    match request {
        Some(EventKind::TaskScheduled { .. }) => "is executed now",
        Some(EventKind::ChildWorkflowInstanceCreated { .. }) => "starts now",
        Some(EventKind::TimerCreated { .. }) => "begins now",
        _ => "is recorded now",
    }
}

/// Names in a sentence, each with how often it occurs; the number alone if there are many.
#[derive(Default)]
struct Names {
    names: Vec<(String, usize)>,
    count: usize,
}

impl Names {
    fn of<'a>(kinds: impl Iterator<Item = &'a EventKind>) -> Self {
        let mut all = Self::default();
        for kind in kinds {
            all.count += 1;
            let name = title(kind);
            if let Some((_, times)) = all.names.iter_mut().find(|(known, _)| *known == name) {
                *times += 1;
            } else if all.names.len() <= MAX_NAMES {
                all.names.push((name, 1));
            }
        }
        all
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.names.len() > MAX_NAMES {
            return write!(f, "{} steps", self.count);
        }
        let last = self.names.len().saturating_sub(1);
        for (place, (name, times)) in self.names.iter().enumerate() {
            match place {
                0 => {}
                place if place == last => f.write_str(" and ")?,
                _ => f.write_str(", ")?,
            }
            f.write_str(name)?;
            if *times > 1 {
                write!(f, " ({times} times)")?;
            }
        }
        Ok(())
    }
}
/// A statement as a sentence.
fn sentence(statement: &str) -> String {
    let mut letters = statement.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
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
        Some(kind) if kind.is_end_of_code() => "nothing yet: so the end is stored",
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

fn end_words(end: &EventKind) -> &'static str {
    match end {
        EventKind::ExecutionCompleted { .. } => "it has completed",
        EventKind::ExecutionFailed { .. } => "it has failed",
        EventKind::ExecutionCanceled { .. } => "it was canceled",
        _ => "it continues as new, with an empty history",
    }
}
