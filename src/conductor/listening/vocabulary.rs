//! From an event to its sounds.
//!
//! | event | sound |
//! |---|---|
//! | an activity is scheduled | a soft tick |
//! | it starts, and completes | a note, held in between; its pitch follows from its name |
//! | it fails | a tritone; before a retry, echoes that thin out with the waiting time |
//! | a timer | a pad while it runs |
//! | a wait for an event | a drone while it lasts |
//! | an event arrives | two notes upward |
//! | a child | a tick here; its lane has its own register and place |
//! | a compensation | the pitch of what was completed last: a retrograde, if all is undone |
//! | suspended, stalled | silence; what is held sounds again when the instance resumes |
//! | terminated, canceled | a choke: silence and a short low note |
//! | completed | a cadence |
//! | failed | a low tritone |

use super::{
    hearing::{Hearing, Open},
    sound::{Idea, Sound, Weight},
};
use crate::{
    conductor::named_task,
    engine::{Activity, Event, EventId, EventKind, TimerOrigin, Timestamp},
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

/// The most echoes before a retry.
const MAX_ECHOES: u32 = 5;
/// How much softer each echo is.
const FADE: f64 = 0.62;

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
            | EventKind::ChildWorkflowInstanceFailed { created, .. } => known(created),
            EventKind::CompensationStarted { registered }
            | EventKind::CompensationEnded { registered, .. } => known(registered),
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
            | EventKind::EventRaised { .. }
            | EventKind::EventSent { .. } => self.wait(event, name, tempo),
            EventKind::ChildWorkflowInstanceCreated { .. } => {
                self.remember(event.id, name, None);
                self.tick(event, name)
            }
            EventKind::ChildWorkflowInstanceCompleted { created, .. } => {
                let degree = self.end(*created);
                degree.into_iter().for_each(|degree| self.complete(degree));
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
            EventKind::TaskScheduled { .. } => {
                self.remember(event.id, name, None);
                self.tick(event, name)
            }
            EventKind::TaskStarted { scheduled, .. } => {
                // A compensation sounds already.
                if self.undoing > 0 {
                    return Vec::new();
                }
                let Some(open) = self.open.get_mut(scheduled) else {
                    return Vec::new();
                };
                let idea = Idea::new(Role::Note, &[open.degree], 1.0);
                open.held = Some((idea.clone(), kind.name()));
                self.hold(*scheduled, name, &idea, kind.name())
                    .into_iter()
                    .collect()
            }
            EventKind::TaskCompleted { scheduled, .. } => {
                let degree = self.end(*scheduled);
                if let (Some(degree), 0) = (degree, self.undoing) {
                    self.complete(degree);
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
                TimerOrigin::ExternalEvent { .. } | TimerOrigin::ExternalEvents { .. } => {
                    // The root and the fifth.
                    Idea::new(Role::Drone, &[0, 4], 1.0)
                }
                TimerOrigin::Retry { .. } => {
                    self.remember(event.id, name, None);
                    return self.echoes(event, name, degree, *fire_at, tempo);
                }
                // The limit of a task is no pause.
                TimerOrigin::Wait { .. } if limited_task(name).is_some() => {
                    self.remember(event.id, name, None);
                    return Vec::new();
                }
                TimerOrigin::Wait { .. } => Idea::new(Role::Pad, &[degree, degree + 4], 1.0),
            },
            EventKind::TimerFired { timer } | EventKind::TimerCanceled { timer } => {
                self.end(*timer);
                return vec![Sound::End { held: *timer }];
            }
            EventKind::EventRaised { .. } => {
                let first = Idea::new(Role::Note, &[degree], 0.8);
                let second = Idea::new(Role::Note, &[degree + 4], 1.0);
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

    fn compensation(&mut self, event: &Event, name: &str) -> Vec<Sound> {
        match &event.kind {
            EventKind::CompensationRegistered { .. } => self.remember(event.id, name, None),
            EventKind::CompensationStarted { .. } => {
                self.undoing += 1;
                let degree = self.completed.pop().unwrap_or_else(|| self.degree(name));
                let idea = Idea::new(Role::Undo, &[degree], 1.0);
                let times = (Weight::Note, Beats::ZERO, Beats::whole(1));
                return self
                    .strike(&idea, name, &event.kind, times)
                    .into_iter()
                    .collect();
            }
            _ => self.undoing = self.undoing.saturating_sub(1),
        }
        Vec::new()
    }

    fn execution(&mut self, own: &str, event: &Event) -> Vec<Sound> {
        let kind = &event.kind;
        let chord = |hearing: &Self, idea: &Idea, weight, after: Beats, length| {
            hearing.strike(idea, "", kind, (weight, after, length))
        };
        let (whole, ending) = (Beats::whole, Weight::Ending);
        let mut sounds = Vec::new();
        match kind {
            EventKind::ExecutionStarted { name, parent, .. } => {
                let parent = parent.as_ref().map(|parent| &parent.instance);
                self.begin(name, parent, own);
                let open = Idea::new(Role::Ending, &[0, 4], 0.8);
                sounds.extend(chord(self, &open, Weight::Note, Beats::ZERO, whole(1)));
            }
            EventKind::ExecutionSuspended { .. } | EventKind::ExecutionStalled { .. } => {
                self.paused = true;
                sounds.push(Sound::Silence);
            }
            EventKind::ExecutionResumed { .. } => {
                self.paused = false;
                sounds.extend(self.again());
            }
            EventKind::ContinuedAsNew { .. } => {
                self.open.clear();
                sounds.push(Sound::EndHeld);
            }
            EventKind::ExecutionCompleted { .. } => {
                self.open.clear();
                sounds.push(Sound::EndHeld);
                // From the fourth degree to the root.
                let (fourth, root) = ([3, 5, 7], [0, 4, 7]);
                let fourth = Idea::new(Role::Ending, &fourth, 0.85);
                sounds.extend(chord(self, &fourth, ending, Beats::ZERO, whole(1)));
                let root = Idea::new(Role::Ending, &root, 0.95);
                sounds.extend(chord(self, &root, ending, whole(1), whole(2)));
            }
            EventKind::ExecutionFailed { .. } => {
                self.open.clear();
                sounds.push(Sound::EndHeld);
                sounds.extend(chord(
                    self,
                    &Idea::tritone(0, 1.1),
                    ending,
                    Beats::ZERO,
                    whole(2),
                ));
            }
            EventKind::ExecutionTerminated { .. } | EventKind::ExecutionCanceled { .. } => {
                self.open.clear();
                sounds.push(Sound::Silence);
                let choke = Idea::new(Role::Ending, &[-7, 0], 1.2);
                sounds.extend(chord(
                    self,
                    &choke,
                    Weight::Note,
                    Beats::ZERO,
                    Beats::new(1, 8),
                ));
            }
            _ => {}
        }
        sounds
    }

    fn remember(&mut self, id: EventId, name: &str, held: Option<(Idea, &'static str)>) {
        let open = Open {
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

    fn tick(&self, event: &Event, name: &str) -> Vec<Sound> {
        let idea = Idea::new(Role::Tick, &[self.degree(name)], 1.0);
        let times = (Weight::Tick, Beats::ZERO, Beats::new(1, 4));
        self.strike(&idea, name, &event.kind, times)
            .into_iter()
            .collect()
    }

    /// A tritone, and echoes until the next attempt.
    fn failed(
        &self,
        event: &Event,
        name: &str,
        degree: i32,
        retry_at: Option<Timestamp>,
        tempo: Tempo,
    ) -> Vec<Sound> {
        let tritone = Idea::tritone(degree, 1.0);
        let times = (Weight::Note, Beats::ZERO, Beats::whole(1));
        let mut sounds: Vec<_> = self
            .strike(&tritone, name, &event.kind, times)
            .into_iter()
            .collect();
        sounds.extend(self.echoes(event, name, degree, retry_at, tempo));
        sounds
    }

    /// Echoes at distances that double: the longer the wait, the thinner they are.
    fn echoes(
        &self,
        event: &Event,
        name: &str,
        degree: i32,
        until: Option<Timestamp>,
        tempo: Tempo,
    ) -> Vec<Sound> {
        let Some(until) = until else {
            return Vec::new();
        };
        let waits = until.since(event.at).as_nanos() as f64 / tempo.beat_nanos();
        let echoes = (0..MAX_ECHOES).map_while(|number| {
            let after = half() * i64::from((2_u32 << number) - 1);
            let loudness = FADE.powi(number as i32 + 1);
            let idea = Idea::new(Role::Note, &[degree], loudness);
            let times = (Weight::Note, after, half());
            (after.as_f64() < waits).then(|| self.strike(&idea, name, &event.kind, times))
        });
        echoes.flatten().collect()
    }
}

/// Whether an activity of scores makes music itself.
fn is_music(activity: &str) -> bool {
    [
        PlayActivity::NAME,
        RestActivity::NAME,
        EnterActivity::NAME,
        LoopActivity::NAME,
        CueActivity::NAME,
        ControlActivity::NAME,
        TempoActivity::NAME,
    ]
    .contains(&activity)
}
