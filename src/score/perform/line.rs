//! Lines of tasks, and the point at which the next run of the instance can continue all of them.
//!
//! The workflow itself is a line of tasks, and so is each branch of a `fork`. A line records what is in
//! progress in it as [frames](Frame).
//!
//! Once the history is long, a [`Checkpoint`] chooses a bar line ahead. A line stops before its first
//! note from that bar line on. As soon as every line has stopped, rests or waits, the next run can do
//! again what is open without any effect that a listener or a service would notice twice, and the score
//! continues as new. The notes from the bar line on are scheduled as early as they would be otherwise. If
//! one line does not come to a stop in time, because it waits for a service or another score, all of them
//! continue and a later bar line is chosen.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    fmt,
    future::poll_fn,
    rc::Rc,
    sync::Arc,
    task::{Poll, Waker},
};

use serde_json::Value;

use super::position::{Branch, Frame, LinePosition};
use crate::{
    music::{Beat, Beats},
    score::events::Listener,
};

/// Another attempt is made when the history has grown by this part of its length. Part of the
/// interpreter's deterministic behavior: histories record when a score continued as new.
const GROWTH_BETWEEN_ATTEMPTS: u64 = 20;

/// What a line is doing.
pub(super) enum Doing {
    /// It runs code.
    Running,
    /// It plays something at this beat.
    Playing(Beat),
    /// It does something that must not be done twice.
    Busy,
    /// It waits for something that the next run can wait for again.
    Waiting,
    /// It has stopped at the bar line.
    Stopped,
}

/// A line of tasks.
pub(super) struct Line {
    number: u64,
    doing: RefCell<Doing>,
    /// What is in progress, outermost first.
    frames: RefCell<Vec<Frame>>,
    /// What was in progress in the run before and has not been resumed yet.
    resumed: RefCell<VecDeque<Frame>>,
    /// The branches of the `fork` that is in progress.
    branches: RefCell<Vec<BranchLine>>,
    /// The `listen` tasks that are in progress.
    listeners: RefCell<Vec<Rc<RefCell<Listener>>>>,
}

/// A branch of a `fork`.
#[derive(Clone)]
pub(super) enum BranchLine {
    Open(Rc<Line>),
    Done(Branch),
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Line").field(&self.number).finish()
    }
}

impl Line {
    /// A line without tasks in progress.
    pub fn new(number: u64) -> Rc<Self> {
        Self::resumed(LinePosition {
            number,
            frames: Vec::new(),
        })
    }

    /// A line that continues from a position.
    pub fn resumed(position: LinePosition) -> Rc<Self> {
        Rc::new(Self {
            number: position.number,
            doing: RefCell::new(Doing::Running),
            frames: RefCell::default(),
            resumed: RefCell::new(position.frames.into()),
            branches: RefCell::default(),
            listeners: RefCell::default(),
        })
    }

    /// Its number among the lines of the instance.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Takes the next frame of the run before, if it is of the kind that `read` accepts.
    pub fn take_resumed<T>(&self, read: impl FnOnce(&Frame) -> Option<T>) -> Option<T> {
        let mut resumed = self.resumed.borrow_mut();
        let taken = read(resumed.front()?);
        match taken {
            Some(_) => {
                resumed.pop_front();
            }
            // The text is not the recorded one: what was in progress inside starts again.
            None => resumed.clear(),
        }
        taken
    }

    /// Records that something is in progress, until the guard is dropped.
    pub fn enter(self: &Rc<Self>, frame: Frame) -> InProgress {
        let mut frames = self.frames.borrow_mut();
        frames.push(frame);
        InProgress {
            line: Rc::clone(self),
            depth: frames.len() - 1,
        }
    }

    /// Records the branches of a `fork`, until the guard is dropped.
    pub fn fork(self: &Rc<Self>, branches: Vec<BranchLine>) -> Forked {
        self.branches.replace(branches);
        Forked(Rc::clone(self))
    }

    /// A branch has ended.
    pub fn branch_done(&self, index: usize, branch: Branch) {
        if let Some(place) = self.branches.borrow_mut().get_mut(index) {
            *place = BranchLine::Done(branch);
        }
    }

    /// Records a `listen`, until the guard is dropped.
    pub fn listen(self: &Rc<Self>, listener: &Rc<RefCell<Listener>>) -> Listening {
        self.listeners.borrow_mut().push(Rc::clone(listener));
        Listening(Rc::clone(self))
    }

    /// Records what it is doing, until the guard is dropped.
    pub fn doing(self: &Rc<Self>, doing: Doing) -> Occupied {
        self.doing.replace(doing);
        Occupied(Rc::clone(self))
    }

    /// Its position. `context`: the present `$context`.
    pub fn position(&self, context: &Arc<Value>) -> LinePosition {
        let frames = self.frames.borrow();
        let mut frames: Vec<_> = frames.iter().map(|frame| frame.stored(context)).collect();
        let branches = self.branches.borrow();
        if !branches.is_empty() {
            let branches = branches.iter().map(|branch| match branch {
                BranchLine::Open(line) => Branch::Open(line.position(context)),
                BranchLine::Done(done) => done.clone(),
            });
            frames.push(Frame::Fork {
                branches: branches.collect(),
            });
        }
        LinePosition {
            number: self.number,
            frames,
        }
    }

    /// Whether the next run can continue it and its branches from here. `distant`: from this beat on, what
    /// is to be played is so far ahead that the next run can schedule it again.
    fn can_continue(&self, distant: Beat) -> bool {
        // An event that was selected and not read yet would be lost.
        let mut listeners = self.listeners.borrow().clone().into_iter();
        if listeners.any(|listener| listener.borrow().has_unread()) {
            return false;
        }
        let branches = self.branches.borrow();
        if branches.is_empty() {
            return match *self.doing.borrow() {
                Doing::Waiting | Doing::Stopped => true,
                Doing::Playing(at) => at >= distant,
                Doing::Running | Doing::Busy => false,
            };
        }
        branches.iter().all(|branch| match branch {
            BranchLine::Open(line) => line.can_continue(distant),
            BranchLine::Done(_) => true,
        })
    }

    /// The latest beat at which it or one of its branches plays, before `distant`.
    fn latest_beat(&self, distant: Beat) -> Option<Beat> {
        let own = match *self.doing.borrow() {
            Doing::Playing(at) if at < distant => Some(at),
            _ => None,
        };
        let branches = self.branches.borrow();
        let branches = branches.iter().filter_map(|branch| match branch {
            BranchLine::Open(line) => line.latest_beat(distant),
            BranchLine::Done(_) => None,
        });
        own.into_iter().chain(branches).max()
    }
}

/// Something in progress in a line. Dropping it ends it.
pub(super) struct InProgress {
    line: Rc<Line>,
    depth: usize,
}

impl InProgress {
    /// Records its progress.
    pub fn update(&self, update: impl FnOnce(&mut Frame)) {
        if let Some(frame) = self.line.frames.borrow_mut().get_mut(self.depth) {
            update(frame);
        }
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        self.line.frames.borrow_mut().truncate(self.depth);
    }
}

/// A line that is doing something. After the drop it runs code.
pub(super) struct Occupied(Rc<Line>);

impl Drop for Occupied {
    fn drop(&mut self) {
        self.0.doing.replace(Doing::Running);
    }
}

/// A line whose branches are in progress. After the drop it continues by itself.
pub(super) struct Forked(Rc<Line>);

impl Drop for Forked {
    fn drop(&mut self) {
        self.0.branches.take();
    }
}

/// A `listen` in progress in a line.
pub(super) struct Listening(Rc<Line>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.listeners.borrow_mut().pop();
    }
}

/// The point at which the score continues as new.
#[derive(Default)]
pub(super) struct Checkpoint {
    /// The chosen bar line, and the one after it.
    bar: Cell<Option<(Beat, Beat)>>,
    /// No bar line is chosen while the history is shorter than this.
    not_before: Cell<u64>,
    /// All lines have stopped.
    is_reached: Cell<bool>,
    /// How often the lines were examined.
    examined: Cell<u64>,
    /// Lines that have stopped and not been examined since.
    unexamined: RefCell<Vec<Waker>>,
    /// Lines that wait for the others to stop.
    stopped: RefCell<Vec<Waker>>,
}

/// The result of examining the lines.
pub(super) enum Examined {
    /// Nothing has changed.
    Unchanged,
    /// Lines have been woken.
    Woken,
    /// All lines have stopped.
    AllStopped,
}

impl Checkpoint {
    /// Chooses the next bar line that no line has reached, `at` included.
    pub fn choose(&self, root: &Line, at: Beat, bar: Beats, history: u64) {
        if self.bar.get().is_some() || history < self.not_before.get() {
            return;
        }
        let playing = root.latest_beat(at + bar + bar);
        let latest = playing.map_or(at, |playing| playing.max(at));
        let next = Beat(bar * Beats::whole((latest.0 / bar).floor() + 1));
        self.bar.set(Some((next, next + bar)));
    }

    /// Whether a line stops before it plays at this beat.
    pub fn stops(&self, at: Beat) -> bool {
        self.bar.get().is_some_and(|(bar, _)| at >= bar)
    }

    /// Examines the lines, once none of them can run any further.
    pub fn examine(&self, root: &Line) -> Examined {
        let Some((_, distant)) = self.bar.get() else {
            return Examined::Unchanged;
        };
        if root.can_continue(distant) {
            return Examined::AllStopped;
        }
        self.examined.set(self.examined.get() + 1);
        let woken = self.unexamined.take();
        if woken.is_empty() {
            return Examined::Unchanged;
        }
        woken.into_iter().for_each(Waker::wake);
        Examined::Woken
    }

    /// All lines have stopped for the next run.
    pub fn reach(&self) {
        self.is_reached.set(true);
    }

    /// The lines continue in this run.
    pub fn abandon(&self, history: u64) {
        let growth = history / GROWTH_BETWEEN_ATTEMPTS;
        self.not_before.set(history + growth.max(1));
        self.bar.set(None);
        self.examined.set(self.examined.get() + 1);
        let waiting = self.unexamined.take().into_iter();
        waiting.chain(self.stopped.take()).for_each(Waker::wake);
    }

    /// Whether all lines have stopped for the next run.
    pub fn is_reached(&self) -> bool {
        self.is_reached.get()
    }

    /// Waits until the lines have been examined once. A line that stops last does not return.
    pub async fn examined(&self) {
        let before = self.examined.get();
        wait_until(|| self.examined.get() > before, &self.unexamined).await;
    }

    /// Waits until the lines continue in this run.
    pub async fn abandoned(&self) {
        wait_until(|| self.bar.get().is_none(), &self.stopped).await;
    }
}

async fn wait_until(holds: impl Fn() -> bool, wakers: &RefCell<Vec<Waker>>) {
    poll_fn(|cx| {
        if holds() {
            return Poll::Ready(());
        }
        let mut wakers = wakers.borrow_mut();
        if !wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
            wakers.push(cx.waker().clone());
        }
        Poll::Pending
    })
    .await;
}
