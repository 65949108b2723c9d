//! Which tasks pass on the data that they are given. The document alone decides it.
//!
//! Tasks that only make music have no output of their own. Neither has a fork of such tasks: a list with
//! a copy of the data for each branch would multiply the data of a loop in every iteration.

use super::{Fork, Task, TaskKind};

impl Fork {
    /// Whether its output is its input: all branches pass on their data, and one of them makes music.
    pub fn passes_data_on(&self) -> bool {
        self.branches.iter().all(Task::passes_data_on)
            && self.branches.iter().any(Task::makes_music)
    }
}

impl Task {
    /// Whether its output is its input, whatever happens in it.
    fn passes_data_on(&self) -> bool {
        let all = |tasks: &[Self]| tasks.iter().all(Self::passes_data_on);
        let passes = match &self.kind {
            TaskKind::Play(_)
            | TaskKind::Rest(_)
            | TaskKind::Control(_)
            | TaskKind::Tempo(_)
            | TaskKind::Wait(_)
            | TaskKind::Switch(_)
            | TaskKind::Raise(_) => true,
            TaskKind::Do(tasks) => all(tasks),
            TaskKind::For(each) => all(&each.tasks),
            TaskKind::Fork(fork) => fork.passes_data_on(),
            TaskKind::Try(tried) => {
                all(&tried.tasks) && all(tried.catch.tasks.as_deref().unwrap_or_default())
            }
            TaskKind::Http(_)
            | TaskKind::Set(_)
            | TaskKind::Emit(_)
            | TaskKind::Listen(_)
            | TaskKind::Function(_)
            | TaskKind::Run(_) => false,
        };
        passes && self.input.is_none() && self.output.is_none()
    }

    /// Whether it or a task in it makes music.
    fn makes_music(&self) -> bool {
        let any = |tasks: &[Self]| tasks.iter().any(Self::makes_music);
        match &self.kind {
            TaskKind::Do(tasks) => any(tasks),
            TaskKind::For(each) => any(&each.tasks),
            TaskKind::Fork(fork) => any(&fork.branches),
            TaskKind::Try(tried) => any(&tried.tasks),
            kind => kind.is_musical(),
        }
    }
}

impl TaskKind {
    /// Whether it makes music itself.
    pub fn is_musical(&self) -> bool {
        matches!(
            self,
            Self::Play(_) | Self::Rest(_) | Self::Control(_) | Self::Tempo(_)
        )
    }
}
