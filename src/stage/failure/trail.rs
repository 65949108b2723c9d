//! The kinds of the last actions and commands.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use crate::view::{Action, Command};

/// How many are kept.
const LENGTH: usize = 32;

/// The kinds of the last actions and commands. Its clones are the same trail: it outlives the stage.
#[derive(Debug, Clone, Default)]
pub(in crate::stage) struct Trail(Rc<RefCell<VecDeque<String>>>);

impl Trail {
    /// Adds an action of the user.
    pub(in crate::stage) fn action(&self, action: &Action) {
        self.push(format!("action {}", action.kind()));
    }

    /// Adds a command that is sent.
    pub(in crate::stage) fn command(&self, command: &Command) {
        self.push(format!("command {}", command.kind()));
    }

    fn push(&self, kind: String) {
        tracing::debug!("{kind}");
        let mut kinds = self.0.borrow_mut();
        if kinds.len() == LENGTH {
            kinds.pop_front();
        }
        kinds.push_back(kind);
    }

    /// All of them, the latest last.
    pub(in crate::stage) fn kinds(&self) -> Vec<String> {
        self.0.borrow().iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_actions_and_commands_are_kept() {
        let trail = Trail::default();
        for number in 0..LENGTH {
            trail.action(&Action::Lane(u8::try_from(number).unwrap()));
        }
        trail.command(&Command::Show(None));
        let kinds = trail.kinds();
        assert_eq!(kinds.len(), LENGTH);
        assert_eq!(kinds.last().unwrap(), "command Show");
    }
}
