//! A walk through a replay: what the engine does with each event of a history, and what the code asks
//! for in return.
//!
//! One run of the code is polled on from event to event, so a walk costs as much as one replay. A replay
//! of a prefix issues the same commands in the same order, so the walk also says what the code does if it
//! starts again from the top after any event: see [`Walk::commands_after`].
//!
//! Nothing here accesses a store or executes side effects.

use std::{collections::HashMap, ops::Range};

use super::{
    CodeLocation, Event, EventId, EventKind, InstanceId, Limits, Payload, Registry,
    command::OperationId,
    context::Identity,
    registry::WorkflowCode,
    remote::{code_location, walk_turns},
    turn::{Divergence, Run, first_invalid_event, not_registered},
};

/// A walk through the replay of a history.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Walk {
    /// The steps: one for each event, up to the divergence if there is one.
    pub steps: Vec<WalkStep>,
    /// What the code asked for, in the order in which it did.
    pub commands: Vec<WalkedCommand>,
    /// Where code and history part.
    pub divergence: Option<Box<Divergence>>,
}

/// What the engine does with one event.
#[derive(Debug, Clone, PartialEq)]
pub struct WalkStep {
    /// The event that was applied.
    pub event: EventId,
    /// How often this event woke the code: 0 for an event that only records something, and while the
    /// instance is suspended; several when it is resumed with several events.
    pub wakes: u32,
    /// The commands that the code issued when it was woken, as numbers of [`Walk::commands`].
    pub issued: Range<usize>,
    /// The command that this event records.
    pub records: Option<CommandNumber>,
    /// The annotations of the code in this step.
    pub annotations: Vec<Payload>,
}

/// The place of a command in [`Walk::commands`], the order in which the code issued them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandNumber(pub usize);

/// Something that the code asked for, and how the history answers.
#[derive(Debug, Clone, PartialEq)]
pub struct WalkedCommand {
    /// The event after which the code asked for it.
    pub issued: EventId,
    /// The event that records it, as data: the name and input of an activity for example. `None` if it
    /// cancels something that was never recorded.
    pub request: Option<EventKind>,
    /// The event of the history that records it. `None`: nothing does, and it would be executed for the
    /// first time.
    pub recorded: Option<EventId>,
    /// How what it began has ended; `None`: it has not, or has no end.
    pub answer: Option<Answer>,
}

/// The end of something that the code asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The event that ended it: a result, a fired timer, the event that was waited for, a cancellation.
    pub event: EventId,
    /// The event with which the code received it. It is a later one if the instance was suspended.
    pub delivered: EventId,
}

/// How far a command had come after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandState {
    /// The code had not asked for it.
    NotIssued,
    /// The code had asked for it and nothing recorded it: it is stored, and only then executed.
    New,
    /// It was recorded, and the code was waiting for its end.
    Waiting,
    /// The history answers it: it is not executed again.
    Answered,
}

impl WalkedCommand {
    /// Whether the code waits for an end of it: of an activity, a timer, a child or another instance.
    pub fn has_end(&self) -> bool {
        matches!(
            self.request,
            Some(
                EventKind::TaskScheduled { .. }
                    | EventKind::TimerCreated { .. }
                    | EventKind::InstanceAwaited { .. }
                    | EventKind::ChildWorkflowInstanceCreated {
                        detached: false,
                        ..
                    }
            )
        )
    }

    /// How far it had come after an event.
    pub fn state_after(&self, event: EventId) -> CommandState {
        let by = |at: Option<EventId>| at.is_some_and(|at| at <= event);
        if event < self.issued {
            CommandState::NotIssued
        } else if !by(self.recorded) {
            CommandState::New
        } else if self.has_end() && !by(self.answer.map(|answer| answer.delivered)) {
            CommandState::Waiting
        } else {
            CommandState::Answered
        }
    }
}

impl Walk {
    /// The step of an event; `None` beyond the divergence.
    pub fn step(&self, event: EventId) -> Option<&WalkStep> {
        let place = self
            .steps
            .binary_search_by_key(&event, |step| step.event)
            .ok()?;
        self.steps.get(place)
    }

    /// What the code asks for, in order, if it starts again from the top with the history up to and
    /// including `event`.
    pub fn commands_after(
        &self,
        event: EventId,
    ) -> impl DoubleEndedIterator<Item = (&WalkedCommand, CommandState)> {
        let end = self
            .commands
            .partition_point(|command| command.issued <= event);
        let commands = self.commands.get(..end).unwrap_or_default().iter();
        commands.map(move |command| (command, command.state_after(event)))
    }

    /// The command that the code asks for at the divergence, if it asks for one.
    pub fn diverging_command(&self) -> Option<&WalkedCommand> {
        self.divergence.as_ref()?;
        let recorded = |command: &&WalkedCommand| command.recorded.is_none();
        self.commands.iter().find(recorded)
    }
}

/// Walks through the replay of a history with the registered code, under the default [`Limits`].
/// It ends at the first divergence, as [`replay`](super::replay) does. Code that does not return blocks
/// the caller.
///
/// ```
/// # use fermata::engine::*;
/// # fn example(registry: Registry, json: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let history = History::from_json(json)?;
/// let walk = walk(&registry, &history.instance, &history.events);
/// for step in &walk.steps {
///     println!("event {} woke the code {} times", step.event, step.wakes);
///     // If the process ended here, the code would start again from the top:
///     for (command, state) in walk.commands_after(step.event) {
///         match state {
///             CommandState::Answered => println!("  from history: {:?}", command.recorded),
///             CommandState::Waiting => println!("  recorded, without a result yet"),
///             _ => println!("  runs now: {:?}", command.request),
///         }
///     }
/// }
/// if let Some(divergence) = &walk.divergence {
///     println!("{divergence}");
/// }
/// # Ok(())
/// # }
/// ```
///
/// If the code is [remote](super::CodeLocation::Remote), it is not run: the history says what each turn asked for.
pub fn walk(registry: &Registry, instance: &InstanceId, history: &[Event]) -> Walk {
    if code_location(history) == CodeLocation::Remote {
        return walk_turns(history);
    }
    let mut walk = Walk::default();
    match Walker::new(registry, instance, history) {
        Ok(mut walker) => {
            while let Some(step) = walker.step(&mut walk.commands) {
                walk.steps.push(step);
            }
            walk.divergence = walker.divergence.map(Box::new);
        }
        Err(divergence) => walk.divergence = Some(divergence),
    }
    walk
}

/// What the code reported in a step of a walk.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotated {
    /// The event that was applied.
    pub event: EventId,
    /// The annotations, at least one.
    pub annotations: Vec<Payload>,
}

/// The annotations of a history, by the event after which the code made them: what subscribers received
/// when it was recorded. It ends at the first divergence. The code runs as the iterator advances.
pub fn annotations<'h>(
    registry: &Registry,
    instance: &InstanceId,
    history: &'h [Event],
) -> impl Iterator<Item = Annotated> + use<'h> {
    let mut walker = Walker::new(registry, instance, history).ok();
    std::iter::from_fn(move || {
        let walker = walker.as_mut()?;
        loop {
            let event = walker.apply_next()?.id;
            walker.run.take_trace();
            let annotations = walker.run.take_annotations();
            if !annotations.is_empty() {
                return Some(Annotated { event, annotations });
            }
        }
    })
}

/// A replay that is made step by step.
struct Walker<'h> {
    run: Run,
    history: &'h [Event],
    /// The number of events that were applied.
    applied: usize,
    /// The number of commands that were matched.
    matched: usize,
    /// The commands whose end is awaited.
    open: HashMap<OperationId, usize>,
    divergence: Option<Divergence>,
    /// The first event that cannot follow those before it.
    invalid: Option<Divergence>,
}

impl<'h> Walker<'h> {
    fn new(
        registry: &Registry,
        instance: &InstanceId,
        history: &'h [Event],
    ) -> Result<Self, Box<Divergence>> {
        let (name, version) = super::dry_run::workflow_of(history);
        let code = registry.code(name, version, code_location(history));
        let WorkflowCode::Local(workflow) = code else {
            return Err(Box::new(not_registered(instance, name, version)));
        };
        let identity = Identity {
            instance: instance.clone(),
            run: 1,
            limits: Limits::default(),
        };
        let mut run = Run::new(workflow, identity, None);
        run.trace();
        Ok(Self {
            run,
            history,
            applied: 0,
            matched: 0,
            open: HashMap::new(),
            divergence: None,
            invalid: first_invalid_event(instance, history),
        })
    }

    /// Applies the next event. `None` at the end of the history, and from the divergence on unless the
    /// code has run.
    fn apply_next(&mut self) -> Option<&'h Event> {
        if self.divergence.is_some() {
            return None;
        }
        let event = self.history.get(self.applied)?;
        self.divergence = self.invalid.take_if(|invalid| invalid.event <= event.id);
        if self.divergence.is_some() {
            return None;
        }
        self.applied += 1;
        let following = self.history.get(self.applied..).unwrap_or_default();
        let Err(divergence) = self.run.apply(event, following) else {
            return Some(event);
        };
        let at_event = divergence.event == event.id;
        self.divergence = Some(divergence);
        // A panic for example comes after the event.
        (!at_event).then_some(event)
    }

    fn step(&mut self, commands: &mut Vec<WalkedCommand>) -> Option<WalkStep> {
        let event = self.apply_next()?;
        let issued = commands.len();
        let mut step = WalkStep {
            event: event.id,
            wakes: 0,
            issued: issued..issued,
            records: None,
            annotations: self.run.take_annotations(),
        };
        if self.run.queued() + self.matched < commands.len() {
            step.records = Some(CommandNumber(self.matched));
            self.record(event, commands);
        }
        let trace = self.run.take_trace();
        step.wakes = trace.wakes;
        let known = commands.len() - self.matched;
        for queued in self.run.queued_after(known, event.id.next()) {
            if let Some(operation) = queued.opens {
                self.open.insert(operation, commands.len());
            }
            commands.push(WalkedCommand {
                issued: event.id,
                request: queued.request,
                recorded: None,
                answer: None,
            });
        }
        for (operation, by) in trace.resolved {
            let command = self.open.remove(&operation);
            let command = command.and_then(|command| commands.get_mut(command));
            answer(command, by, event.id);
        }
        step.issued.end = commands.len();
        Some(step)
    }

    /// An event records the oldest command that waits for one.
    fn record(&mut self, event: &Event, commands: &mut [WalkedCommand]) {
        if let Some(command) = commands.get_mut(self.matched) {
            command.request = Some(event.kind.clone());
            command.recorded = Some(event.id);
        }
        if let Some(opened) = cancels(&event.kind) {
            // Commands are recorded in their order.
            let recorded = commands.get_mut(..self.matched).unwrap_or_default();
            let place = recorded.binary_search_by_key(&Some(opened), |command| command.recorded);
            let canceled = place.ok().and_then(|place| recorded.get_mut(place));
            answer(canceled, event.id, event.id);
        }
        self.matched += 1;
    }
}

/// What a command began has ended, unless it had ended before.
fn answer(command: Option<&mut WalkedCommand>, event: EventId, delivered: EventId) {
    if let Some(command) = command {
        command.answer.get_or_insert(Answer { event, delivered });
    }
}

/// The event that opened what an event cancels.
fn cancels(kind: &EventKind) -> Option<EventId> {
    use EventKind as E;
    match kind {
        E::TaskCanceled { scheduled } => Some(*scheduled),
        E::TimerCanceled { timer } => Some(*timer),
        E::ChildWorkflowInstanceCanceled { created } => Some(*created),
        E::InstanceAwaitCanceled { awaited } => Some(*awaited),
        _ => None,
    }
}
