//! The sounds of failures and of the wait for the next attempt.

use super::{
    super::{
        hearing::Hearing,
        sound::{Idea, Sound, Weight},
    },
    half,
};
use crate::{
    engine::{Event, Timestamp},
    music::{Beats, Tempo},
    score::listening::Role,
};

/// The most echoes before a retry.
const MAX_ECHOES: u32 = 5;
/// How much softer each echo is.
const FADE: f64 = 0.8;

impl Hearing {
    /// A tritone, and echoes until the next attempt.
    pub(super) fn failed(
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
    pub(super) fn echoes(
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
