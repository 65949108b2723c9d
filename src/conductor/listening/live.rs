//! Plays the sounds of events as they are committed.
//!
//! Nothing sounds before the feed has told of its event, and so before it is durable. The player only gets
//! keys that go down and up, so that it needs neither a rolling transport nor a new kind of note.

mod foreign;
mod lane;
mod queue;

use std::{collections::HashMap, sync::Arc};

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::sleep_until,
};

pub use foreign::ForeignMoment;

use self::{
    lane::{ChannelOwner, LiveLane},
    queue::{Due, Queue},
};
use super::{hearing::Hearing, listening_score_of, pace::Pace};
use crate::{
    conductor::activities::ScoreActivities,
    engine::{Committed, Event, EventId, Feed, InstanceId, InstanceSummary, Status, Timestamp},
    score::listening::ListeningScore,
};

/// Whether something of the events sounds or is about to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListeningActivity {
    /// Nothing sounds.
    #[default]
    Silent,
    /// Something sounds or will soon.
    Sounding,
}

/// What others ask of the task.
pub(in crate::conductor) enum Request {
    /// Everything falls silent.
    Silence,
    /// To be told when everything that was committed before has been heard.
    WhenOver(oneshot::Sender<()>),
    /// Events of another engine.
    Foreign(Arc<Committed>, ForeignMoment),
}

/// When an event is heard.
struct Heard {
    /// When it happened, by the clock of this program.
    at: Timestamp,
    /// When its sounds may begin.
    from: Timestamp,
}

/// The handle to the task that listens.
pub(in crate::conductor) struct ListeningHandle {
    /// The listening score in use; `None`: nothing sounds.
    pub score: Option<Arc<ListeningScore>>,
    requests: mpsc::UnboundedSender<Request>,
    activity: watch::Receiver<ListeningActivity>,
}

impl ListeningHandle {
    /// Silences what sounds and what is about to.
    pub fn silence(&self) {
        // Without a task nothing sounds.
        let _ = self.requests.send(Request::Silence);
    }

    /// Waits until what was committed so far has been heard, except for what instances that are open hold.
    pub async fn until_over(&self) {
        let (answer, over) = oneshot::channel();
        if self.requests.send(Request::WhenOver(answer)).is_ok() {
            // It ends with the engine; then nothing sounds any more.
            let _ = over.await;
        }
    }

    pub fn watch(&self) -> watch::Receiver<ListeningActivity> {
        self.activity.clone()
    }

    /// Events of another engine.
    pub fn foreign(&self, commit: Arc<Committed>, moment: ForeignMoment) {
        // Without a task nothing sounds.
        let _ = self.requests.send(Request::Foreign(commit, moment));
    }
}

/// The task that listens.
pub(in crate::conductor) struct Listeners {
    activities: Arc<ScoreActivities>,
    feed: Feed,
    score: Arc<ListeningScore>,
    /// Lanes that sound, and those that do not.
    lanes: HashMap<InstanceId, Option<LiveLane>>,
    queue: Queue,
    requests: mpsc::UnboundedReceiver<Request>,
    waiting: Vec<oneshot::Sender<()>>,
    activity: watch::Sender<ListeningActivity>,
}

/// Starts the task, if anything is to sound.
pub(in crate::conductor) fn start(
    activities: &Arc<ScoreActivities>,
    feed: Feed,
    score: Option<Arc<ListeningScore>>,
) -> ListeningHandle {
    let (requests, receiver) = mpsc::unbounded_channel();
    let activity = watch::Sender::default();
    let handle = ListeningHandle {
        score: score.clone(),
        requests,
        activity: activity.subscribe(),
    };
    if let Some(score) = score {
        let listeners = Listeners {
            activities: Arc::clone(activities),
            feed,
            score,
            lanes: HashMap::new(),
            queue: Queue::default(),
            requests: receiver,
            waiting: Vec::new(),
            activity,
        };
        tokio::spawn(listeners.run());
    }
    handle
}

impl Listeners {
    /// Runs until the engine stops.
    async fn run(mut self) {
        for summary in std::mem::take(&mut self.feed.open) {
            self.resume(&summary);
        }
        let mut mixer = self.activities.mixer.subscribe();
        loop {
            self.answer();
            let next = self.queue.next();
            let due = async {
                match next {
                    Some(moment) => sleep_until(self.activities.clock.instant(moment)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                committed = self.feed.next() => match committed {
                    Some(committed) => self.follow(&committed),
                    None => break,
                },
                request = self.requests.recv() => match request {
                    Some(request) => self.request(request),
                    None => break,
                },
                changed = mixer.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    self.mute();
                }
                () = due => self.play_due(),
            }
        }
        self.silence();
    }

    /// An instance that was open at the start goes on: what it holds sounds again.
    fn resume(&mut self, summary: &InstanceSummary) {
        let Ok(history) = self.activities.archive().history(&summary.id) else {
            return;
        };
        let Some(score) = history
            .first()
            .and_then(|first| listening_score_of(first, Some(&self.score)))
        else {
            self.lanes.insert(summary.id.clone(), None);
            return;
        };
        let mut hearing = Hearing::new(Arc::clone(&score));
        for event in &history {
            hearing.hear(summary.id.as_str(), event, score.tempo);
        }
        let sounds = hearing.again();
        let mut lane = LiveLane::new(
            &self.activities,
            &summary.id,
            ChannelOwner::Lane,
            score,
            hearing,
        );
        let now = self.activities.clock.now();
        let last = history.last().map_or(EventId(0), |event| event.id);
        if let Some(event) = history.last() {
            let event = Event {
                id: last,
                at: now,
                kind: event.kind.clone(),
            };
            let pace = self.pace(&lane);
            lane.plan(
                &event,
                sounds,
                &pace,
                now,
                &mut self.queue,
                &self.activities,
            );
        }
        self.lanes.insert(summary.id.clone(), Some(lane));
    }

    fn follow(&mut self, committed: &Committed) {
        let now = self.activities.clock.now();
        self.hear(committed, ChannelOwner::Lane, |event| {
            Some(Heard {
                at: event.at,
                from: now,
            })
        });
    }

    /// Hears events, each at the moment that `heard` says; `None`: it is silent.
    fn hear(
        &mut self,
        committed: &Committed,
        owner: ChannelOwner,
        heard: impl Fn(&Event) -> Option<Heard>,
    ) {
        let id = &committed.instance.id;
        let begins = committed
            .events
            .first()
            .filter(|event| event.id == EventId(0));
        if !self.lanes.contains_key(id) {
            // What began before the feed is among the open instances.
            let score = begins.and_then(|first| listening_score_of(first, Some(&self.score)));
            let lane = score.map(|score| {
                let hearing = Hearing::new(Arc::clone(&score));
                LiveLane::new(&self.activities, id, owner, score, hearing)
            });
            self.lanes.insert(id.clone(), lane);
        }
        let status = committed.instance.status;
        let over = status.is_closed() && status != Status::ContinuedAsNew;
        let Some(Some(mut lane)) = self.lanes.remove(id) else {
            if !over {
                self.lanes.insert(id.clone(), None);
            }
            return;
        };
        let pace = self.pace(&lane);
        for event in &committed.events {
            let sounds = lane.hear(event);
            let Some(Heard { at, from }) = heard(event) else {
                continue;
            };
            let event = Event {
                at,
                ..event.clone()
            };
            let (queue, activities) = (&mut self.queue, &self.activities);
            lane.plan(&event, sounds, &pace, from, queue, activities);
        }
        lane.is_over = over;
        self.keep(id.clone(), lane);
    }

    /// Keeps a lane until it has ended and its last note too.
    fn keep(&mut self, id: InstanceId, lane: LiveLane) {
        match lane.is_over && lane.is_silent() {
            true => lane.leave(&self.activities),
            false => {
                self.lanes.insert(id, Some(lane));
            }
        }
    }

    /// The grid: that of the score that plays, else that of the listening score.
    fn pace(&self, lane: &LiveLane) -> Pace {
        let (score, player) = (&lane.score, &self.activities.player);
        let (transport, now) = (player.transport(), player.now());
        if !transport.is_rolling() {
            return Pace::own(score.tempo, score.grid);
        }
        let tempo = transport.tempo(now);
        let passed = transport.position(now).0.as_f64() * tempo.beat_nanos();
        let here = self
            .activities
            .clock
            .at(player.origin() + now.since(Default::default()));
        Pace {
            origin: i128::from(here.0) - passed.round() as i128,
            tempo,
            grid: score.grid,
        }
    }

    fn play_due(&mut self) {
        let now = self.activities.clock.now();
        while let Some(due) = self.queue.pop(now) {
            let id = match &due {
                Due::Up(id, _) | Due::Down(id, _) => id.clone(),
            };
            let Some(Some(mut lane)) = self.lanes.remove(&id) else {
                continue;
            };
            match due {
                Due::Down(_, number) => lane.press(number, &self.activities),
                Due::Up(_, number) => lane.lift(number, now, &self.activities),
            }
            self.keep(id, lane);
        }
    }

    fn request(&mut self, request: Request) {
        match request {
            Request::Silence => self.silence(),
            Request::WhenOver(answer) => {
                while let Some(committed) = self.feed.try_next() {
                    self.follow(&committed);
                }
                self.waiting.push(answer);
            }
            Request::Foreign(committed, moment) => self.follow_foreign(&committed, moment),
        }
    }

    /// Tells who waits that it is over, and everybody whether something sounds.
    fn answer(&mut self) {
        let mut lanes = self.lanes.values().flatten();
        if !lanes.clone().any(|lane| lane.is_over) {
            for waiting in self.waiting.drain(..) {
                // Who asked may have gone.
                let _ = waiting.send(());
            }
        }
        let now = match lanes.all(LiveLane::is_silent) {
            true => ListeningActivity::Silent,
            false => ListeningActivity::Sounding,
        };
        self.activity.send_if_modified(|activity| {
            let changed = *activity != now;
            *activity = now;
            changed
        });
    }

    /// Lanes that are no longer heard fall silent.
    fn mute(&mut self) {
        let mixer = self.activities.mixer.borrow().clone();
        for (id, lane) in &mut self.lanes {
            if let Some(lane) = lane
                && !mixer.hears_lane(id)
            {
                lane.silence(&self.activities);
            }
        }
        self.drop_silent();
    }

    fn silence(&mut self) {
        for lane in self.lanes.values_mut().flatten() {
            lane.silence(&self.activities);
        }
        self.drop_silent();
    }

    fn drop_silent(&mut self) {
        let activities = &self.activities;
        self.lanes.retain(|_, lane| match lane {
            Some(lane) if lane.is_over && lane.is_silent() => {
                lane.leave(activities);
                false
            }
            _ => true,
        });
    }
}

/// A moment of the history's clock.
fn moment(nanos: u64) -> Timestamp {
    Timestamp(nanos)
}
