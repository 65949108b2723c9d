//! The calls that make music: each note, chord, rest and change is one durable activity.

use serde_json::Value;

use super::{Performance, Raised, Voice};
use crate::{
    engine::{Activity, ActivityCall, Failure},
    music::Beats,
    score::{
        ControlTask, PhraseContext, PlayTask, RestLength, Start, Task, TempoChange, calls,
        pattern::Seed,
    },
};

impl Performance {
    /// Plays a phrase so many times: each note or chord is one durable activity.
    pub(super) async fn play(
        &self,
        task: &Task,
        play: &PlayTask,
        input: &Value,
        voice: &mut Voice,
    ) -> Result<(), Raised> {
        let variables = self.variables(voice);
        let unusable = |error| Raised::call(&task.pointer, &error);
        let repeat = play.repeat(input, &variables).map_err(unusable)?;
        let start = play.start(input, &variables).map_err(unusable)?;
        if let Some(start) = start.filter(|_| repeat > 0) {
            self.cue(task, start, voice).await?;
        }
        for _ in 0..repeat {
            self.step(&task.pointer)?;
            let moment = PhraseContext {
                meter: self.document.meter,
                tempo: self.document.tempo,
                cycle: self.cycle(task),
                seed: self.seed().of_name(&task.pointer),
            };
            let phrase = play.phrase(&moment, input, &variables).map_err(unusable)?;
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
                let playing = self.context.activity(calls::PlayActivity, &note);
                let performed = patiently(playing, voice)
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

    /// Moves the voice to where a phrase begins.
    async fn cue(&self, task: &Task, start: Start, voice: &mut Voice) -> Result<(), Raised> {
        let cue = calls::Cue {
            task: task.name.clone(),
            at: voice.cursor,
            grid: match start {
                Start::Bar => self.document.meter.bar(),
                Start::Beat => Beats::whole(1),
                Start::Now => Beats::ZERO,
            },
        };
        let cued = self.context.activity(calls::CueActivity, &cue).await;
        voice.cursor = cued
            .map_err(|failure| Raised::failure(&task.pointer, &failure))?
            .at;
        self.waited();
        Ok(())
    }

    /// The same at every replay.
    fn seed(&self) -> Seed {
        *self.seed.get_or_init(|| Seed::new(self.context.random()))
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

    /// Changes controllers; a ramp goes on for its length, part by part.
    pub(super) async fn control(
        &self,
        task: &Task,
        control: &ControlTask,
        input: &Value,
        voice: &mut Voice,
    ) -> Result<(), Raised> {
        let variables = self.variables(voice);
        for change in &control.changes {
            let ramp = change
                .ramp(input, &variables)
                .map_err(|error| Raised::call(&task.pointer, &error))?;
            for part in ramp.parts() {
                let control = calls::Control {
                    task: task.name.clone(),
                    instrument: control.instrument.name.clone(),
                    controller: change.controller,
                    from: part.from,
                    to: part.to,
                    at: voice.cursor,
                    length: part.over,
                };
                let changing = self.context.activity(calls::ControlActivity, &control);
                let changed = patiently(changing, voice)
                    .await
                    .map_err(|failure| Raised::failure(&task.pointer, &failure))?;
                voice.cursor = changed.at + part.over;
                self.waited();
            }
        }
        Ok(())
    }

    /// Changes the tempo; a ramp goes on for its length, beat by beat.
    pub(super) async fn tempo(
        &self,
        task: &Task,
        change: &TempoChange,
        input: &Value,
        voice: &mut Voice,
    ) -> Result<(), Raised> {
        let variables = self.variables(voice);
        let (bpm, mut over) = change
            .evaluate(input, &variables)
            .map_err(|error| Raised::call(&task.pointer, &error))?;
        loop {
            let length = over.min(Beats::whole(1));
            let tempo = calls::SetTempo {
                task: task.name.clone(),
                bpm,
                at: voice.cursor,
                over,
                length,
            };
            let changed = self
                .context
                .activity(calls::TempoActivity, &tempo)
                .await
                .map_err(|failure| Raised::failure(&task.pointer, &failure))?;
            voice.cursor = changed.performed.at + length;
            self.waited();
            over = over - length;
            if over <= Beats::ZERO {
                return Ok(());
            }
        }
    }
}

/// Waits for a device that is gone; within a `try` the score has its own words about that.
fn patiently<A: Activity>(call: ActivityCall<A>, voice: &Voice) -> ActivityCall<A> {
    if voice.tries {
        return call;
    }
    let waits = |failure: &Failure| failure.error_type == calls::PORT_MISSING;
    call.retry(calls::port_retry_policy()).retry_if(waits)
}
