//! Facts about the score that an instance performs.

use std::sync::Arc;

use super::task_tree::{KnownTree, TaskTree};
use crate::{
    engine::Payload,
    score::{AwaitedEvent, Color, Document, Filter, TaskKind, listening::HeardBy},
};

/// Title, text, tasks and instruments of a score, and the input that it was started with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScoreFacts {
    /// Its title.
    pub title: String,
    /// Its text, as written.
    pub source: Arc<str>,
    /// Its tasks, each after the one that contains it.
    pub tasks: Arc<[TaskFacts]>,
    /// The input of the workflow; `None`: not known.
    pub input: Option<Payload>,
    /// Its instruments, the lane's own first.
    pub instruments: Vec<InstrumentFacts>,
    /// Whether it starts again after its end.
    pub loops: bool,
    /// By which listening score its events sound.
    pub heard_by: HeardBy,
    /// The events that it listens to.
    pub events: Arc<[AwaitedEvent]>,
    /// How its tasks contain each other.
    pub tree: KnownTree,
}

impl ScoreFacts {
    /// The instruments with colors that were chosen. A score with one instrument, in the first color of
    /// all, has none: its lane has a color of its own, so that such lanes can be told apart.
    pub(super) fn colored(&self) -> &[InstrumentFacts] {
        let Color { red, green, blue } = Color::nth(0);
        match self.instruments.as_slice() {
            [only] if only.color == [red, green, blue] => &[],
            instruments => instruments,
        }
    }
}

/// A task of a score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskFacts {
    /// A JSON pointer into the document.
    pub pointer: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Its lines.
    pub lines: LineRange,
    /// The function of the score that it calls: a JSON pointer.
    pub calls: Option<Arc<str>>,
    /// The types of the events that it listens to.
    pub listens: Arc<[Arc<str>]>,
    /// What the audience reads while it runs: its own sentence, or that of a task that contains it.
    pub caption: Option<Arc<str>>,
}

impl TaskFacts {
    /// Whether it is the task with this pointer, or in it.
    pub fn is_in(&self, pointer: &str) -> bool {
        is_in(&self.pointer, pointer)
    }

    /// The tasks of a document, each after the one that contains it.
    pub fn of(document: &Document) -> Arc<[Self]> {
        let mut tasks: Vec<Self> = Vec::new();
        document.each_task(&mut |task| {
            let around = || {
                let mut containing = tasks.iter().rev();
                let containing = containing.find(|outer| is_in(&task.pointer, &outer.pointer));
                containing.and_then(|outer| outer.caption.clone())
            };
            let caption = task.caption.as_deref().map(Arc::from).or_else(around);
            tasks.push(Self {
                pointer: task.pointer.as_str().into(),
                name: task.name.as_str().into(),
                lines: LineRange {
                    first: *task.lines.start(),
                    last: *task.lines.end(),
                },
                calls: match &task.kind {
                    TaskKind::Function(call) => Some(call.function.pointer.as_str().into()),
                    _ => None,
                },
                listens: match &task.kind {
                    TaskKind::Listen(listen) => {
                        let types = listen.to.filters().iter().filter_map(Filter::kind);
                        types.map(Arc::from).collect()
                    }
                    _ => Arc::default(),
                },
                caption,
            });
        });
        tasks.into()
    }
}

fn is_in(pointer: &str, outer: &str) -> bool {
    let rest = pointer.strip_prefix(outer);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl ScoreFacts {
    /// How its tasks contain each other.
    pub(super) fn tree(&self) -> &TaskTree {
        self.tree.of(&self.tasks)
    }

    /// A task, by its pointer.
    pub fn task(&self, pointer: &str) -> Option<&TaskFacts> {
        self.tasks.iter().find(|task| *task.pointer == *pointer)
    }

    /// The task with this name, if only one has it.
    pub fn task_named(&self, name: &str) -> Option<&TaskFacts> {
        let mut named = self.tasks.iter().filter(|task| *task.name == *name);
        let first = named.next()?;
        named.next().is_none().then_some(first)
    }

    /// The innermost task of a line. `None`: no task is there, or several that do not contain each other,
    /// as in a text without line breaks.
    pub fn task_at(&self, line: usize) -> Option<&TaskFacts> {
        self.tasks.get(self.place_at(line)?)
    }

    /// The place of the innermost task of a line in [`Self::tasks`].
    pub fn place_at(&self, line: usize) -> Option<usize> {
        let tasks = self.tasks.iter().enumerate();
        let mut tasks = tasks.filter(|(_, task)| task.lines.contains(line));
        let (place, innermost) = tasks.clone().next_back()?;
        tasks
            .all(|(_, task)| innermost.is_in(&task.pointer))
            .then_some(place)
    }
}

/// Name and color of an instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstrumentFacts {
    /// Its name in the score.
    pub name: String,
    /// Its color, as red, green and blue.
    pub color: [u8; 3],
}

/// A change of a score's file since the instance started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// It was saved and is valid.
    Saved,
    /// It was saved and is not valid.
    Invalid {
        /// Its text.
        source: Arc<str>,
        /// The first line with an error, counted from 1.
        line: usize,
        /// The error, as a sentence.
        message: Arc<str>,
    },
}

/// Lines of a score's text, counted from 1, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineRange {
    /// The first line.
    pub first: usize,
    /// The last line.
    pub last: usize,
}

impl LineRange {
    /// Whether a line is one of them.
    pub fn contains(&self, line: usize) -> bool {
        (self.first..=self.last).contains(&line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> ScoreFacts {
        let task = |pointer: &str, first, last| TaskFacts {
            pointer: pointer.into(),
            name: pointer.rsplit('/').next().unwrap_or_default().into(),
            lines: LineRange { first, last },
            calls: None,
            listens: Arc::default(),
            caption: None,
        };
        let tasks = [
            task("/do/0/verse", 2, 6),
            task("/do/0/verse/do/0/hit", 4, 4),
            task("/do/0/verse/do/1/rest", 5, 6),
            task("/do/1/a", 7, 7),
            task("/do/2/b", 7, 7),
            task("/do/3/rest", 8, 8),
        ];
        ScoreFacts {
            tasks: tasks.into(),
            ..ScoreFacts::default()
        }
    }

    #[test]
    fn a_line_belongs_to_the_innermost_task_or_to_none_if_several_share_it() {
        let facts = facts();
        let at = |line| facts.task_at(line).map(|task| &*task.name);
        assert_eq!(at(1), None);
        assert_eq!(at(3), Some("verse"));
        assert_eq!(at(4), Some("hit"));
        assert_eq!(at(6), Some("rest"));
        assert_eq!(at(7), None);
    }

    #[test]
    fn a_name_tells_the_task_only_if_no_other_has_it() {
        let facts = facts();
        assert_eq!(
            &*facts.task_named("hit").unwrap().pointer,
            "/do/0/verse/do/0/hit"
        );
        assert_eq!(facts.task_named("rest"), None);
    }
}
