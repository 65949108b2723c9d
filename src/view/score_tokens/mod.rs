//! The tasks of a score as a token game: where it runs, in which branch, and how often it has run what.
//!
//! Tokens are the innermost tasks that run. While something happens, the tasks report it; of the past, and
//! of a history that was opened, the replay of the run knows it. The last events may be too new for the
//! replay: their reports follow on what it knows.

#[cfg(test)]
mod tests;

use super::{
    event_table::EventPlace,
    highlight::Links,
    lane::LaneModel,
    lane_history::{EventCount, TaskStep},
    score_facts::{LineRange, ScoreFacts},
    task_tree::TaskTree,
};
use crate::{engine::EventId, score::TaskEvent};

/// The number of a branch, from 0. Two tokens that are there at the same time have different ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct BranchNumber(pub u32);

/// A task that runs, and runs none of the tasks that it contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoreToken {
    /// Its place in [`ScoreFacts::tasks`]; `None`: only its lines are known.
    pub task: Option<usize>,
    /// Its branch.
    pub branch: BranchNumber,
    /// The lines that run: those of the task, without those of tasks in it.
    pub lines: LineRange,
}

/// The tokens of a score at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScoreTokens {
    /// The tokens, by their branches.
    pub tokens: Vec<ScoreToken>,
    /// How many branches the score has at the same time, at most.
    pub branches: u32,
    /// How often each task has run to its end in this run.
    pub(super) finished: Vec<usize>,
}

impl ScoreTokens {
    /// How often a task has run to its end in this run: its place in [`ScoreFacts::tasks`].
    pub fn finished(&self, task: usize) -> usize {
        self.finished.get(task).copied().unwrap_or_default()
    }

    /// The tokens on a line.
    pub fn on(&self, line: usize) -> impl Iterator<Item = &ScoreToken> {
        let tokens = self.tokens.iter();
        tokens.filter(move |token| token.lines.contains(line))
    }

    /// The token of a branch, or else the first one.
    pub fn of(&self, branch: Option<BranchNumber>) -> Option<&ScoreToken> {
        let mut tokens = self.tokens.iter();
        let chosen = branch.and_then(|branch| tokens.find(|token| token.branch == branch));
        chosen.or(self.tokens.first())
    }

    /// The name of a token for screen readers.
    pub fn name(&self, token: &ScoreToken, facts: Option<&ScoreFacts>) -> String {
        let number = match self.branches {
            0 | 1 => "the token".to_owned(),
            _ => format!("token {}", token.branch.on_token()),
        };
        let tasks = facts.map_or(&[][..], |facts| &facts.tasks);
        let task = token.task.and_then(|place| tasks.get(place));
        let task = task.map(|task| format!(" at {}", task.name));
        let task = task.unwrap_or_default();
        format!("{number}{task}, line {}", token.lines.first)
    }

    /// The branch of the token after that of a branch, around.
    pub fn next_branch(&self, branch: Option<BranchNumber>) -> Option<BranchNumber> {
        let now = self.of(branch)?;
        let mut later = self.tokens.iter().filter(|t| t.branch > now.branch);
        let next = later.next().or(self.tokens.first())?;
        Some(next.branch)
    }

    /// Tokens of which only the lines are known.
    fn of_lines(lines: Option<LineRange>) -> Self {
        let token = lines.map(|lines| ScoreToken {
            task: None,
            branch: BranchNumber(0),
            lines,
        });
        Self {
            tokens: token.into_iter().collect(),
            branches: 1,
            finished: Vec::new(),
        }
    }

    /// Puts a token on each of the innermost running tasks, which are in the order in which they began.
    pub(super) fn place(&mut self, running: &[usize], tree: &TaskTree) {
        self.branches = tree.width();
        let found = innermost(running, tree).into_iter();
        let found = found.filter_map(|(task, number)| {
            Some(ScoreToken {
                task: Some(task),
                branch: BranchNumber(number),
                lines: tree.node(task)?.own,
            })
        });
        let mut found: Vec<_> = found.collect();
        found.sort_by_key(|token| (token.branch, token.lines.first));
        self.tokens = found;
    }
}

/// The innermost of the running tasks, in the order in which they began, each with the number of its branch.
fn innermost(running: &[usize], tree: &TaskTree) -> Vec<(usize, u32)> {
    let mut numbers: Vec<u32> = Vec::with_capacity(running.len());
    let mut has_inner = vec![false; running.len()];
    for (order, task) in running.iter().enumerate() {
        let node = tree.node(*task);
        let shift = node.map_or(0, |node| node.shift);
        let container = node.and_then(|node| node.container);
        let is_outer = |other: &usize| match container {
            Some(container) => *other == container,
            None => tree.node(*other).and_then(|n| n.callee) == Some(*task),
        };
        let earlier = running.iter().enumerate().take(order).rev();
        let mut outer = earlier.filter(|(_, other)| is_outer(other));
        // A function that is called twice at the same time: each call has one body.
        let free = |place: &usize| !has_inner.get(*place).copied().unwrap_or_default();
        let latest = outer.next().map(|(place, _)| place);
        let free = match tree.is_branch(*task) {
            true => latest,
            false => latest
                .filter(free)
                .or_else(|| outer.map(|(place, _)| place).find(free)),
        };
        let outer = free.or(latest);
        numbers.push(match outer.and_then(|place| numbers.get(place)) {
            Some(number) => number.saturating_add(shift),
            None => tree.number_within(*task),
        });
        if let Some(has_inner) = outer.and_then(|place| has_inner.get_mut(place)) {
            *has_inner = true;
        }
    }
    let all = running.iter().zip(numbers).zip(has_inner);
    let leaves = all.filter(|(_, has_inner)| !has_inner);
    leaves.map(|((task, number), _)| (*task, number)).collect()
}

impl Links<'_> {
    /// The tokens of the score. `shown` is the lane at the moment that is shown.
    pub fn tokens(&self, shown: &LaneModel) -> ScoreTokens {
        let Some(facts) = self.facts else {
            return ScoreTokens::default();
        };
        let known = self.replayed.zip(self.replayed_until());
        let history = &self.live.history;
        let from = match known {
            Some((_, until)) => EventCount(self.start.0 + 1 + until.0 as usize),
            None => EventCount(self.start.0),
        };
        let mut steps = history.task_steps(from, self.count).peekable();
        if known.is_none() && steps.peek().is_none() {
            return ScoreTokens::of_lines(shown.progress);
        }
        let mut tokens = ScoreTokens {
            finished: vec![0; facts.tasks.len()],
            ..ScoreTokens::default()
        };
        let mut running = Vec::new();
        if let Some((replayed, at)) = known {
            let index = |pointer: &str| facts.tree().index_of(pointer);
            for (task, count) in replayed.tasks.finished_after(at) {
                let finished = index(&task.pointer).and_then(|task| tokens.finished.get_mut(task));
                if let Some(finished) = finished {
                    *finished = count;
                }
            }
            let tasks = replayed.tasks.running_after(at).into_iter();
            running.extend(tasks.filter_map(|task| index(&task.pointer)));
        }
        for step in steps {
            apply(step, &mut running, &mut tokens.finished);
        }
        if shown.status.is_closed() {
            running.clear();
        }
        tokens.place(&running, facts.tree());
        tokens
    }

    /// The last event of what is shown that the replay of the run knows.
    fn replayed_until(&self) -> Option<EventId> {
        let last = EventPlace(self.count.0.checked_sub(1)?);
        let shown = self.live.history.number_of(last)?;
        let known = self.replayed?.through;
        // A score that does not perform has no tasks.
        let has_tasks = !self.replayed?.tasks.tasks().is_empty();
        has_tasks.then(|| shown.min(known))
    }
}

fn apply(step: TaskStep, running: &mut Vec<usize>, finished: &mut [usize]) {
    let task = step.task as usize;
    follow(task, step.happened, running);
    if step.happened.is_run_to_the_end()
        && let Some(finished) = finished.get_mut(task)
    {
        *finished += 1;
    }
}

/// What happens to a task changes which ones run.
pub(super) fn follow(task: usize, happened: TaskEvent, running: &mut Vec<usize>) {
    match happened {
        TaskEvent::Started => running.push(task),
        TaskEvent::Resumed if !running.contains(&task) => running.push(task),
        happened if happened.is_end() => {
            if let Some(place) = running.iter().rposition(|running| *running == task) {
                running.remove(place);
            }
        }
        _ => {}
    }
}
