//! Feeds: committed changes for subscribers.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use tokio::sync::{mpsc, oneshot};

use super::{Committed, EngineError, EventKind, InstanceId, InstanceSummary};

/// The maximum number of buffered bytes per subscriber. A subscriber that falls further behind is
/// disconnected.
const MAX_WAITING: usize = 16 << 20;

/// The approximate size of an event in memory without its payload.
const EVENT: usize = 256;

/// A stream of committed changes. A slow subscriber never slows the engine down: one that falls
/// more than 16 MiB behind is disconnected, see [`end`](Self::end).
pub struct Feed {
    /// The open instances at the time of subscription.
    pub open: Vec<InstanceSummary>,
    receiver: mpsc::UnboundedReceiver<(Arc<Committed>, usize)>,
    link: Arc<Link>,
}

/// Why a feed has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FeedEnd {
    /// The engine has stopped.
    #[error("the engine has stopped")]
    Stopped,
    /// The subscriber was too slow.
    #[error("the subscriber was too slow: subscribe again and read missed events from the archive")]
    TooSlow,
}

/// The state shared by both ends of a feed.
#[derive(Default)]
struct Link {
    waiting: AtomicUsize,
    end: Mutex<Option<FeedEnd>>,
}

impl Link {
    fn set_end(&self, why: FeedEnd) {
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        end.get_or_insert(why);
    }
}

/// The engine's end of a feed.
pub(super) struct Subscriber {
    sender: mpsc::UnboundedSender<(Arc<Committed>, usize)>,
    link: Arc<Link>,
}

/// A request for a feed.
pub(super) type Subscription = oneshot::Sender<Feed>;

/// Creates both ends of a feed.
pub(super) fn feed(open: Vec<InstanceSummary>) -> (Subscriber, Feed) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let link = Arc::new(Link::default());
    let subscriber = Subscriber {
        sender,
        link: Arc::clone(&link),
    };
    let feed = Feed {
        open,
        receiver,
        link,
    };
    (subscriber, feed)
}

impl Subscriber {
    /// Sends a commit; false if the subscriber is gone or was disconnected.
    pub fn send(&self, committed: &Arc<Committed>) -> bool {
        let size = size_of(committed);
        if self.link.waiting.load(Relaxed) + size > MAX_WAITING {
            self.link.set_end(FeedEnd::TooSlow);
            return false;
        }
        self.link.waiting.fetch_add(size, Relaxed);
        self.sender.send((Arc::clone(committed), size)).is_ok()
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.link.set_end(FeedEnd::Stopped);
    }
}

impl Feed {
    /// The next commit of an instance; `None` once the feed has [ended](Self::end).
    pub async fn next(&mut self) -> Option<Arc<Committed>> {
        let next = self.receiver.recv().await;
        self.taken(next)
    }

    /// The next commit of an instance, if one is buffered.
    pub fn try_next(&mut self) -> Option<Arc<Committed>> {
        let next = self.receiver.try_recv().ok();
        self.taken(next)
    }

    /// Why the feed has ended; `None`: it has not.
    pub fn end(&self) -> Option<FeedEnd> {
        let end = self.link.end.lock().unwrap_or_else(PoisonError::into_inner);
        end.filter(|_| self.receiver.is_empty())
    }

    /// Waits until a run of an instance has closed, skipping commits of other instances.
    pub async fn until_closed(&mut self, id: &InstanceId) -> Result<InstanceSummary, EngineError> {
        while let Some(committed) = self.next().await {
            if committed.instance.id == *id && committed.instance.status.is_closed() {
                return Ok(committed.instance.clone());
            }
        }
        Err(EngineError::Stopped)
    }

    fn taken(&self, next: Option<(Arc<Committed>, usize)>) -> Option<Arc<Committed>> {
        let (committed, size) = next?;
        self.link.waiting.fetch_sub(size, Relaxed);
        Some(committed)
    }
}

/// The approximate size of a buffered commit in memory.
fn size_of(committed: &Committed) -> usize {
    let events = committed
        .events
        .iter()
        .map(|event| EVENT + data(&event.kind));
    let notes = committed.annotations.iter().map(|note| note.size());
    let log = committed.log.iter().map(String::len);
    2 * EVENT + events.sum::<usize>() + notes.sum::<usize>() + log.sum::<usize>()
}

/// The size of an event's payload in bytes.
fn data(kind: &EventKind) -> usize {
    use EventKind as E;
    match kind {
        E::ExecutionStarted { input, .. }
        | E::ContinuedAsNew { input, .. }
        | E::TaskScheduled { input, .. }
        | E::ChildWorkflowInstanceCreated { input, .. }
        | E::EventRaised { input, .. }
        | E::EventSent { input, .. } => input.size(),
        E::TaskCompleted { result, .. } | E::ChildWorkflowInstanceCompleted { result, .. } => {
            result.size()
        }
        E::ExecutionCompleted { output } => output.size(),
        E::CustomStatusSet { status } => status.size(),
        E::TaskHeartbeat { details, .. } => details.size(),
        E::ExecutionFailed { failure }
        | E::ExecutionCanceled { failure }
        | E::TaskFailed { failure, .. }
        | E::ChildWorkflowInstanceFailed { failure, .. } => {
            failure.message.len() + failure.details.as_ref().map_or(0, |d| d.size())
        }
        _ => 0,
    }
}
