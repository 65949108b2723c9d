//! The lineage of a fork, and ids derived from it.

use super::{
    identity::{Branch, Identity},
    state::State,
};
use crate::engine::{
    EventId, Fork, InstanceId,
    command::{ChildId, Command, NewChild, OperationId},
};

impl State {
    /// Records the lineage of a fork, the nearest source first: each applies up to its fork.
    pub fn forked_from(&mut self, mut fork: Option<&Fork>) {
        while let Some(taken) = fork {
            let source = Identity {
                instance: taken.instance.clone(),
                run: taken.run,
                limits: self.identity.limits,
            };
            let owner = std::mem::replace(&mut self.identity, source);
            self.forked.push(Branch {
                from: taken.from,
                owner,
                seed: taken.seed,
            });
            fork = taken.source.as_deref();
        }
    }

    /// Called before an event is applied.
    pub fn reach(&mut self, event: EventId) {
        self.length = event.0 + 1;
        let left = self.forked.iter().position(|fork| event >= fork.from);
        if let Some(fork) = left.and_then(|left| self.forked.drain(left..).next()) {
            self.identity = fork.owner;
            self.random = fork.seed.unwrap_or(self.random);
        }
    }

    /// The identity to which the event of the next command belongs.
    pub(super) fn owner_of_next(&self) -> &Identity {
        let next = EventId(self.length + self.commands.len() as u64);
        let fork = self.forked.iter().find(|fork| next >= fork.from);
        fork.map_or(&self.identity, |fork| &fork.owner)
    }

    /// The number of the next child, from which its default id is made.
    pub fn next_child_id(&mut self) -> ChildId {
        self.children += 1;
        ChildId::Numbered(self.children)
    }

    /// Adds the command that creates a child; returns the child's id.
    pub fn create_child(&mut self, operation: OperationId, child: Box<NewChild>) -> InstanceId {
        let parent = self.owner_of_next();
        let id = match (&child.id, parent.run) {
            (ChildId::Given(id), _) => id.clone(),
            (ChildId::Numbered(n), 1) => parent.instance.with_suffix(&format!("/{n}")),
            (ChildId::Numbered(n), run) => parent.instance.with_suffix(&format!("/{run}.{n}")),
        };
        let command = Command::CreateChild(operation, id.clone(), child);
        self.commands.push_back(command);
        self.last_child = Some(id.clone());
        id
    }

    /// Takes the id of the child that was created last.
    pub fn take_last_child(&mut self) -> Option<InstanceId> {
        self.last_child.take()
    }
}
