//! The way of sounds from the bank to a synth: a queue, by value, so that the audio callback neither
//! waits nor frees memory.

use std::{collections::VecDeque, sync::LazyLock};

use super::Font;
use super::font::FontPlayer;
use super::recipe::Recipe;
use crate::music::Patch;

/// How many new sounds may wait in a synth's queue.
pub(super) const QUEUE: usize = 128;

/// What Fermata brings.
static OWN: LazyLock<Vec<Recipe>> = LazyLock::new(|| {
    Patch::ALL
        .into_iter()
        .map(|patch| {
            Recipe::read(patch.text().unwrap_or_default())
                .expect("a test reads every patch that is built in")
        })
        .collect()
});

/// A sound on its way to a synth.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a patch travels by value, so that the audio callback frees nothing"
)]
pub(super) enum Delivery {
    Patch(Patch, Recipe),
    Font(Font, Box<FontPlayer>),
    /// This font plays the General MIDI programs.
    General(Font),
}

/// A synth's end of the bank.
#[derive(Debug)]
pub(super) struct PatchQueue {
    pub(super) patches: Vec<Option<Recipe>>,
    pub(super) fonts: Vec<Option<Box<FontPlayer>>>,
    /// The font that plays the General MIDI programs.
    pub(super) general: Option<Font>,
    queue: Option<rtrb::Consumer<Delivery>>,
}

impl PatchQueue {
    /// Only what Fermata brings.
    pub(super) fn own() -> Self {
        let mut patches: Vec<_> = OWN.iter().copied().map(Some).collect();
        patches.resize(Patch::MAX_COUNT, None);
        Self {
            patches,
            fonts: (0..Font::MAX_OPEN).map(|_| None).collect(),
            general: None,
            queue: None,
        }
    }

    /// Opens a way to it.
    pub(super) fn feed(&mut self, sample_rate: f32) -> Feed {
        let (producer, consumer) = rtrb::RingBuffer::new(QUEUE);
        self.queue = Some(consumer);
        Feed {
            sample_rate,
            queue: producer,
            waiting: VecDeque::new(),
        }
    }

    /// The font that plays a channel with that choice.
    pub(super) fn font(&mut self, choice: u8) -> Option<&mut FontPlayer> {
        let place = match choice {
            0 => self.general.map(|font| usize::from(font.0))?,
            _ => Font::chosen(choice)?,
        };
        self.fonts.get_mut(place)?.as_deref_mut()
    }

    /// Every font that is there.
    pub(super) fn fonts(&mut self) -> impl Iterator<Item = &mut FontPlayer> {
        self.fonts.iter_mut().filter_map(Option::as_deref_mut)
    }

    /// Takes in what was delivered.
    pub(super) fn receive(&mut self) {
        let Some(queue) = &mut self.queue else {
            return;
        };
        while let Ok(delivery) = queue.pop() {
            match delivery {
                Delivery::Patch(patch, recipe) => {
                    if let Some(place) = self.patches.get_mut(patch.index()) {
                        *place = Some(recipe);
                    }
                }
                // A font comes once: there is never one to be freed here.
                Delivery::Font(font, player) => {
                    if let Some(place) = self.fonts.get_mut(usize::from(font.0)) {
                        *place = Some(player);
                    }
                }
                Delivery::General(font) => self.general = Some(font),
            }
        }
    }
}

/// The way to one synth.
#[derive(Debug)]
pub(super) struct Feed {
    pub(super) sample_rate: f32,
    queue: rtrb::Producer<Delivery>,
    /// What found no place yet.
    pub(super) waiting: VecDeque<Delivery>,
}

impl Feed {
    /// Is the synth still there?
    pub(super) fn is_open(&self) -> bool {
        !self.queue.is_abandoned()
    }

    /// Hands over what waits, as far as there is room.
    pub(super) fn push(&mut self) {
        while let Some(delivery) = self.waiting.pop_front() {
            if let Err(rtrb::PushError::Full(delivery)) = self.queue.push(delivery) {
                self.waiting.push_front(delivery);
                return;
            }
        }
    }
}
