//! `call: play` and `call: rest`.

use serde_json::Value;

use super::{Performance, Raised, Voice};
use crate::{
    music::Beats,
    score::{Play, RestLength, Task, calls},
};

impl Performance {
    /// Plays a phrase so many times: each note or chord is one durable activity.
    pub(super) async fn play(
        &self,
        task: &Task,
        play: &Play,
        input: &Value,
        voice: &mut Voice,
    ) -> Result<(), Raised> {
        let variables = self.variables(voice);
        let unusable = |error| Raised::call(&task.pointer, &error);
        let repeat = play.repeat(input, &variables).map_err(unusable)?;
        for _ in 0..repeat {
            self.step(&task.pointer)?;
            let cycle = self.cycle(task);
            let phrase = play
                .phrase(self.document.meter, cycle, input, &variables)
                .map_err(unusable)?;
            // By how much the performer has moved this phrase so far.
            let mut moved = Beats::ZERO;
            for chord in phrase.chords {
                let note = calls::Play {
                    task: task.name.clone(),
                    instrument: play.instrument.name.clone(),
                    keys: chord.keys,
                    at: voice.cursor + moved + chord.at,
                    length: chord.length,
                    velocity: chord.velocity,
                };
                let performed = self
                    .context
                    .activity(calls::PlayActivity, &note)
                    .await
                    .map_err(|failure| Raised::failure(&task.pointer, &failure))?;
                moved = moved + (performed.at - note.at);
                self.waited();
            }
            voice.cursor = voice.cursor + moved + phrase.length;
            *self
                .cycles
                .borrow_mut()
                .entry(task.pointer.clone())
                .or_default() += 1;
        }
        Ok(())
    }

    /// How many times the task has been played to its end.
    fn cycle(&self, task: &Task) -> u64 {
        self.cycles
            .borrow()
            .get(&task.pointer)
            .copied()
            .unwrap_or(0)
    }

    pub(super) async fn rest(
        &self,
        task: &Task,
        length: &RestLength,
        input: &Value,
        voice: &mut Voice,
    ) -> Result<(), Raised> {
        let variables = self.variables(voice);
        let length = length
            .beats(self.document.meter, input, &variables)
            .map_err(|error| Raised::call(&task.pointer, &error))?;
        let rest = calls::Rest {
            task: task.name.clone(),
            at: voice.cursor,
            length,
        };
        let rested = self
            .context
            .activity(calls::RestActivity, &rest)
            .await
            .map_err(|failure| Raised::failure(&task.pointer, &failure))?;
        voice.cursor = rested.at + length;
        self.waited();
        Ok(())
    }
}
