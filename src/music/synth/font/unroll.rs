//! Makes short loops longer. The interpolator steps over a loop at most once per frame, so a loop of
//! a few frames breaks at high keys. A copy of the sample with its loop repeated sounds the same.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use super::fault::{FontFault, ZoneFault};
use super::hydra::{Hydra, Sample};
use super::layout::Layout;
use super::zones::ShortLoops;

/// Silent frames that the format asks for after each sample.
const GAP: usize = 46;

/// A reader of the file in which the loops of these samples are long enough.
pub(super) fn unrolled<'f, F: Read + Seek>(
    file: &'f mut F,
    layout: &Layout,
    hydra: &Hydra,
    short: &ShortLoops,
) -> Result<Box<dyn Read + 'f>, FontFault> {
    if short.is_empty() {
        rewind(file, 0).map_err(FontFault::read)?;
        return Ok(Box::new(file));
    }
    let mut added: Vec<u8> = Vec::new();
    let mut headers = layout.lists.sample_headers.clone();
    for (&index, &frames) in short {
        let Some(sample) = hydra.samples.get(index) else {
            continue;
        };
        let start = layout.frames() + (added.len() / 2) as i64;
        let copy = Copy::of(sample, frames).ok_or_else(|| FontFault::Zone {
            zone: format!("the sample {:?}", sample.name),
            fault: ZoneFault::ShortLoop,
        })?;
        copy.write(file, layout, &mut added)
            .map_err(FontFault::read)?;
        let positions = [
            start,
            start + copy.end,
            start + copy.loop_start,
            start + copy.loop_end,
        ];
        let header = headers.get_mut(index * Sample::SIZE + 20..);
        let fields = header.into_iter().flat_map(|rest| rest.chunks_exact_mut(4));
        for (field, position) in fields.zip(positions) {
            let position = u32::try_from(position).map_err(|_| FontFault::TooLarge)?;
            field.copy_from_slice(&position.to_le_bytes());
        }
    }
    assembled(file, layout, added, &headers)
}

/// The file with more sample data and other sample headers.
fn assembled<'f, F: Read + Seek>(
    file: &'f mut F,
    layout: &Layout,
    added: Vec<u8>,
    sample_headers: &[u8],
) -> Result<Box<dyn Read + 'f>, FontFault> {
    let mut head = between(file, 0, layout.samples.start).map_err(FontFault::read)?;
    let mut tail = between(file, layout.samples.end, layout.end).map_err(FontFault::read)?;
    for at in [layout.list_size_at, layout.samples.start - 4] {
        let size = head.get_mut(at as usize..at as usize + 4);
        let size = size.ok_or(FontFault::TooLarge)?;
        let old = size
            .iter()
            .rev()
            .fold(0, |old, byte| old << 8 | u64::from(*byte));
        let new = u32::try_from(old + added.len() as u64).map_err(|_| FontFault::TooLarge)?;
        size.copy_from_slice(&new.to_le_bytes());
    }
    let at = layout.sample_headers.start - layout.samples.end;
    let place = tail.get_mut(at as usize..at as usize + sample_headers.len());
    place
        .ok_or(FontFault::TooLarge)?
        .copy_from_slice(sample_headers);
    rewind(file, layout.samples.start).map_err(FontFault::read)?;
    let samples = file.take(layout.samples.end - layout.samples.start);
    let rest = Cursor::new(added).chain(Cursor::new(tail));
    Ok(Box::new(Cursor::new(head).chain(samples).chain(rest)))
}

/// A sample with its loop repeated. Positions count frames from the start of the copy, and those of
/// `from` frames of the file.
struct Copy {
    from: i64,
    loop_from: i64,
    loop_to: i64,
    to: i64,
    repeats: i64,
    loop_start: i64,
    loop_end: i64,
    end: i64,
}

impl Copy {
    /// `None` if the loop is not inside the sample.
    fn of(sample: &Sample, frames: i64) -> Option<Self> {
        let length = sample.loop_end - sample.loop_start;
        let inside = sample.start <= sample.loop_start && sample.loop_end <= sample.end;
        if !inside || length <= 0 {
            return None;
        }
        let repeats = (frames - 1) / length + 1;
        let loop_start = sample.loop_start - sample.start;
        let loop_end = loop_start + repeats * length;
        Some(Self {
            from: sample.start,
            loop_from: sample.loop_start,
            loop_to: sample.loop_end,
            to: sample.end,
            repeats,
            loop_start,
            loop_end,
            end: loop_end + (sample.end - sample.loop_end),
        })
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
        added.extend(frames(self.from, self.loop_from)?);
        let once = frames(self.loop_from, self.loop_to)?;
        for _ in 0..self.repeats {
            added.extend(&once);
        }
        added.extend(frames(self.loop_to, self.to)?);
        added.resize(added.len() + 2 * GAP, 0);
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
