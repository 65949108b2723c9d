//! Checks every zone of a font before anything plays it, and decides how a zone is played that
//! cannot be played as it is written: samples lie within the data, and a loop is never shorter than
//! one step of the interpolator.

use std::collections::BTreeMap;

use super::fault::{FontFault, ZoneFault};
use super::hydra::{Generator, Hydra, Layers, Sample, Zone};

/// The lowest sample rate that fonts are played at, in frames per second.
pub(super) const MIN_SAMPLE_RATE: u32 = 16_000;
/// The widest pitch bend, in semitones; wider ones are played as this.
pub(super) const MAX_BEND_RANGE: u8 = 12;
/// What controllers may add to a key at most, in semitones: the bend range with its cents, fine
/// tuning, and the modulation wheel.
const MAX_CONTROL: f64 = MAX_BEND_RANGE as f64 + 1.27 + 1.0 + 0.5;
/// The longest step of the interpolator over a loop, in frames.
const MAX_LOOP_STEP: f64 = 65_536.0;
/// The longest step over a sample that is played once: the position must not overflow.
const MAX_STEP: f64 = 1e9;
/// Frames per second that samples may have.
const SAMPLE_RATES: std::ops::RangeInclusive<u32> = 1..=1_000_000;

/// How a zone is played that cannot be played as it is written. Of several, the greatest holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Repair {
    /// A copy of its sample with a loop of at least this many frames. It sounds the same.
    LongLoop(i64),
    /// The sample once.
    Once,
    /// Nothing.
    Silence,
}

/// The repairs that the zones of a font need.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The repair of each zone that needs one, by the place of its instrument and its own.
    pub(super) repairs: BTreeMap<(usize, usize), Repair>,
    /// What is audible of them: the zones that are not played as they are meant.
    pub(super) faults: Vec<FontFault>,
}

impl Plan {
    /// The repairs after which every zone can be played.
    ///
    /// # Errors
    ///
    /// [`FontFault`] if nothing would sound, or if a preset or a tuning is beyond repair.
    pub(super) fn of(hydra: &Hydra, frames: i64) -> Result<Self, FontFault> {
        let mut plan = Self::default();
        for (index, instrument) in hydra.instruments.iter().enumerate() {
            for (number, zone) in instrument.zones.iter().enumerate() {
                if let Some((repair, fault)) = bounds(zone, hydra, frames) {
                    let place = place(number, "instrument", instrument);
                    plan.add((index, number), repair, place, fault);
                }
            }
        }
        plan.has_sound(hydra)?;
        for preset in &hydra.presets {
            for (number, zone) in preset.zones.iter().enumerate() {
                let place = place(number, "preset", preset);
                let instrument = hydra.instruments.get(zone.target);
                let instrument = instrument.ok_or(FontFault::Zone {
                    zone: place,
                    fault: ZoneFault::NoInstrument,
                })?;
                plan.preset_zone(preset, zone, instrument, hydra)?;
            }
        }
        Ok(plan)
    }

    /// Adds what an instrument's zones need when a preset plays them.
    fn preset_zone(
        &mut self,
        preset: &Layers,
        zone: &Zone,
        instrument: &Layers,
        hydra: &Hydra,
    ) -> Result<(), FontFault> {
        for (number, inner) in instrument.zones.iter().enumerate() {
            let at = (zone.target, number);
            if self.repairs.get(&at) == Some(&Repair::Silence) {
                continue;
            }
            let place = || {
                let zone = place(number, "instrument", instrument);
                format!("{zone} in the preset {:?}", preset.name)
            };
            match loop_needed(zone, inner, hydra) {
                Ok(None) => {}
                Ok(Some(frames)) => {
                    self.add(at, Repair::LongLoop(frames), String::new(), None);
                }
                Err(TooHigh::ToLoop) => {
                    self.add(at, Repair::Once, place(), Some(ZoneFault::TooHighToLoop));
                }
                Err(TooHigh::ToPlay) => {
                    let zone = place();
                    let fault = ZoneFault::TooHigh;
                    return Err(FontFault::Zone { zone, fault });
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, at: (usize, usize), repair: Repair, zone: String, fault: Option<ZoneFault>) {
        let known = self.repairs.entry(at).or_insert(repair);
        *known = repair.max(*known);
        self.faults
            .extend(fault.map(|fault| FontFault::Zone { zone, fault }));
    }

    /// An error if no zone of any preset sounds.
    fn has_sound(&mut self, hydra: &Hydra) -> Result<(), FontFault> {
        let mut zones = hydra.presets.iter().flat_map(|preset| &preset.zones);
        let sounds = zones.any(|zone| match hydra.instruments.get(zone.target) {
            // The error that names the zone is the better one.
            None => true,
            Some(instrument) => (0..instrument.zones.len())
                .any(|number| self.repairs.get(&(zone.target, number)) != Some(&Repair::Silence)),
        });
        match sounds {
            true => Ok(()),
            false if self.faults.is_empty() => Err(FontFault::Silent),
            false => Err(self.faults.swap_remove(0)),
        }
    }
}

fn place(number: usize, noun: &str, layers: &Layers) -> String {
    format!("zone {} of the {noun} {:?}", number + 1, layers.name)
}

/// The part of a sample that a zone plays. Positions are frames of the sample data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Region {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) loop_start: i64,
    pub(super) loop_end: i64,
}

impl Region {
    pub(super) fn of(zone: &Zone, sample: &Sample) -> Self {
        let offsets = Self::offsets(zone);
        Self {
            start: sample.start + offsets.start,
            end: sample.end + offsets.end,
            loop_start: sample.loop_start + offsets.loop_start,
            loop_end: sample.loop_end + offsets.loop_end,
        }
    }

    /// What a zone adds to the positions of a sample.
    pub(super) fn offsets(zone: &Zone) -> Self {
        use Generator as G;
        let offset =
            |coarse, fine| i64::from(zone.get(coarse)) * 32_768 + i64::from(zone.get(fine));
        Self {
            start: offset(G::StartCoarseOffset, G::StartOffset),
            end: offset(G::EndCoarseOffset, G::EndOffset),
            loop_start: offset(G::LoopStartCoarseOffset, G::LoopStartOffset),
            loop_end: offset(G::LoopEndCoarseOffset, G::LoopEndOffset),
        }
    }

    /// The frames of the loop, if there is one.
    fn loop_length(&self, zone: &Zone) -> Option<i64> {
        let loops = matches!(zone.get(Generator::SampleModes), 1 | 3);
        let length = self.loop_end - self.loop_start;
        (loops && length > 0).then_some(length)
    }
}

/// How to repair a zone that points outside the sample data, and what is wrong with it if that is
/// audible.
fn bounds(zone: &Zone, hydra: &Hydra, frames: i64) -> Option<(Repair, Option<ZoneFault>)> {
    let silent = |fault| Some((Repair::Silence, Some(fault)));
    let Some(sample) = hydra.samples.get(zone.target) else {
        return silent(ZoneFault::NoSample);
    };
    let name = || sample.name.clone();
    if sample.is_in_rom() {
        return silent(ZoneFault::Rom(name()));
    }
    if !SAMPLE_RATES.contains(&sample.rate) {
        let (sample, rate) = (name(), sample.rate);
        return silent(ZoneFault::SampleRate { sample, rate });
    }
    let region = Region::of(zone, sample);
    let inside = |position: i64| (0..frames).contains(&position);
    if !inside(region.start) || region.end > frames || region.end <= region.start {
        return silent(ZoneFault::OutOfRange(name()));
    }
    let has_loop = region.loop_length(zone).is_some();
    if inside(region.loop_start)
        && (inside(region.loop_end) || has_loop && region.loop_end == frames)
    {
        // The library reads one frame further than the format.
        let at_end = region.end == frames || region.loop_end == frames;
        return at_end.then_some((Repair::LongLoop(1), None));
    }
    let fault = has_loop.then(|| ZoneFault::LoopOutOfRange(name()));
    Some((Repair::Once, fault))
}

/// A pitch that is too high.
enum TooHigh {
    ToLoop,
    ToPlay,
}

/// The frames that the loop of a zone needs, if it has fewer: one step of the interpolator at the
/// highest pitch that can be played, on the slowest device.
fn loop_needed(preset: &Zone, zone: &Zone, hydra: &Hydra) -> Result<Option<i64>, TooHigh> {
    let (low, high) = (preset.keys(), zone.keys());
    let (low, high) = (low.0.max(high.0), low.1.min(high.1));
    let Some(sample) = hydra.samples.get(zone.target).filter(|_| low <= high) else {
        return Ok(None);
    };
    let step = max_step(preset, zone, sample, (low, high));
    match Region::of(zone, sample).loop_length(zone) {
        _ if step > MAX_STEP => Err(TooHigh::ToPlay),
        Some(length) if step > length as f64 => match step <= MAX_LOOP_STEP {
            true => Ok(Some(step.ceil() as i64)),
            false => Err(TooHigh::ToLoop),
        },
        _ => Ok(None),
    }
}

/// The most frames that one frame of output can go forward in a sample.
fn max_step(preset: &Zone, zone: &Zone, sample: &Sample, keys: (i32, i32)) -> f64 {
    use Generator as G;
    let sum = |generator| f64::from(preset.get(generator) + zone.get(generator));
    let semitones = |generator| (sum(generator) / 100.0).abs();
    let reach = MAX_CONTROL
        + semitones(G::VibratoLfoToPitch)
        + semitones(G::ModulationLfoToPitch)
        + semitones(G::ModulationEnvelopeToPitch);
    let root = match zone.get(G::OverridingRootKey) {
        -1 => f64::from(sample.root_key),
        key => f64::from(key),
    };
    let scale = sum(G::ScaleTuning) / 100.0;
    let tune = sum(G::CoarseTune) + (sum(G::FineTune) + f64::from(sample.correction)) / 100.0;
    let low = f64::from(keys.0) - reach - root;
    let high = f64::from(keys.1) + reach - root;
    let highest = (scale * low).max(scale * high) + tune;
    f64::from(sample.rate) / f64::from(MIN_SAMPLE_RATE) * (highest / 12.0).exp2()
}
