//! The queue of new patches and fonts to a synth. They travel by value, so that the audio callback
//! neither waits nor frees memory.

use std::{collections::VecDeque, sync::LazyLock};

use super::font::{Font, FontPlayer};
use super::recipe::Recipe;
use crate::music::{Patch, patch::PatchSlot};

/// The capacity of the queue.
pub(in crate::music) const QUEUE: usize = 128;

/// The built-in patches.
static BUILT_IN: LazyLock<Vec<(PatchSlot, Recipe)>> = LazyLock::new(|| {
    let read =
        |patch: Patch| Recipe::read(patch.text()).expect("a test reads every built-in patch");
    Patch::ALL
        .map(|patch| (PatchSlot::from(patch), read(patch)))
        .to_vec()
});

/// A new sound.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a patch travels by value, so that the audio callback frees nothing"
)]
pub(in crate::music) enum PatchUpdate {
    Patch(PatchSlot, Recipe),
    Font(Font, Box<FontPlayer>),
    /// The font that plays the General MIDI programs.
    General(Font),
}

/// The sounds of a synth, and the receiving end of the queue.
#[derive(Debug)]
pub(in crate::music) struct PatchQueue {
    pub(in crate::music) patches: Vec<Option<Recipe>>,
    pub(in crate::music) fonts: Vec<Option<Box<FontPlayer>>>,
    /// The font that plays the General MIDI programs.
    pub(in crate::music) general: Option<Font>,
    queue: Option<rtrb::Consumer<PatchUpdate>>,
}

impl PatchQueue {
    /// Only the built-in patches.
    pub(in crate::music) fn built_in() -> Self {
        let mut patches = vec![None; PatchSlot::COUNT];
        for (slot, recipe) in BUILT_IN.iter() {
            if let Some(place) = patches.get_mut(slot.index()) {
                *place = Some(*recipe);
            }
        }
        Self {
            patches,
            fonts: (0..Font::MAX_OPEN).map(|_| None).collect(),
            general: None,
            queue: None,
        }
    }

    /// The sending end of the queue, for a synth of that sample rate.
    pub(in crate::music) fn sender(&mut self, sample_rate: f32) -> PatchSender {
        let (producer, consumer) = rtrb::RingBuffer::new(QUEUE);
        self.queue = Some(consumer);
        PatchSender {
            sample_rate,
            queue: producer,
            waiting: VecDeque::new(),
        }
    }

    /// The font that plays a channel with that sound selection.
    pub(super) fn font(&mut self, choice: u8) -> Option<&mut FontPlayer> {
        let index = match choice {
            0 => self.general?.index(),
            _ => Font::chosen(choice)?,
        };
        self.fonts.get_mut(index)?.as_deref_mut()
    }

    /// All fonts that are loaded.
    pub(super) fn fonts(&mut self) -> impl Iterator<Item = &mut FontPlayer> {
        self.fonts.iter_mut().filter_map(Option::as_deref_mut)
    }

    /// Applies what has arrived.
    pub(in crate::music) fn receive(&mut self) {
        let Some(queue) = &mut self.queue else {
            return;
        };
        while let Ok(update) = queue.pop() {
            match update {
                PatchUpdate::Patch(slot, recipe) => {
                    if let Some(place) = self.patches.get_mut(slot.index()) {
                        *place = Some(recipe);
                    }
                }
                // A font is sent once: there is never an old one to free here.
                PatchUpdate::Font(font, player) => {
                    if let Some(slot) = self.fonts.get_mut(font.index()) {
                        *slot = Some(player);
                    }
                }
                PatchUpdate::General(font) => self.general = Some(font),
            }
        }
    }
}

/// The sending end of a synth's queue.
#[derive(Debug)]
pub(in crate::music) struct PatchSender {
    sample_rate: f32,
    queue: rtrb::Producer<PatchUpdate>,
    /// Updates that the queue has no room for yet.
    waiting: VecDeque<PatchUpdate>,
}

impl PatchSender {
    /// Whether the synth still exists.
    pub(in crate::music) fn is_open(&self) -> bool {
        !self.queue.is_abandoned()
    }

    /// Whether updates wait for room.
    pub(in crate::music) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The sample rate of the synth, in frames per second.
    pub(in crate::music) fn sample_rate(&self) -> f32 {
        self.sample_rate
    }

    /// Sends an update after those that wait.
    pub(in crate::music) fn send(&mut self, update: PatchUpdate) {
        self.waiting.push_back(update);
        self.flush();
    }

    /// Sends what waits, as far as there is room.
    pub(in crate::music) fn flush(&mut self) {
        while let Some(update) = self.waiting.pop_front() {
            if let Err(rtrb::PushError::Full(update)) = self.queue.push(update) {
                self.waiting.push_front(update);
                return;
            }
        }
    }
}
