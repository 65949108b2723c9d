//! The presets, instruments and samples that a SoundFont describes (the format calls these lists the
//! hydra), with the bounds of every list checked.

use super::fault::FontFault;
use super::layout::Lists;

/// How many generators the format knows.
const GENERATORS: usize = 61;

/// A generator: a parameter of a zone, by its number in the format.
#[derive(Debug, Clone, Copy)]
pub(super) enum Generator {
    StartOffset = 0,
    EndOffset = 1,
    LoopStartOffset = 2,
    LoopEndOffset = 3,
    StartCoarseOffset = 4,
    ModulationLfoToPitch = 5,
    VibratoLfoToPitch = 6,
    ModulationEnvelopeToPitch = 7,
    EndCoarseOffset = 12,
    Instrument = 41,
    KeyRange = 43,
    LoopStartCoarseOffset = 45,
    LoopEndCoarseOffset = 50,
    CoarseTune = 51,
    FineTune = 52,
    SampleId = 53,
    SampleModes = 54,
    ScaleTuning = 56,
    OverridingRootKey = 58,
}

/// The described contents of a font.
#[derive(Debug)]
pub(super) struct Hydra {
    pub(super) presets: Vec<Layers>,
    pub(super) instruments: Vec<Layers>,
    pub(super) samples: Vec<Sample>,
}

/// A preset or an instrument: a name and zones.
#[derive(Debug)]
pub(super) struct Layers {
    pub(super) name: String,
    pub(super) zones: Vec<Zone>,
}

/// The parameters for a range of keys, and what they apply to.
#[derive(Debug)]
pub(super) struct Zone {
    generators: [i16; GENERATORS],
    /// The index of the zone's instrument or sample.
    pub(super) target: usize,
    /// The place in the list of generators of the one that names it.
    pub(super) target_at: usize,
}

/// A sample header. Positions are frames of the sample data.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) loop_start: i64,
    pub(super) loop_end: i64,
    /// Frames per second.
    pub(super) rate: u32,
    pub(super) root_key: u8,
    /// In cents.
    pub(super) correction: i8,
    pub(super) kind: u16,
}

impl Zone {
    pub(super) fn get(&self, generator: Generator) -> i32 {
        let value = self.generators.get(generator as usize);
        value.copied().unwrap_or(0).into()
    }

    /// The lowest and the highest key, from 0 to 127.
    pub(super) fn keys(&self) -> (i32, i32) {
        let range = self.get(Generator::KeyRange);
        (range & 0xFF, (range >> 8 & 0xFF).min(127))
    }
}

impl Sample {
    /// The bytes of a header.
    pub(super) const SIZE: usize = 46;

    /// The sample lies in the ROM of a sound card.
    pub(super) fn is_in_rom(&self) -> bool {
        self.kind & 0x8000 != 0
    }
}

impl Hydra {
    pub(super) fn read(lists: &Lists) -> Result<Self, FontFault> {
        let presets = Zones {
            noun: "preset",
            headers: records(&lists.preset_headers, 38, "presets")?,
            bag_at: 24,
            bags: records(&lists.preset_bags, 4, "preset zones")?,
            generators: records(&lists.preset_generators, 4, "preset generators")?,
            target: Generator::Instrument,
            defaults: defaults(&[(Generator::KeyRange, 0x7F00)]),
        };
        let instruments = Zones {
            noun: "instrument",
            headers: records(&lists.instrument_headers, 22, "instruments")?,
            bag_at: 20,
            bags: records(&lists.instrument_bags, 4, "instrument zones")?,
            generators: records(&lists.instrument_generators, 4, "instrument generators")?,
            target: Generator::SampleId,
            defaults: defaults(&[
                (Generator::KeyRange, 0x7F00),
                (Generator::ScaleTuning, 100),
                (Generator::OverridingRootKey, -1),
            ]),
        };
        // The last record of each list is a terminator.
        let headers = records(&lists.sample_headers, Sample::SIZE, "samples")?;
        let samples = headers.iter().take(headers.len() - 1);
        let hydra = Self {
            presets: presets.read()?,
            instruments: instruments.read()?,
            samples: samples.map(|header| sample(header)).collect(),
        };
        if hydra.presets.is_empty() {
            return Err(FontFault::NoPreset);
        }
        Ok(hydra)
    }
}

fn defaults(values: &[(Generator, i16)]) -> [i16; GENERATORS] {
    let mut defaults = [0; GENERATORS];
    for (generator, value) in values {
        defaults[*generator as usize] = *value;
    }
    defaults
}

fn records<'l>(
    list: &'l [u8],
    size: usize,
    what: &'static str,
) -> Result<Vec<&'l [u8]>, FontFault> {
    if list.is_empty() || !list.len().is_multiple_of(size) {
        return Err(FontFault::damaged(what));
    }
    Ok(list.chunks_exact(size).collect())
}

fn sample(header: &[u8]) -> Sample {
    // With a sign, as the library reads them.
    let position = |at| i64::from(i32::from_le_bytes(field(header, at)));
    let [root_key, correction] = field(header, 40);
    Sample {
        name: name(header),
        start: position(20),
        end: position(24),
        loop_start: position(28),
        loop_end: position(32),
        rate: u32::from_le_bytes(field(header, 36)),
        root_key,
        correction: correction as i8,
        kind: u16::from_le_bytes(field(header, 44)),
    }
}

/// The name at the start of a record: up to 20 bytes.
fn name(record: &[u8]) -> String {
    let name = record.get(..20).unwrap_or(record);
    let end = name.iter().position(|byte| *byte == 0);
    String::from_utf8_lossy(&name[..end.unwrap_or(name.len())]).into_owned()
}

fn field<const N: usize>(record: &[u8], at: usize) -> [u8; N] {
    let bytes = record.get(at..at + N);
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .unwrap_or([0; N])
}

fn number(record: &[u8], at: usize) -> usize {
    u16::from_le_bytes(field(record, at)).into()
}

/// The lists of presets, or those of instruments.
struct Zones<'l> {
    noun: &'static str,
    headers: Vec<&'l [u8]>,
    bag_at: usize,
    bags: Vec<&'l [u8]>,
    generators: Vec<&'l [u8]>,
    /// The generator that ends a zone and names what the zone applies to.
    target: Generator,
    defaults: [i16; GENERATORS],
}

impl Zones<'_> {
    fn read(&self) -> Result<Vec<Layers>, FontFault> {
        let pairs = self.headers.windows(2);
        pairs
            .map(|pair| {
                let name = name(pair[0]);
                let from = number(pair[0], self.bag_at);
                let to = number(pair[1], self.bag_at);
                let whole = format!("the {} {name:?}", self.noun);
                // The last bag is a terminator.
                if from >= to || to >= self.bags.len() {
                    return Err(FontFault::NoZones { whole });
                }
                let zones = self.zones(from..to, &whole)?;
                Ok(Layers { name, zones })
            })
            .collect()
    }

    fn zones(&self, bags: std::ops::Range<usize>, whole: &str) -> Result<Vec<Zone>, FontFault> {
        let mut base = self.defaults;
        let mut zones = Vec::new();
        for (index, bag) in bags.enumerate() {
            let bounds = self.bags.get(bag).zip(self.bags.get(bag + 1));
            let bounds = bounds.map(|(this, next)| number(this, 0)..number(next, 0));
            let end = bounds.as_ref().map_or(0, |bounds| bounds.end);
            // The last generator is a terminator.
            let generators = self.generators.split_last().map(|(_, all)| all);
            let generators = bounds
                .zip(generators)
                .and_then(|(bounds, all)| all.get(bounds));
            let Some(generators) = generators else {
                let zone = format!("zone {} of {whole}", index + 1);
                return Err(FontFault::EmptyZone { zone });
            };
            let last = generators.last().map(|last| number(last, 0));
            let is_complete = last == Some(self.target as usize);
            let mut values = base;
            for generator in generators {
                if let Some(value) = values.get_mut(number(generator, 0)) {
                    *value = i16::from_le_bytes(field(generator, 2));
                }
            }
            if is_complete {
                let target = values.get(self.target as usize).copied().unwrap_or(0);
                zones.push(Zone {
                    generators: values,
                    target: usize::from(target as u16),
                    target_at: end.saturating_sub(1),
                });
            } else if index == 0 {
                // The first zone, if it names nothing, holds the values that the others start from.
                base = values;
            } else {
                let zone = format!("zone {} of {whole}", index + 1);
                return Err(FontFault::EmptyZone { zone });
            }
        }
        Ok(zones)
    }
}
