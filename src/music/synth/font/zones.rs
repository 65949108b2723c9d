//! Checks every zone of a font before anything plays it: the sample lies within the data, and a loop
//! is never shorter than one step of the interpolator.

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

/// The number of frames that the loops of some samples need at least, by the sample's index. Only
/// samples with shorter loops are in it.
pub(super) type ShortLoops = BTreeMap<usize, i64>;

/// Checks all zones against `frames` of sample data.
pub(super) fn check(hydra: &Hydra, frames: i64) -> Result<ShortLoops, FontFault> {
    for instrument in &hydra.instruments {
        for (number, zone) in instrument.zones.iter().enumerate() {
            bounds(zone, hydra, frames).map_err(|fault| FontFault::Zone {
                zone: place(number, "instrument", instrument),
                fault,
            })?;
        }
    }
    let is_silent = |zone: &Zone| {
        let instrument = hydra.instruments.get(zone.target);
        instrument.is_some_and(|instrument| instrument.zones.is_empty())
    };
    if hydra.presets.iter().flat_map(|p| &p.zones).all(is_silent) {
        return Err(FontFault::Silent);
    }
    let mut short = ShortLoops::new();
    for preset in &hydra.presets {
        for (number, zone) in preset.zones.iter().enumerate() {
            let faulty = |fault| FontFault::Zone {
                zone: place(number, "preset", preset),
                fault,
            };
            let instrument = hydra.instruments.get(zone.target);
            let instrument = instrument.ok_or_else(|| faulty(ZoneFault::NoInstrument))?;
            for (number, inner) in instrument.zones.iter().enumerate() {
                let needed = loop_needed(zone, inner, hydra).map_err(|fault| FontFault::Zone {
                    zone: format!(
                        "{} in the preset {:?}",
                        place(number, "instrument", instrument),
                        preset.name
                    ),
                    fault,
                })?;
                if let Some(needed) = needed {
                    let longest = short.entry(inner.target).or_insert(needed);
                    *longest = needed.max(*longest);
                }
            }
        }
    }
    // A longer loop would be a wrong one for zones that move its ends.
    for instrument in &hydra.instruments {
        for (number, zone) in instrument.zones.iter().enumerate() {
            if short.contains_key(&zone.target) && moves_loop(zone) {
                return Err(FontFault::Zone {
                    zone: place(number, "instrument", instrument),
                    fault: ZoneFault::ShortLoop,
                });
            }
        }
    }
    Ok(short)
}

fn place(number: usize, noun: &str, layers: &Layers) -> String {
    format!("zone {} of the {noun} {:?}", number + 1, layers.name)
}

/// The part of a sample that a zone plays.
struct Region {
    start: i64,
    end: i64,
    loop_start: i64,
    loop_end: i64,
}

impl Region {
    fn of(zone: &Zone, sample: &Sample) -> Self {
        use Generator as G;
        let offset =
            |coarse, fine| i64::from(zone.get(coarse)) * 32_768 + i64::from(zone.get(fine));
        Self {
            start: sample.start + offset(G::StartCoarseOffset, G::StartOffset),
            end: sample.end + offset(G::EndCoarseOffset, G::EndOffset),
            loop_start: sample.loop_start + offset(G::LoopStartCoarseOffset, G::LoopStartOffset),
            loop_end: sample.loop_end + offset(G::LoopEndCoarseOffset, G::LoopEndOffset),
        }
    }

    /// The frames of the loop, if there is one.
    fn loop_length(&self, zone: &Zone) -> Option<i64> {
        let loops = matches!(zone.get(Generator::SampleModes), 1 | 3);
        let length = self.loop_end - self.loop_start;
        (loops && length > 0).then_some(length)
    }
}

fn moves_loop(zone: &Zone) -> bool {
    [
        Generator::LoopStartOffset,
        Generator::LoopStartCoarseOffset,
        Generator::LoopEndOffset,
        Generator::LoopEndCoarseOffset,
    ]
    .into_iter()
    .any(|generator| zone.get(generator) != 0)
}

fn bounds(zone: &Zone, hydra: &Hydra, frames: i64) -> Result<(), ZoneFault> {
    let sample = hydra.samples.get(zone.target).ok_or(ZoneFault::NoSample)?;
    let named = |fault: fn(String) -> ZoneFault| fault(sample.name.clone());
    if sample.is_in_rom() {
        return Err(named(ZoneFault::Rom));
    }
    if !SAMPLE_RATES.contains(&sample.rate) {
        return Err(ZoneFault::SampleRate {
            sample: sample.name.clone(),
            rate: sample.rate,
        });
    }
    let region = Region::of(zone, sample);
    let inside = |position: i64| (0..frames).contains(&position);
    if !inside(region.start) || !inside(region.end) || region.end <= region.start {
        return Err(named(ZoneFault::OutOfRange));
    }
    if !inside(region.loop_start) || !inside(region.loop_end) {
        return Err(named(ZoneFault::LoopOutOfRange));
    }
    Ok(())
}

/// The frames that the loop of a zone needs, if it has fewer: one step of the interpolator at the
/// highest pitch that can be played, on the slowest device.
fn loop_needed(preset: &Zone, zone: &Zone, hydra: &Hydra) -> Result<Option<i64>, ZoneFault> {
    let (low, high) = (preset.keys(), zone.keys());
    let (low, high) = (low.0.max(high.0), low.1.min(high.1));
    let Some(sample) = hydra.samples.get(zone.target).filter(|_| low <= high) else {
        return Ok(None);
    };
    let step = max_step(preset, zone, sample, (low, high));
    let region = Region::of(zone, sample);
    match region.loop_length(zone) {
        None if step <= MAX_STEP => Ok(None),
        Some(length) if step <= length as f64 => Ok(None),
        Some(_) if step <= MAX_LOOP_STEP => Ok(Some(step.ceil() as i64)),
        _ => Err(ZoneFault::TooHigh),
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
