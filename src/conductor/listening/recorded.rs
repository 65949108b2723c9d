//! The notes of whole histories, as they sounded.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    arrangement::{Arrangement, Change, Placed},
    channels_for,
    hearing::Hearing,
    instruments_of, listening_score_of,
    pace::Pace,
};
use crate::{
    engine::History,
    music::{Bank, Channel, Message, Tempo},
    score::{Instrument, listening::ListeningScore},
};

/// What is heard of the events of an instance.
pub(in crate::conductor) struct Listened {
    pub tempo: Tempo,
    pub instruments: Vec<Instrument>,
    /// The channel of each instrument.
    pub channels: Vec<Channel>,
    /// The notes, by onset.
    pub notes: Vec<Placed>,
}

impl Listened {
    /// What is heard of the runs of an instance, oldest first; `None` if nothing is. Channels in `taken`
    /// are left to others.
    pub fn of(
        runs: &[History],
        usual: Option<&Arc<ListeningScore>>,
        taken: &[Channel],
    ) -> Option<Self> {
        let first = runs.first()?;
        let score = listening_score_of(first.events.first()?, usual)?;
        let pace = Pace::own(score.tempo, score.grid);
        let mut hearing = Hearing::new(Arc::clone(&score));
        let mut arrangement = Arrangement::new(score.density, score.longest);
        let mut notes = BTreeMap::new();
        let own = first.instance.as_str();
        let events = runs.iter().flat_map(|run| &run.events);
        for event in events {
            let sounds = hearing.hear(own, event, score.tempo);
            for change in arrangement.arrange(event, sounds, &pace, 0) {
                apply(&mut notes, change);
            }
        }
        let mut notes: Vec<Placed> = notes.into_values().collect();
        notes.sort_by_key(|note| (note.onset, note.number));
        let instruments = instruments_of(&score, &first.instance);
        let channels = channels_for(&instruments, taken);
        (!notes.is_empty()).then_some(Self {
            tempo: score.tempo,
            instruments,
            channels,
            notes,
        })
    }

    /// When the bar begins in which the first note is, in the listening score's own time.
    pub fn first_bar(&self) -> i128 {
        let bar = (self.tempo.beat_nanos() * 4.0).round() as i128;
        let first = self.notes.first().map_or(0, |note| i128::from(note.onset));
        first.div_euclid(bar.max(1)) * bar.max(1)
    }

    /// The messages that set up the channel of an instrument.
    pub fn setup(&self, place: usize, bank: &Bank) -> Vec<Message> {
        let both = self.instruments.get(place).zip(self.channels.get(place));
        let messages = both.map(|(instrument, channel)| {
            let setup = instrument.setup(bank);
            setup.messages(*channel).collect()
        });
        messages.unwrap_or_default()
    }
}

fn apply(notes: &mut BTreeMap<u64, Placed>, change: Change) {
    match change {
        Change::Note(note) => {
            notes.insert(note.number, note);
        }
        Change::End { number, at } => {
            if let Some(note) = notes.get_mut(&number) {
                note.until = at;
            }
        }
        Change::Silence { at } => {
            notes.retain(|_, note| note.onset < at);
            for note in notes.values_mut() {
                note.until = note.until.min(at);
            }
        }
    }
}
