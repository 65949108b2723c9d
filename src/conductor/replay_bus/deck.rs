//! What is handed over to the player, and when.

use std::time::Duration;

use super::{
    Direction, Rate, ReplayActivity, ReplayRoute,
    output::Output,
    playhead::MovingPlayhead,
    tape::{Crossed, RecordedLane, Tape, TapeNote},
    voices::Voices,
};
use crate::{
    engine::{InstanceId, Timestamp},
    music::{HORIZON, Nanos, Sink},
};

/// How long a note sounds that was dragged over, in nanoseconds.
const TOUCH: u64 = 150_000_000;
/// The shortest time between two calls.
const MIN_INTERVAL: Duration = Duration::from_millis(1);
/// The most notes that one drag triggers: those nearest to its end.
const MAX_TOUCHED: usize = 16;

/// The tape, the playhead on it, and the output.
pub(super) struct Deck {
    lanes: Vec<InstanceId>,
    voices: Voices,
    tape: Tape,
    playing: Option<Playing>,
    /// The moment whose programs and controllers the output has.
    state_of: Option<Timestamp>,
    /// Until when the notes sound that were handed over.
    sounds_until: Option<Nanos>,
    output: Output,
}

#[derive(Debug, Clone, Copy)]
struct Playing {
    playhead: MovingPlayhead,
    /// Everything up to here has been handed over.
    handed_over: Timestamp,
}

impl Deck {
    pub fn new(output: Output) -> Self {
        Self {
            lanes: Vec::new(),
            voices: Voices::default(),
            tape: Tape::default(),
            playing: None,
            state_of: None,
            sounds_until: None,
            output,
        }
    }

    pub fn lanes(&self) -> Vec<InstanceId> {
        self.lanes.clone()
    }

    pub fn activity(&self) -> ReplayActivity {
        match self.playing.is_some() || self.sounds_until.is_some() {
            true => ReplayActivity::Playing,
            false => ReplayActivity::Idle,
        }
    }

    pub fn set_music(&mut self, lanes: &[RecordedLane]) {
        self.lanes = lanes.iter().map(|lane| lane.instance.clone()).collect();
        let ids: Vec<_> = self.lanes.iter().collect();
        self.voices.retain(&ids);
        self.tape = Tape::of(lanes, &mut self.voices);
        if self.playing.is_none() {
            // The next call sets the channels up.
            self.state_of = None;
        }
    }

    pub fn stop(&mut self) {
        self.playing = None;
        self.sounds_until = None;
        self.output.silence();
    }

    pub fn seek(&mut self, moment: Timestamp) {
        self.stop();
        self.set_up(moment);
    }

    pub fn play(&mut self, from: Timestamp, rate: Rate, now: Nanos) {
        self.seek(from);
        let sounding: Vec<_> = self.tape.sounding_at(from).copied().collect();
        for note in sounding {
            let lasts = match rate.direction {
                Direction::Forward => note.until.0.saturating_sub(from.0),
                Direction::Backward => from.0.saturating_sub(note.onset.0),
            };
            self.sound(&note, now, rate.speed.playing(lasts));
        }
        self.playing = Some(Playing {
            playhead: MovingPlayhead::new(from, rate, now),
            handed_over: from,
        });
    }

    pub fn drag(&mut self, from: Timestamp, to: Timestamp, now: Nanos) {
        if self.playing.is_some() {
            self.stop();
        }
        let (first, last) = (from.min(to), from.max(to));
        match self.state_of == Some(from) && !self.tape.has_messages(first, last) {
            true => self.state_of = Some(to),
            false => self.set_up(to),
        }
        let crossed = self.tape.notes_begun(first, last);
        let nearest: Vec<TapeNote> = match from <= to {
            true => crossed.iter().rev().take(MAX_TOUCHED).copied().collect(),
            false => crossed.iter().take(MAX_TOUCHED).copied().collect(),
        };
        for note in nearest {
            let lasts = TOUCH.min(note.until.0.saturating_sub(note.onset.0));
            self.sound(&note, now, lasts);
        }
    }

    pub fn reroute(&mut self, to: &ReplayRoute, sink: Option<Box<dyn Sink>>) {
        self.stop();
        self.output.reroute(to, sink);
        self.state_of = None;
    }

    /// Hands over what is due soon. Returns when to call it again; `None` if nothing sounds or lies ahead.
    pub fn hand_over(&mut self, now: Nanos) -> Option<Nanos> {
        let next = self.playing.and_then(|playing| self.advance(playing, now));
        self.sounds_until.take_if(|until| *until <= now);
        next.or(self.sounds_until)
    }

    /// Advances the playhead. Returns when to do so again; at the end of the music it stops.
    fn advance(&mut self, mut playing: Playing, now: Nanos) -> Option<Nanos> {
        let playhead = playing.playhead;
        let until = playhead.moment(now + HORIZON);
        for crossed in self.tape.crossed(playing.handed_over, until) {
            self.cross(&crossed, &playhead);
        }
        playing.handed_over = until;
        self.state_of = None;
        let next = match playhead.rate.direction {
            Direction::Forward => self.tape.next_from(until),
            Direction::Backward => self.tape.next_back_from(until),
        };
        self.playing = next.map(|_| playing);
        // Rounding must not make it turn in circles.
        let soonest = now + MIN_INTERVAL;
        next.map(|next| (playhead.time(next) - HORIZON).max(soonest))
    }

    fn cross(&mut self, crossed: &Crossed, playhead: &MovingPlayhead) {
        let due = playhead.time(crossed.at());
        match crossed {
            Crossed::Note { note, lasts, .. } => {
                self.sound(note, due, playhead.rate.speed.playing(*lasts));
            }
            Crossed::Message { message, .. } => self.output.message(*message, due),
            Crossed::State { at } => {
                for (channel, messages) in self.tape.state_before(*at) {
                    self.output.set_up_at(channel, &messages, due);
                }
            }
        }
    }

    fn sound(&mut self, note: &TapeNote, due: Nanos, lasts: u64) {
        self.output.note(note, due, lasts);
        let end = Some(Nanos(due.0.saturating_add(lasts)));
        self.sounds_until = self.sounds_until.max(end);
    }

    /// Sets the channels up as they were just before a moment.
    fn set_up(&mut self, moment: Timestamp) {
        for (channel, messages) in self.tape.state_before(moment) {
            self.output.set_up(channel, &messages);
        }
        self.state_of = Some(moment);
    }
}
