//! The calls that make music: each note, chord, rest and change is one durable activity.

use std::sync::Arc;

use serde_json::Value;

use super::{
    MusicStep, Performance, Raised, RetryOn, Voice, WorkflowContext,
    line::Doing,
    position::{Frame, PlayPosition},
    variables::variables,
};
use crate::{
    engine::Activity,
    music::{Beat, Beats, MeterMap},
    score::{
        ControlTask, PhraseContext, PlayTask, RestTask, Start, Task, TempoChange, calls,
        pattern::Seed,
    },
};

impl<C: WorkflowContext> Performance<C> {
    /// Plays a phrase as often as the task says: each note or chord is one durable activity.
    pub(super) async fn play(
        &self,
        task: &Task,
        play: &PlayTask,
        input: &Value,
        voice: &mut Voice,
    ) -> Result<(), Raised> {
        let unusable = |error| Raised::call(&task.pointer, &error);
        let resumed = voice.line.take_resumed(|frame| match frame {
            Frame::Play(position) => Some(position.clone()),
            _ => None,
        });
        let before = resumed
            .as_ref()
            .and_then(|position| position.context.clone());
        let context = before.unwrap_or_else(|| Arc::clone(&self.shared.borrow()));
        let variables = variables(voice, &context);
        let instrument = play.instrument.get(input, &variables).map_err(unusable)?;
        let mut position = match resumed {
            Some(position) => position,
            None => {
                let repeat = play.repeat(input, &variables).map_err(unusable)?;
                let start = play.start(input, &variables).map_err(unusable)?;
                if let Some(start) = start.filter(|_| repeat > 0) {
                    self.cue(task, start, voice).await?;
                }
                PlayPosition::new(voice.cursor, repeat)
            }
        };
        position.context = Some(context);
        while position.done < position.repeat {
            self.step(&task.pointer)?;
            let cycle = *position.cycle.get_or_insert_with(|| self.cycle(task));
            let moment = PhraseContext {
                meters: self.meters(),
                at: position.at + position.moved,
                tempo: self.document.tempo,
                cycle,
                seed: self.seed().of_name(&task.pointer),
            };
            let phrase = play.phrase(&moment, &instrument, input, &variables);
            let phrase = phrase.map_err(unusable)?;
            let frame = voice.line.enter(Frame::Play(position.clone()));
            let begins = position.at + position.moved;
            let notes = phrase.chords.into_iter().skip(position.notes);
            let mut notes = notes.map(|chord| calls::Play {
                task: task.name.clone(),
                instrument: instrument.name.clone(),
                keys: chord.keys,
                at: begins + chord.at,
                length: chord.length,
                velocity: chord.velocity,
            });
            if C::STEP == MusicStep::Phrase {
                self.play_at_once(task, notes.by_ref().collect(), &mut position, voice)
                    .await?;
            }
            let moved_before = position.moved;
            for mut note in notes {
                note.at = note.at + (position.moved - moved_before);
                self.reach(task, note.at, voice).await?;
                let playing = self.patiently(calls::PlayActivity, &note, voice);
                let performed = self.playing(task, note.at, voice, playing).await?;
                position.moved = position.moved + (performed.at - note.at);
                position.notes += 1;
                self.played(performed.at);
                frame.update(|frame| *frame = Frame::Play(position.clone()));
            }
            drop(frame);
            position.next_repetition(phrase.length);
            voice.cursor = position.at;
            let mut cycles = self.cycles.borrow_mut();
            *cycles.entry(task.pointer.clone()).or_default() += 1;
        }
        Ok(())
    }

    /// Plays a phrase as one activity.
    async fn play_at_once(
        &self,
        task: &Task,
        notes: Vec<calls::Play>,
        position: &mut PlayPosition,
        voice: &Voice,
    ) -> Result<(), Raised> {
        let Some(at) = notes.first().map(|note| note.at) else {
            return Ok(());
        };
        self.reach(task, at, voice).await?;
        let count = notes.len();
        let phrase = calls::Phrase {
            task: task.name.clone(),
            notes,
        };
        let playing = self.patiently(calls::PhraseActivity, &phrase, voice);
        let played = self.playing(task, at, voice, playing).await?;
        position.moved = position.moved + played.moved;
        position.notes += count;
        self.played(played.last.at);
        Ok(())
    }

    /// Moves the voice to where a phrase begins.
    async fn cue(&self, task: &Task, start: Start, voice: &mut Voice) -> Result<(), Raised> {
        let cue = calls::Cue {
            task: task.name.clone(),
            at: voice.cursor,
            grid: match start {
                Start::Bar => self.document.meters.first().bar(),
                Start::Beat => Beats::whole(1),
                Start::Now => Beats::ZERO,
            },
            meters: match start {
                Start::Bar => Some(self.meters()).filter(|meters| !meters.is_constant()),
                Start::Beat | Start::Now => None,
            },
        };
        let cueing = self.context.activity(calls::CueActivity, &cue);
        let cued = self.waiting(voice, Doing::Busy, cueing).await;
        let cued = cued.map_err(|failure| Raised::failure(&task.pointer, &failure))?;
        voice.cursor = cued.at;
        Ok(())
    }

    /// The meters of the score, from the beat at which it entered. A single meter counts from beat 0, as the
    /// transport does.
    pub(super) fn meters(&self) -> MeterMap {
        let meters = self.document.meters;
        match meters.is_constant() {
            true => meters,
            false => meters.starting_at(self.entered.get()),
        }
    }

    /// The same at every replay.
    fn seed(&self) -> Seed {
        let seed = self.seed.get_or_init(|| self.context.random());
        Seed::new(*seed)
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
        rest: &RestTask,
        input: &Value,
        voice: &mut Voice,
    ) -> Result<(), Raised> {
        let resumed = voice.line.take_resumed(|frame| match frame {
            Frame::Rest { at, length } => Some((*at, *length)),
            _ => None,
        });
        let (at, length) = match resumed {
            Some(resumed) => resumed,
            None => {
                let variables = self.variables(voice);
                let meters = self.meters();
                let length = rest.length.beats(&meters, voice.cursor, input, &variables);
                let length = length.map_err(|error| Raised::call(&task.pointer, &error))?;
                (voice.cursor, length)
            }
        };
        let caption = rest.caption.as_ref().map(|caption| {
            if !self.computes_captions {
                return Ok(caption.written.clone());
            }
            let variables = self.variables(voice);
            let says = &caption.says;
            says.get("caption", input, &variables, crate::score::values::caption)
        });
        let caption = caption.transpose();
        let caption = caption.map_err(|error| Raised::call(&task.pointer, &error))?;
        let rest = calls::Rest {
            task: task.name.clone(),
            at,
            length,
            caption,
        };
        let _frame = voice.line.enter(Frame::Rest { at, length });
        let resting = self.context.activity(calls::RestActivity, &rest);
        let rested = self.waiting(voice, Doing::Waiting, resting).await;
        let rested = rested.map_err(|failure| Raised::failure(&task.pointer, &failure))?;
        voice.cursor = rested.at + length;
        self.played(voice.cursor);
        Ok(())
    }

    /// Changes controllers; a ramp lasts for its length, part by part.
    pub(super) async fn control(
        &self,
        task: &Task,
        control: &ControlTask,
        input: &Value,
        voice: &mut Voice,
    ) -> Result<(), Raised> {
        let resumed = voice.line.take_resumed(|frame| match frame {
            Frame::Control {
                at,
                done,
                parts,
                context,
            } => Some(((*at, *done, *parts), context.clone())),
            _ => None,
        });
        let ((at, first, mut skipped), before) = resumed.unwrap_or(((voice.cursor, 0, 0), None));
        voice.cursor = at;
        let context = before.unwrap_or_else(|| Arc::clone(&self.shared.borrow()));
        let variables = variables(voice, &context);
        let instrument = control.instrument.get(input, &variables);
        let instrument = instrument.map_err(|error| Raised::call(&task.pointer, &error))?;
        let instrument = instrument.name;
        if !control.points.is_empty() {
            return self
                .automation(task, (control, &instrument), (skipped, context), voice)
                .await;
        }
        for (done, change) in control.changes.iter().enumerate().skip(first) {
            let ramp = change
                .ramp(input, &variables)
                .map_err(|error| Raised::call(&task.pointer, &error))?;
            for (parts, part) in ramp.parts().enumerate().skip(skipped) {
                let at = voice.cursor;
                let _frame = voice.line.enter(Frame::Control {
                    at,
                    done,
                    parts,
                    context: Some(Arc::clone(&context)),
                });
                self.reach(task, at, voice).await?;
                let control = calls::Control {
                    task: task.name.clone(),
                    instrument: instrument.clone(),
                    controller: change.controller,
                    from: part.from,
                    to: part.to,
                    at: voice.cursor,
                    length: part.over,
                    points: Vec::new(),
                };
                let changing = self.patiently(calls::ControlActivity, &control, voice);
                let changed = self.playing(task, at, voice, changing).await?;
                self.controlled(&control);
                voice.cursor = changed.at + part.over;
                self.played(changed.at);
            }
            skipped = 0;
        }
        Ok(())
    }

    /// Changes controllers at beats of their own, beat by beat. Resumes after a number of groups.
    async fn automation(
        &self,
        task: &Task,
        (control, instrument): (&ControlTask, &str),
        (done, context): (usize, Arc<Value>),
        voice: &mut Voice,
    ) -> Result<(), Raised> {
        let mut begin = voice.cursor;
        for (parts, (after, points)) in control.groups().enumerate().skip(done) {
            let _frame = voice.line.enter(Frame::Control {
                at: begin,
                done: 0,
                parts,
                context: Some(Arc::clone(&context)),
            });
            let at = begin + after;
            self.reach(task, at, voice).await?;
            let Some(first) = points.first() else {
                continue;
            };
            let point = |point: &calls::ControlPoint| calls::ControlPoint {
                after: point.after - after,
                ..*point
            };
            let group = calls::Control {
                task: task.name.clone(),
                instrument: instrument.to_owned(),
                controller: first.controller,
                from: first.value,
                to: first.value,
                at,
                length: points.last().map_or(Beats::ZERO, |last| last.after - after),
                points: points.iter().map(point).collect(),
            };
            let changing = self.patiently(calls::ControlActivity, &group, voice);
            let changed = self.playing(task, at, voice, changing).await?;
            self.controlled(&group);
            begin = begin + (changed.at - at);
            voice.cursor = changed.at + group.length;
            self.played(changed.at);
        }
        Ok(())
    }

    /// Changes the tempo; a ramp lasts for its length, beat by beat.
    pub(super) async fn tempo(
        &self,
        task: &Task,
        change: &TempoChange,
        input: &Value,
        voice: &mut Voice,
    ) -> Result<(), Raised> {
        let variables = self.variables(voice);
        let resumed = voice.line.take_resumed(|frame| match frame {
            Frame::Tempo { at, bpm, over } => Some((*at, *bpm, *over)),
            _ => None,
        });
        let (bpm, mut over) = match resumed {
            Some((at, bpm, over)) => {
                voice.cursor = at;
                (bpm, over)
            }
            None => change
                .evaluate(input, &variables)
                .map_err(|error| Raised::call(&task.pointer, &error))?,
        };
        loop {
            let at = voice.cursor;
            let _frame = voice.line.enter(Frame::Tempo { at, bpm, over });
            self.reach(task, at, voice).await?;
            let length = over.min(Beats::whole(1));
            let tempo = calls::SetTempo {
                task: task.name.clone(),
                bpm,
                at: voice.cursor,
                over,
                length,
            };
            let changing = self.context.activity(calls::TempoActivity, &tempo);
            let changed = self.playing(task, at, voice, changing).await?;
            voice.cursor = changed.performed.at + length;
            self.played(changed.performed.at);
            self.tempo.set(Some(changed.tempo));
            over = over - length;
            if over <= Beats::ZERO {
                return Ok(());
            }
        }
    }

    /// Waits for a device that is gone; within a `try` the score has its own words about that.
    fn patiently<A: Activity>(
        &self,
        activity: A,
        input: &A::Input,
        voice: &Voice,
    ) -> C::Operation<A::Output> {
        if voice.tries {
            return self.context.activity(activity, input);
        }
        let retry = RetryOn {
            error_type: calls::PORT_MISSING,
            policy: calls::port_retry_policy(),
        };
        self.context.retried_activity(activity, input, retry)
    }
}

impl PlayPosition {
    fn new(at: Beat, repeat: u32) -> Self {
        Self {
            at,
            repeat,
            done: 0,
            cycle: None,
            notes: 0,
            moved: Beats::ZERO,
            context: None,
        }
    }

    /// A repetition of this length has been played.
    fn next_repetition(&mut self, length: Beats) {
        self.at = self.at + self.moved + length;
        self.done += 1;
        self.cycle = None;
        self.notes = 0;
        self.moved = Beats::ZERO;
    }
}
