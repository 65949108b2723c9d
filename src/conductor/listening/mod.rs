//! Listening: makes the events of any history audible, by a [`ListeningScore`].
//!
//! | file | contents |
//! |---|---|
//! | this one | which listening score a history has |
//! | `sound` | what an event sounds like, without time |
//! | `hearing` | the state of a lane, folded from its events |
//! | `vocabulary` | from an event to its sounds |
//! | `pace` | beats and the grid in time |
//! | `arrangement` | from sounds to notes in time: grid, density, ends |
//! | `recorded` | the notes of whole histories |
//! | `live` | plays them as the events are committed |
//!
//! All but `live` is pure, so that a history that is replayed or rendered sounds as it did. Sounds follow
//! the grid of the mapping's own tempo; while a score plays, they follow the grid of that score instead,
//! which only the live performance knows.

mod arrangement;
mod hearing;
pub(super) mod live;
mod pace;
pub(super) mod recorded;
mod sound;
#[cfg(test)]
mod tests;
mod vocabulary;

use std::sync::Arc;

use crate::{
    engine::{Event, EventKind, InstanceId},
    music::Channel,
    score::{
        Instrument, ScoreInput,
        listening::{HeardBy, ListeningScore},
        parse_stored,
    },
};

/// The listening score of the run that begins with an event, if it sounds. `usual` is the one in use;
/// `None`: nothing sounds.
pub(super) fn listening_score_of(
    first: &Event,
    usual: Option<&Arc<ListeningScore>>,
) -> Option<Arc<ListeningScore>> {
    let usual = usual?;
    let EventKind::ExecutionStarted { input, .. } = &first.kind else {
        return None;
    };
    // A workflow in Rust says nothing about it.
    let Ok(start) = input.decode::<ScoreInput>() else {
        return Some(Arc::clone(usual));
    };
    let Ok(document) = parse_stored(&start.score) else {
        return Some(Arc::clone(usual));
    };
    let own = || {
        let own = start.listening.as_deref();
        let own = own.and_then(ListeningScore::parse_stored);
        own.map_or_else(|| Arc::clone(usual), Arc::new)
    };
    match HeardBy::of(&document, &start) {
        HeardBy::Nothing => None,
        HeardBy::InUse => Some(Arc::clone(usual)),
        HeardBy::Own => Some(own()),
    }
}

/// The instruments of a lane: those of the listening score, each at the lane's place in the room.
fn instruments_of(score: &ListeningScore, instance: &InstanceId) -> Vec<Instrument> {
    /// Places from left to right.
    const PANS: [u8; 5] = [64, 40, 88, 24, 104];
    let place = sound::hash(instance.as_str()) as usize % PANS.len();
    let instruments = score.instruments.iter().map(|instrument| {
        let mut own = instrument.clone();
        own.name = format!("{} (listening)", instrument.name);
        own.mix.pan = own.mix.pan.or(PANS.get(place).copied());
        own
    });
    instruments.collect()
}

/// A channel for each of several instruments of a history that is rendered: not one of `taken`.
fn channels_for(instruments: &[Instrument], taken: &[Channel]) -> Vec<Channel> {
    let mut free = Channel::parts().filter(|c| !c.is_drums() && !taken.contains(c));
    let channels = instruments
        .iter()
        .map(|instrument| match instrument.channel {
            Channel::DRUMS => Channel::DRUMS,
            other => free.next().unwrap_or(other),
        });
    channels.collect()
}
