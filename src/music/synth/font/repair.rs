//! Rewrites a font so that every zone of it can be played. The interpolator steps over a loop at most
//! once per frame, so a loop of a few frames breaks at high keys; a copy of the sample with its loop
//! repeated sounds the same. Each zone that needs it gets a sample of its own, because zones may move
//! the ends of a loop.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

use super::fault::FontFault;
use super::hydra::{Hydra, Sample};
use super::layout::{Layout, Lists};
use super::zones::{Plan, Region, Repair};

/// Silent frames that the format asks for after each sample.
const GAP: i64 = 46;
/// The most samples of a font: the library reads their numbers with a sign.
const MAX_SAMPLES: usize = 32_768;
/// The bytes of a record that ends a zone.
const GENERATOR_SIZE: usize = 4;
/// Frames per second and root key of silence: any will do.
const SILENT_RATE: u32 = 1;
const SILENT_KEY: u8 = 60;

/// A reader of the file with the repairs of a plan.
///
/// # Errors
///
/// [`FontFault`] if the file cannot be read, or would be larger than the format allows.
pub(super) fn repaired<'f, F: Read + Seek>(
    file: &'f mut F,
    layout: &Layout,
    hydra: &Hydra,
    plan: &Plan,
) -> Result<Box<dyn Read + 'f>, FontFault> {
    if plan.repairs.is_empty() {
        rewind(file, 0).map_err(FontFault::read)?;
        return Ok(Box::new(file));
    }
    let mut changes = Changes::new(layout);
    for (&(instrument, zone), &repair) in &plan.repairs {
        changes.repair(file, layout, hydra, (instrument, zone), repair)?;
    }
    changes.verify(layout)?;
    changes.reader(file, layout)
}

/// What a sample of a zone's own is made from: zones with the same share one.
type Source = (usize, Region, Repair);

/// The changed lists of a font, and the samples added to it.
struct Changes {
    lists: Lists,
    /// Sample data, to be added to that of the file.
    added: Vec<u8>,
    samples: BTreeMap<Source, u16>,
}

impl Changes {
    fn new(layout: &Layout) -> Self {
        Self {
            lists: layout.lists.clone(),
            added: Vec::new(),
            samples: BTreeMap::new(),
        }
    }

    /// Gives a zone a sample that can be played.
    fn repair(
        &mut self,
        file: &mut (impl Read + Seek),
        layout: &Layout,
        hydra: &Hydra,
        (instrument, number): (usize, usize),
        repair: Repair,
    ) -> Result<(), FontFault> {
        let zones = hydra.instruments.get(instrument).map(|known| &known.zones);
        let Some(zone) = zones.and_then(|zones| zones.get(number)) else {
            return Ok(());
        };
        let sample = hydra.samples.get(zone.target);
        let offsets = Region::offsets(zone);
        let source = (zone.target, offsets, repair);
        let index = match self.samples.get(&source) {
            Some(index) => *index,
            None => {
                let region = sample.map(|sample| Region::of(zone, sample));
                let region = self.add_data(file, layout, region, repair)?;
                let index = self.add_header(zone.target, &region, &offsets, repair)?;
                self.samples.insert(source, index);
                index
            }
        };
        let at = zone.target_at * GENERATOR_SIZE + 2;
        let value = self.lists.instrument_generators.get_mut(at..at + 2);
        let value = value.ok_or_else(|| FontFault::damaged("instrument generators"))?;
        value.copy_from_slice(&index.to_le_bytes());
        Ok(())
    }

    /// Adds the frames of a region, repaired. Returns where they are.
    fn add_data(
        &mut self,
        file: &mut (impl Read + Seek),
        layout: &Layout,
        region: Option<Region>,
        repair: Repair,
    ) -> Result<Region, FontFault> {
        let start = layout.frames() + (self.added.len() / 2) as i64;
        let copy = match (repair, region) {
            (Repair::LongLoop(frames), Some(region)) => Some(Copy::new(region, frames)),
            (Repair::Once, Some(region)) => Some(Copy::without_loop(region)),
            _ => None,
        };
        let region = match &copy {
            Some(copy) => {
                copy.write(file, layout, &mut self.added)
                    .map_err(FontFault::read)?;
                copy.region(start)
            }
            None => Region {
                start,
                end: start + GAP,
                loop_start: start,
                loop_end: start,
            },
        };
        let silence = if copy.is_some() { GAP } else { 2 * GAP };
        self.added.extend((0..2 * silence).map(|_| 0));
        Ok(region)
    }

    /// Adds a header like that of `sample`, which with a zone's offsets describes `region`.
    fn add_header(
        &mut self,
        sample: usize,
        region: &Region,
        offsets: &Region,
        repair: Repair,
    ) -> Result<u16, FontFault> {
        let headers = &mut self.lists.sample_headers;
        // The last record is a terminator.
        let index = headers.len() / Sample::SIZE - 1;
        let from = sample * Sample::SIZE;
        let mut header = match headers.get(from..from + Sample::SIZE) {
            Some(header) if repair != Repair::Silence => header.to_vec(),
            _ => silent_header(),
        };
        let positions = [
            region.start - offsets.start,
            region.end - offsets.end,
            region.loop_start - offsets.loop_start,
            region.loop_end - offsets.loop_end,
        ];
        for (field, position) in header[20..].chunks_exact_mut(4).zip(positions) {
            let position = i32::try_from(position).map_err(|_| FontFault::TooLarge)?;
            field.copy_from_slice(&position.to_le_bytes());
        }
        if index >= MAX_SAMPLES {
            return Err(FontFault::TooLarge);
        }
        let at = index * Sample::SIZE;
        headers.splice(at..at, header);
        Ok(index as u16)
    }

    /// Checks that no zone needs a repair any more.
    fn verify(&self, layout: &Layout) -> Result<(), FontFault> {
        let frames = layout.frames() + (self.added.len() / 2) as i64;
        let mut left = Plan::of(&Hydra::read(&self.lists)?, frames)?;
        match (left.repairs.is_empty(), left.faults.pop()) {
            (true, _) => Ok(()),
            (false, Some(fault)) => Err(fault),
            (false, None) => Err(FontFault::damaged("instrument zones")),
        }
    }

    /// The file with these changes.
    fn reader<'f, F: Read + Seek>(
        self,
        file: &'f mut F,
        layout: &Layout,
    ) -> Result<Box<dyn Read + 'f>, FontFault> {
        let between = |file: &mut F, from, to| between(file, from, to).map_err(FontFault::read);
        let mut head = between(file, 0, layout.samples.start)?;
        for at in [layout.sample_list_size_at, layout.samples.start - 4] {
            grow(&mut head, at, self.added.len())?;
        }
        let mut tail = between(file, layout.samples.end, layout.end)?;
        let at = |position: u64| position - layout.samples.end;
        let generators = at(layout.instrument_generators.start) as usize;
        let new = &self.lists.instrument_generators;
        let old = tail.get_mut(generators..generators + new.len());
        old.ok_or(FontFault::TooLarge)?.copy_from_slice(new);
        let headers = &layout.sample_headers;
        let longer = self.lists.sample_headers.len() - (headers.end - headers.start) as usize;
        for position in [layout.description_size_at, headers.start - 4] {
            grow(&mut tail, at(position), longer)?;
        }
        let (start, end) = (at(headers.start) as usize, at(headers.end) as usize);
        if end > tail.len() {
            return Err(FontFault::TooLarge);
        }
        tail.splice(start..end, self.lists.sample_headers);
        rewind(file, layout.samples.start).map_err(FontFault::read)?;
        let samples = file.take(layout.samples.end - layout.samples.start);
        let rest = Cursor::new(self.added).chain(Cursor::new(tail));
        Ok(Box::new(Cursor::new(head).chain(samples).chain(rest)))
    }
}

/// The header of a mono sample, without a place.
fn silent_header() -> Vec<u8> {
    let mut header = vec![0; 36];
    header.extend(SILENT_RATE.to_le_bytes());
    header.extend([SILENT_KEY, 0, 0, 0, 1, 0]);
    header
}

/// Adds to the size of a chunk.
fn grow(bytes: &mut [u8], at: u64, by: usize) -> Result<(), FontFault> {
    let size = bytes.get_mut(at as usize..at as usize + 4);
    let size = size.ok_or(FontFault::TooLarge)?;
    let old = size
        .iter()
        .rev()
        .fold(0, |old, byte| old << 8 | u64::from(*byte));
    let new = u32::try_from(old + by as u64).map_err(|_| FontFault::TooLarge)?;
    size.copy_from_slice(&new.to_le_bytes());
    Ok(())
}

/// A copy of a part of the file with its loop repeated.
struct Copy {
    region: Region,
    /// The frames that are copied.
    from: i64,
    to: i64,
    /// How often the loop is there.
    repeats: i64,
}

impl Copy {
    /// A copy with a loop of at least `frames` frames.
    fn new(region: Region, frames: i64) -> Self {
        let length = region.loop_end - region.loop_start;
        if length <= 0 {
            return Self::without_loop(region);
        }
        Self {
            region,
            from: region.start.min(region.loop_start),
            to: region.end.max(region.loop_end),
            repeats: ((frames - 1) / length + 1).max(1),
        }
    }

    fn without_loop(region: Region) -> Self {
        let (loop_start, loop_end) = (region.start, region.start);
        Self {
            from: region.start,
            to: region.end,
            repeats: 1,
            region: Region {
                loop_start,
                loop_end,
                ..region
            },
        }
    }

    fn loop_frames(&self) -> i64 {
        self.region.loop_end - self.region.loop_start
    }

    /// Where its parts are if its first frame is at `at`.
    fn region(&self, at: i64) -> Region {
        let longer = (self.repeats - 1) * self.loop_frames();
        let moved = |position: i64| {
            let after_loop = position >= self.region.loop_end;
            at + position - self.from + if after_loop { longer } else { 0 }
        };
        Region {
            start: moved(self.region.start),
            end: moved(self.region.end),
            loop_start: at + self.region.loop_start - self.from,
            loop_end: moved(self.region.loop_end),
        }
    }

    fn write(
        &self,
        file: &mut (impl Read + Seek),
        layout: &Layout,
        added: &mut Vec<u8>,
    ) -> io::Result<()> {
        let mut frames = |from: i64, to: i64| {
            let at = |frame: i64| layout.samples.start + frame.unsigned_abs() * 2;
            between(file, at(from), at(to))
        };
        added.extend(frames(self.from, self.region.loop_start)?);
        let once = frames(self.region.loop_start, self.region.loop_end)?;
        for _ in 0..self.repeats {
            added.extend(&once);
        }
        added.extend(frames(self.region.loop_end, self.to)?);
        Ok(())
    }
}

fn rewind(file: &mut impl Seek, to: u64) -> io::Result<()> {
    file.seek(SeekFrom::Start(to)).map(drop)
}

fn between(file: &mut (impl Read + Seek), from: u64, to: u64) -> io::Result<Vec<u8>> {
    rewind(file, from)?;
    let mut bytes = Vec::new();
    file.take(to.saturating_sub(from)).read_to_end(&mut bytes)?;
    Ok(bytes)
}
