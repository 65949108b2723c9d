//! The sounds of events that a listening score plays, as a part of recorded music.

use std::sync::Arc;

use super::{PartNumber, RecordedMessage, RecordedMusic, RecordedNote, Stretch, TempoMap};
use crate::{
    conductor::{ConductorError, listening::recorded::Listened},
    engine::{History, Timestamp},
    music::{Bank, Beat, Beats, MeterMap},
    score::listening::ListeningScore,
};

impl RecordedMusic {
    /// The music in the histories of an instance with the sounds of its events, if a listening score plays
    /// them. `usual` is the one in use; `None`: only what the score plays is heard.
    ///
    /// # Errors
    ///
    /// [`ConductorError::NoMusic`] if there is nothing to be heard in them.
    pub fn listened(
        runs: &[History],
        bank: &Bank,
        usual: Option<&Arc<ListeningScore>>,
    ) -> Result<Self, ConductorError> {
        let played = Self::of(runs, bank);
        let taken = played.iter().flat_map(|music| {
            let messages = music.messages.iter();
            messages.filter_map(|sent| sent.message.channel())
        });
        let taken: Vec<_> = taken.collect();
        match (played, Listened::of(runs, usual, &taken)) {
            (played, None) => played,
            (Ok(music), Some(listened)) => Ok(music.with(&listened, bank)),
            (Err(ConductorError::NoMusic(_)), Some(listened)) => Ok(alone(runs, &listened, bank)),
            (Err(error), Some(_)) => Err(error),
        }
    }

    /// Adds sounds to what a score played. Their beats are those at which they sounded.
    fn with(mut self, listened: &Listened, bank: &Bank) -> Self {
        let place = |music: &Self, moment: u64| {
            let known = music.reference(moment);
            let passed = (i128::from(moment) - i128::from(known.onset.0)) as f64;
            music.tempi.after(known.at, passed)
        };
        let spans: Vec<(Beat, Beat)> = listened
            .notes
            .iter()
            .map(|note| (place(&self, note.onset), place(&self, note.until)))
            .collect();
        self.add(listened, &spans, bank);
        self
    }

    /// What was performed last before a moment, else first.
    fn reference(&self, moment: u64) -> Stretch {
        let begun = |one: &Stretch| one.onset.0 <= moment;
        let next = self.performed.partition_point(begun);
        let last = next
            .checked_sub(1)
            .and_then(|last| self.performed.get(last));
        let known = last.or_else(|| self.performed.first()).copied();
        known.unwrap_or(Stretch {
            at: Beat::ZERO,
            length: Beats::ZERO,
            onset: Timestamp(moment),
            until: Timestamp(moment),
        })
    }

    /// Adds the notes of a listening score, with the beats at which each begins and ends.
    fn add(&mut self, listened: &Listened, spans: &[(Beat, Beat)], bank: &Bank) {
        let first_part = self.parts.len();
        let names = listened.instruments.iter().map(|i| i.name.clone());
        self.parts.extend(names);
        let begins = spans.iter().zip(&listened.notes).next();
        if let Some(((at, _), note)) = begins {
            for place in 0..listened.instruments.len() {
                let is_used = listened.notes.iter().any(|note| note.instrument == place);
                let setup = listened.setup(place, bank).into_iter().filter(|_| is_used);
                self.messages.extend(setup.map(|message| RecordedMessage {
                    part: PartNumber(first_part + place),
                    message,
                    at: *at,
                    moment: Timestamp(note.onset),
                }));
            }
        }
        for ((at, end), note) in spans.iter().zip(&listened.notes) {
            let Some(channel) = listened.channels.get(note.instrument) else {
                continue;
            };
            self.notes.push(RecordedNote {
                source: note.source,
                part: PartNumber(first_part + note.instrument),
                channel: *channel,
                key: note.key,
                velocity: note.velocity,
                at: *at,
                length: (*end - *at).max(Beats::ZERO),
                onset: Timestamp(note.onset),
                until: Timestamp(note.until),
            });
        }
        self.notes.sort_by_key(|note| (note.onset, note.at));
        self.messages
            .sort_by_key(|message| (message.moment, message.at));
    }
}

/// The sounds of a history that plays no note.
fn alone(runs: &[History], listened: &Listened, bank: &Bank) -> RecordedMusic {
    let begins = listened.first_bar();
    let beat = |moment: u64| {
        let passed = (i128::from(moment) - begins) as f64;
        Beat(Beats::from_f64(passed / listened.tempo.beat_nanos()))
    };
    let notes = listened.notes.iter();
    let spans: Vec<_> = notes
        .map(|note| (beat(note.onset), beat(note.until)))
        .collect();
    let performed = listened
        .notes
        .iter()
        .zip(&spans)
        .map(|(note, (at, end))| Stretch {
            at: *at,
            length: *end - *at,
            onset: Timestamp(note.onset),
            until: Timestamp(note.until),
        });
    let title = runs.first().map(|run| run.instance.to_string());
    let mut music = RecordedMusic {
        title: title.unwrap_or_default(),
        meters: MeterMap::default(),
        parts: Vec::new(),
        notes: Vec::new(),
        messages: Vec::new(),
        tempi: TempoMap::new(listened.tempo),
        performed: performed.collect(),
    };
    music.add(listened, &spans, bank);
    music
}
