//! Loads a font: checks it, reads it, and plays it once.

use std::{
    io::{Read, Seek},
    sync::Arc,
};

use rustysynth::{Preset, SoundFont, Synthesizer, SynthesizerSettings};

use super::fault::FontFault;
use super::hydra::Hydra;
use super::layout::Layout;
use super::repair::repaired;
use super::zones::{MIN_SAMPLE_RATE, Plan};
use crate::music::real_time;

/// The highest sample rate that fonts are played at, in frames per second.
const MAX_SAMPLE_RATE: u32 = 192_000;
/// Frames that a player renders at once; a note begins at their border, a third of a millisecond.
const BLOCK: usize = 16;
/// The most notes of a channel that sound at once.
const POLYPHONY: usize = 48;

/// A font that was checked, in memory. Copies share it.
#[derive(Debug, Clone)]
pub(in crate::music) struct LoadedFont {
    pub(super) font: Arc<SoundFont>,
    faults: Arc<[FontFault]>,
}

impl LoadedFont {
    /// Reads a font, checks every zone of it and plays every preset once. Zones that cannot be played
    /// are repaired or silent, as long as others sound.
    ///
    /// # Errors
    ///
    /// [`FontFault`] if it cannot be played.
    pub(in crate::music) fn read(file: &mut (impl Read + Seek)) -> Result<Self, FontFault> {
        real_time::prepare();
        let layout = Layout::read(file)?;
        let hydra = Hydra::read(&layout.lists)?;
        let plan = Plan::of(&hydra, layout.frames())?;
        let mut reader = repaired(file, &layout, &hydra, &plan)?;
        let played = real_time::caught(|| {
            let font = SoundFont::new(&mut reader).map_err(|error| error.to_string())?;
            let font = Arc::new(font);
            play_once(&font)?;
            Ok(font)
        });
        let played = played.unwrap_or_else(|| Err("its contents contradict each other".into()));
        let font = played.map_err(|reason: String| FontFault::Library { reason })?;
        let faults = plan.faults.into();
        Ok(Self { font, faults })
    }

    /// The zones that are silent, or that sound without their loop: what is wrong with each.
    pub(in crate::music) fn faults(&self) -> &[FontFault] {
        &self.faults
    }
}

pub(super) fn synthesizer(font: &Arc<SoundFont>, sample_rate: f32) -> Result<Synthesizer, String> {
    let sample_rate = (sample_rate as u32).clamp(MIN_SAMPLE_RATE, MAX_SAMPLE_RATE);
    let mut settings = SynthesizerSettings::new(sample_rate as i32);
    settings.block_size = BLOCK;
    settings.maximum_polyphony = POLYPHONY;
    settings.enable_reverb_and_chorus = false;
    Synthesizer::new(font, &settings).map_err(|error| error.to_string())
}

/// Plays the lowest and the highest key of every zone, bent all the way up.
fn play_once(font: &Arc<SoundFont>) -> Result<(), String> {
    let mut synthesizer = synthesizer(font, MIN_SAMPLE_RATE as f32)?;
    let (mut left, mut right) = ([0.0; 4 * BLOCK], [0.0; 4 * BLOCK]);
    for preset in font.get_presets() {
        synthesizer.process_midi_message(0, 0xB0, 0, preset.get_bank_number());
        synthesizer.process_midi_message(0, 0xC0, preset.get_patch_number(), 0);
        synthesizer.process_midi_message(0, 0xE0, 127, 127);
        let mut notes = edges(font, preset);
        notes.sort_unstable();
        notes.dedup();
        for notes in notes.chunks(POLYPHONY) {
            for &(key, velocity) in notes {
                synthesizer.note_on(0, key, velocity);
            }
            synthesizer.render(&mut left, &mut right);
            synthesizer.note_off_all(true);
            if left.iter().chain(&right).any(|x| !x.is_finite()) {
                let name = preset.get_name();
                return Err(format!("the preset {name:?} does not give finite samples"));
            }
        }
    }
    Ok(())
}

/// The keys and velocities at the ends of a preset's zones.
fn edges(font: &SoundFont, preset: &Preset) -> Vec<(i32, i32)> {
    let zones = preset.get_regions().iter();
    let instruments = zones.filter_map(|zone| font.get_instruments().get(zone.get_instrument_id()));
    instruments
        .flat_map(|instrument| instrument.get_regions())
        .flat_map(|zone| {
            let keys = [zone.get_key_range_start(), zone.get_key_range_end()];
            let velocity = zone.get_velocity_range_end();
            keys.map(|key| (key.clamp(0, 127), velocity.clamp(1, 127)))
        })
        .collect()
}
