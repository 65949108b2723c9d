//! From an event to its sounds.
//!
//! | event | sound |
//! |---|---|
//! | an activity is scheduled | a soft tick |
//! | it starts, and completes | a note, held in between; its pitch follows from its name |
//! | it fails | a tritone; before a retry, echoes that thin out with the waiting time |
//! | a timer, a rest | a pad while it runs |
//! | a wait for an event or another instance | a drone while it lasts |
//! | an event arrives | two notes upward |
//! | a child | a tick here; its lane has its own register and place |
//! | a compensation | the pitch of what it undoes, one after the other: a retrograde |
//! | suspended, stalled | silence; what is held sounds again when the instance resumes |
//! | terminated, canceled | a choke: silence and a short low note |
//! | completed | a cadence |
//! | failed | a low tritone |

mod failures;
mod instance;

use super::{
    hearing::{Hearing, Open},
    sound::{Idea, Sound, Weight},
};
use crate::{
    conductor::named_task,
    engine::{Activity, Event, EventId, EventKind, TimerOrigin},
    music::{Beats, Tempo},
    score::{
        calls::{
            ControlActivity, CueActivity, EnterActivity, LoopActivity, PlayActivity, RestActivity,
            TempoActivity,
        },
        limited_task,
        listening::Role,
    },
};

fn half() -> Beats {
    Beats::new(1, 2)
}

impl Hearing {
    /// The sounds of the next event of the lane. `own` is the name of the instance. `tempo` only tells
    /// how many echoes fit before a retry.
    pub fn hear(&mut self, own: &str, event: &Event, tempo: Tempo) -> Vec<Sound> {
        let name = self.name_of(&event.kind);
        let mut sounds = self.usual(own, event, &name, tempo);
        if sounds.is_empty() {
            sounds.extend(self.by_rule(&name, event));
        }
        let ends = event.kind.is_end_of_code()
            || matches!(event.kind, EventKind::ExecutionTerminated { .. });
        if self.paused && !ends {
            sounds.retain(|sound| !sound.begins());
        }
        sounds
    }

    /// The name that an event is about: that of an activity, timer, event or child.
    fn name_of(&self, kind: &EventKind) -> String {
        let known = |id: &EventId| self.open.get(id).map(|open| open.name.clone());
        let found = match kind {
            EventKind::TaskScheduled { name, .. } => {
                Some(named_task(kind).unwrap_or_else(|| name.clone()))
            }
            EventKind::TaskStarted { scheduled, .. }
            | EventKind::TaskCompleted { scheduled, .. }
            | EventKind::TaskFailed { scheduled, .. }
            | EventKind::TaskHeartbeat { scheduled, .. }
            | EventKind::TaskCanceled { scheduled } => known(scheduled),
            EventKind::TimerCreated { origin, .. } => Some(match origin {
                TimerOrigin::Wait { name }
                | TimerOrigin::ExternalEvent { name }
                | TimerOrigin::Retry { name, .. } => name.clone(),
                TimerOrigin::ExternalEvents { names } => names.join(" "),
            }),
            EventKind::TimerFired { timer } | EventKind::TimerCanceled { timer } => known(timer),
            EventKind::EventRaised { name, .. }
            | EventKind::EventSent { name, .. }
            | EventKind::ChildWorkflowInstanceCreated { name, .. }
            | EventKind::CompensationRegistered { name } => Some(name.clone()),
            EventKind::ChildWorkflowInstanceCompleted { created, .. }
            | EventKind::ChildWorkflowInstanceFailed { created, .. }
            | EventKind::ChildWorkflowInstanceCanceled { created } => known(created),
            EventKind::InstanceAwaited { target } => Some(target.to_string()),
            EventKind::AwaitedInstanceClosed { awaited, .. }
            | EventKind::InstanceAwaitCanceled { awaited } => known(awaited),
            EventKind::CompensationStarted { registered }
            | EventKind::CompensationEnded { registered, .. } => known(registered),
            EventKind::Noted { what, .. } => Some(what.clone()),
            _ => None,
        };
        found.unwrap_or_default()
    }

    fn usual(&mut self, own: &str, event: &Event, name: &str, tempo: Tempo) -> Vec<Sound> {
        let kind = &event.kind;
        match kind {
            EventKind::TaskScheduled { .. }
            | EventKind::TaskStarted { .. }
            | EventKind::TaskCompleted { .. }
            | EventKind::TaskFailed { .. }
            | EventKind::TaskCanceled { .. } => self.activity(event, name, tempo),
            EventKind::TimerCreated { .. }
            | EventKind::TimerFired { .. }
            | EventKind::TimerCanceled { .. }
            | EventKind::InstanceAwaited { .. }
            | EventKind::AwaitedInstanceClosed { .. }
            | EventKind::InstanceAwaitCanceled { .. }
            | EventKind::EventRaised { .. }
            | EventKind::EventSent { .. } => self.wait(event, name, tempo),
            EventKind::ChildWorkflowInstanceCreated { .. } => {
                self.remember(event.id, name, None);
                self.tick(event, name)
            }
            EventKind::ChildWorkflowInstanceCompleted { created, .. } => {
                self.completed = self.end(*created).or(self.completed);
                Vec::new()
            }
            EventKind::ChildWorkflowInstanceCanceled { created } => {
                self.end(*created);
                Vec::new()
            }
            EventKind::ChildWorkflowInstanceFailed {
                created, retry_at, ..
            } => {
                let degree = self.degree(name);
                if retry_at.is_none() {
                    self.end(*created);
                }
                self.failed(event, name, degree, *retry_at, tempo)
            }
            EventKind::CompensationRegistered { .. }
            | EventKind::CompensationStarted { .. }
            | EventKind::CompensationEnded { .. } => self.compensation(event, name),
            _ => self.execution(own, event),
        }
    }

    fn activity(&mut self, event: &Event, name: &str, tempo: Tempo) -> Vec<Sound> {
        let kind = &event.kind;
        match kind {
            // What plays is heard already.
            EventKind::TaskScheduled { name: activity, .. } if is_music(activity) => Vec::new(),
            // A rest passes time, as a timer does.
            EventKind::TaskScheduled { name: activity, .. } if activity == RestActivity::NAME => {
                self.remember_as(Role::Pad, event.id, name, None);
                Vec::new()
            }
            EventKind::TaskScheduled { .. } => {
                self.remember(event.id, name, None);
                self.tick(event, name)
            }
            EventKind::TaskStarted { scheduled, .. } => {
                // A compensation sounds already.
                if self.undoing > 0 {
                    return Vec::new();
                }
                let pad = self.pad(name);
                let Some(open) = self.open.get_mut(scheduled) else {
                    return Vec::new();
                };
                let idea = match open.role {
                    Role::Pad => pad,
                    role => Idea::new(role, &[open.degree], 1.0),
                };
                open.held = Some((idea.clone(), kind.name()));
                self.hold(*scheduled, name, &idea, kind.name())
                    .into_iter()
                    .collect()
            }
            EventKind::TaskCompleted { scheduled, .. } => {
                let degree = self.end(*scheduled);
                if let (Some(degree), 0) = (degree, self.undoing) {
                    self.completed = Some(degree);
                }
                vec![Sound::End { held: *scheduled }]
            }
            EventKind::TaskFailed {
                scheduled,
                retry_at,
                ..
            } => {
                let Some(open) = self.open.get_mut(scheduled) else {
                    return Vec::new();
                };
                open.held = None;
                let degree = open.degree;
                self.failed = Some(degree);
                if retry_at.is_none() {
                    self.end(*scheduled);
                }
                let mut sounds = vec![Sound::End { held: *scheduled }];
                sounds.extend(self.failed(event, name, degree, *retry_at, tempo));
                sounds
            }
            EventKind::TaskCanceled { scheduled } => {
                self.end(*scheduled);
                vec![Sound::End { held: *scheduled }]
            }
            _ => Vec::new(),
        }
    }

    fn wait(&mut self, event: &Event, name: &str, tempo: Tempo) -> Vec<Sound> {
        let kind = &event.kind;
        let degree = self.degree(name);
        let idea = match kind {
            EventKind::TimerCreated { origin, fire_at } => match origin {
                TimerOrigin::ExternalEvent { .. } | TimerOrigin::ExternalEvents { .. } => drone(),
                TimerOrigin::Retry { .. } => {
                    self.remember(event.id, name, None);
                    // What failed last is tried again.
                    let degree = self.failed.unwrap_or(degree);
                    return self.echoes(event, name, degree, *fire_at, tempo);
                }
                // The timeout of a task is not a wait: it is silent.
                TimerOrigin::Wait { .. } if limited_task(name).is_some() => {
                    self.remember(event.id, name, None);
                    return Vec::new();
                }
                TimerOrigin::Wait { .. } => self.pad(name),
            },
            EventKind::InstanceAwaited { .. } => drone(),
            EventKind::TimerFired { timer: begun }
            | EventKind::TimerCanceled { timer: begun }
            | EventKind::AwaitedInstanceClosed { awaited: begun, .. }
            | EventKind::InstanceAwaitCanceled { awaited: begun } => {
                self.end(*begun);
                return vec![Sound::End { held: *begun }];
            }
            EventKind::EventRaised { .. } => {
                let first = Idea::new(Role::Note, &[degree], 0.8);
                let second = Idea::new(Role::Note, &[self.above(degree)], 1.0);
                let times = |after| (Weight::Note, after, half());
                let sounds = [
                    self.strike(&first, name, kind, times(Beats::ZERO)),
                    self.strike(&second, name, kind, times(Beats::new(1, 4))),
                ];
                return sounds.into_iter().flatten().collect();
            }
            // An event that was sent, of which the receiver tells.
            _ => return self.tick(event, name),
        };
        self.remember(event.id, name, Some((idea.clone(), kind.name())));
        self.hold(event.id, name, &idea, kind.name())
            .into_iter()
            .collect()
    }

    fn remember(&mut self, id: EventId, name: &str, held: Option<(Idea, &'static str)>) {
        self.remember_as(Role::Note, id, name, held);
    }

    fn remember_as(
        &mut self,
        role: Role,
        id: EventId,
        name: &str,
        held: Option<(Idea, &'static str)>,
    ) {
        let open = Open {
            role,
            degree: self.degree(name),
            name: name.to_owned(),
            held,
        };
        self.open.insert(id, open);
    }

    /// Something is over. Returns its pitch.
    fn end(&mut self, id: EventId) -> Option<i32> {
        Some(self.open.remove(&id)?.degree)
    }

    /// What is heard while time passes: two notes of the key that sound well together.
    fn pad(&self, name: &str) -> Idea {
        let degree = self.degree(name);
        Idea::new(Role::Pad, &[degree, self.above(degree)], 1.0)
    }

    fn tick(&self, event: &Event, name: &str) -> Vec<Sound> {
        let idea = Idea::new(Role::Tick, &[self.degree(name)], 1.0);
        let times = (Weight::Tick, Beats::ZERO, Beats::new(1, 4));
        self.strike(&idea, name, &event.kind, times)
            .into_iter()
            .collect()
    }
}

/// What is heard while something else is waited for: the root and its fifth.
fn drone() -> Idea {
    Idea::new(Role::Drone, &[0, 4], 1.0)
}

/// Whether an activity of scores makes music itself.
fn is_music(activity: &str) -> bool {
    [
        PlayActivity::NAME,
        EnterActivity::NAME,
        LoopActivity::NAME,
        CueActivity::NAME,
        ControlActivity::NAME,
        TempoActivity::NAME,
    ]
    .contains(&activity)
}
