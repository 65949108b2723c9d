//! Tasks without an output of their own. The document alone decides which they are.
//!
//! A task that only makes music passes on the data that it is given. If a fork listed a copy of it for
//! each voice, the data of a loop would multiply in every iteration.

use super::{Fork, Task, TaskKind};

impl Fork {
    /// Whether all branches only make music. Then the output is the input.
    pub fn only_makes_music(&self) -> bool {
        self.branches.iter().all(Task::only_makes_music)
    }
}

impl Task {
    /// Whether it makes music and has no output of its own: whatever happens in it, its output is its
    /// input. In the list that a fork returns, it is `null`.
    pub fn only_makes_music(&self) -> bool {
        self.makes_music() && self.passes_data_on()
    }

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
            TaskKind::Fork(fork) => fork.only_makes_music(),
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
