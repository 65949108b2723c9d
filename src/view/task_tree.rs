//! How the tasks of a score contain each other, and which of them can run at the same time.
//!
//! Every place that can have a token of its own has a number: branches of a fork count on from those before
//! them, as many numbers as they may need themselves. So a branch keeps its number as long as the score
//! runs, and no two tokens that are there at the same time share one.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use super::score_facts::{LineRange, TaskFacts};

/// More branches than this at the same time share numbers.
const MAX_WIDTH: u32 = 10_000;
/// How deep functions call each other, at most, while their branches get numbers of their own.
const MAX_CALLS: usize = 4;

/// The tree of the tasks of a score; places are those in [`ScoreFacts::tasks`](super::ScoreFacts::tasks).
#[derive(Debug, Clone, Default)]
pub(super) struct TaskTree {
    by_pointer: HashMap<Arc<str>, usize>,
    nodes: Vec<TaskNode>,
}

/// A task in the tree.
#[derive(Debug, Clone)]
pub(super) struct TaskNode {
    /// The task that contains it.
    pub(super) container: Option<usize>,
    /// The function that it calls.
    pub(super) callee: Option<usize>,
    /// How it belongs to its container.
    part: Part,
    /// How many tokens can be in the branches before it.
    pub(super) shift: u32,
    /// How many tokens can be in it at the same time.
    width: u32,
    /// Its lines before those of the tasks that it contains.
    pub(super) own: LineRange,
}

/// How a task belongs to the one that contains it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    /// One after the other.
    #[default]
    Step,
    /// At the same time as others.
    Branch,
    /// It undoes its container later.
    Compensation,
}

impl TaskTree {
    pub(super) fn of(tasks: &[TaskFacts]) -> Self {
        let places = tasks.iter().enumerate();
        let by_pointer: HashMap<_, _> = places
            .map(|(place, task)| (Arc::clone(&task.pointer), place))
            .collect();
        let nodes = tasks.iter().map(|task| {
            let container = container_of(&task.pointer, &by_pointer);
            let within = container.and_then(|place| tasks.get(place));
            TaskNode {
                container,
                callee: task.calls.as_ref().and_then(|f| by_pointer.get(f).copied()),
                part: within.map_or(Part::Step, |within| Part::of(task, within)),
                shift: 0,
                width: 1,
                own: task.lines,
            }
        });
        let mut tree = Self {
            nodes: nodes.collect(),
            by_pointer,
        };
        tree.measure();
        tree.find_own_lines(tasks);
        tree
    }

    /// The place of a task.
    pub(super) fn index_of(&self, pointer: &str) -> Option<usize> {
        self.by_pointer.get(pointer).copied()
    }

    pub(super) fn node(&self, place: usize) -> Option<&TaskNode> {
        self.nodes.get(place)
    }

    /// Whether a task is a branch of a fork.
    pub(super) fn is_branch(&self, place: usize) -> bool {
        self.node(place)
            .is_some_and(|node| node.part == Part::Branch)
    }

    /// The most tokens that there can be at the same time.
    pub(super) fn width(&self) -> u32 {
        let outer = self.nodes.iter().filter(|node| node.container.is_none());
        outer.map(|node| node.width).max().unwrap_or(1)
    }

    /// The number of a place in the branches that contain it, without those of the tasks that call it.
    pub(super) fn number_within(&self, place: usize) -> u32 {
        let mut number = 0u32;
        let mut next = Some(place);
        while let Some(node) = next.and_then(|place| self.node(place)) {
            number = number.saturating_add(node.shift);
            next = node.container;
        }
        number
    }

    /// Counts the tokens that can be in each task at the same time. A called function may be defined later.
    fn measure(&mut self) {
        for _ in 0..MAX_CALLS {
            let mut inner = vec![(1u32, 0u32); self.nodes.len()];
            let mut widths = vec![1; self.nodes.len()];
            for (place, node) in self.nodes.iter().enumerate().rev() {
                let callee = node.callee.and_then(|callee| self.nodes.get(callee));
                let (steps, branches) = inner.get(place).copied().unwrap_or_default();
                let called = callee.map_or(1, |callee| callee.width);
                let width = steps.max(branches).max(called).min(MAX_WIDTH);
                if let Some(known) = widths.get_mut(place) {
                    *known = width;
                }
                let container = node.container.and_then(|place| inner.get_mut(place));
                if let Some((steps, branches)) = container {
                    match node.part {
                        Part::Branch => *branches = branches.saturating_add(width),
                        Part::Step | Part::Compensation => *steps = (*steps).max(width),
                    }
                }
            }
            for (node, width) in self.nodes.iter_mut().zip(widths) {
                node.width = width;
            }
            if self.nodes.iter().all(|node| node.callee.is_none()) {
                break;
            }
        }
        let mut before = vec![0u32; self.nodes.len()];
        for node in &mut self.nodes {
            let taken = node.container.and_then(|place| before.get_mut(place));
            if let Some(taken) = taken.filter(|_| node.part == Part::Branch) {
                node.shift = *taken;
                *taken = taken.saturating_add(node.width);
            }
        }
    }

    fn find_own_lines(&mut self, tasks: &[TaskFacts]) {
        for (place, task) in tasks.iter().enumerate() {
            let node = self.nodes.get(place);
            let inside = node.filter(|node| node.part != Part::Compensation);
            let Some(container) = inside.and_then(|node| node.container) else {
                continue;
            };
            if let Some(container) = self.nodes.get_mut(container) {
                let own = &mut container.own;
                own.last = own.last.min(task.lines.first.saturating_sub(1));
                own.last = own.last.max(own.first);
            }
        }
    }
}

impl Part {
    fn of(task: &TaskFacts, container: &TaskFacts) -> Self {
        let inside = task.pointer.strip_prefix(&*container.pointer);
        match inside.unwrap_or_default() {
            inside if inside.starts_with("/fork/") => Self::Branch,
            inside if inside.starts_with("/metadata/") => Self::Compensation,
            _ => Self::Step,
        }
    }
}

fn container_of(pointer: &str, known: &HashMap<Arc<str>, usize>) -> Option<usize> {
    let mut outer = pointer;
    while let Some(cut) = outer.rfind('/') {
        outer = outer.get(..cut)?;
        if let Some(place) = known.get(outer) {
            return Some(*place);
        }
    }
    None
}

/// The tree of a score, made when it is first needed. It follows from the tasks, so two of them never
/// differ.
#[derive(Debug, Clone, Default)]
pub struct KnownTree(OnceLock<Arc<TaskTree>>);

impl KnownTree {
    pub(super) fn of(&self, tasks: &[TaskFacts]) -> &TaskTree {
        self.0.get_or_init(|| Arc::new(TaskTree::of(tasks)))
    }
}

impl PartialEq for KnownTree {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for KnownTree {}
