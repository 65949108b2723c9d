//! The sounds of what an instance does as a whole: it begins, pauses, undoes and ends.

use super::super::{
    hearing::Hearing,
    sound::{Idea, Sound, Weight},
};
use crate::{
    engine::{Event, EventKind},
    music::Beats,
    score::listening::Role,
};

impl Hearing {
    pub(super) fn compensation(&mut self, event: &Event, name: &str) -> Vec<Sound> {
        match &event.kind {
            EventKind::CompensationRegistered { .. } => {
                // It undoes what was completed just before.
                let degree = self.completed.take().unwrap_or_else(|| self.degree(name));
                self.remember(event.id, name, None);
                if let Some(open) = self.open.get_mut(&event.id) {
                    open.degree = degree;
                }
            }
            EventKind::CompensationStarted { registered } => {
                self.undoing += 1;
                let known = self.open.get(registered).map(|open| open.degree);
                let degree = known.unwrap_or_else(|| self.degree(name));
                let idea = Idea::new(Role::Undo, &[degree], 1.0);
                let times = (Weight::InTurn, Beats::ZERO, Beats::whole(1));
                return self
                    .strike(&idea, name, &event.kind, times)
                    .into_iter()
                    .collect();
            }
            _ => self.undoing = self.undoing.saturating_sub(1),
        }
        Vec::new()
    }

    pub(super) fn execution(&mut self, own: &str, event: &Event) -> Vec<Sound> {
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
}
