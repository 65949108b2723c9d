//! The chunks of a SoundFont 2 file: where they lie, checked against the length of the file.

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

use super::fault::FontFault;

/// The chunks that matter here. Offsets count bytes from the start of the file.
#[derive(Debug)]
pub(super) struct Layout {
    /// The sample data: 16-bit frames.
    pub(super) samples: Range<u64>,
    /// Where the size of the sample data's list is written.
    pub(super) sample_list_size_at: u64,
    /// Where the size of the list of lists is written.
    pub(super) description_size_at: u64,
    /// The end of the file.
    pub(super) end: u64,
    /// The sample headers.
    pub(super) sample_headers: Range<u64>,
    /// The list of the instruments' generators.
    pub(super) instrument_generators: Range<u64>,
    /// The lists of presets, instruments and samples.
    pub(super) lists: Lists,
}

/// The contents of the lists that describe presets, instruments and samples.
#[derive(Debug, Clone, Default)]
pub(super) struct Lists {
    pub(super) preset_headers: Vec<u8>,
    pub(super) preset_bags: Vec<u8>,
    pub(super) preset_generators: Vec<u8>,
    pub(super) instrument_headers: Vec<u8>,
    pub(super) instrument_bags: Vec<u8>,
    pub(super) instrument_generators: Vec<u8>,
    pub(super) sample_headers: Vec<u8>,
}

impl Layout {
    /// Reads the structure of a file and the lists in it. The sample data is not read.
    pub(super) fn read(file: &mut (impl Read + Seek)) -> Result<Self, FontFault> {
        let end = file.seek(SeekFrom::End(0)).map_err(FontFault::read)?;
        let mut file = Chunks { file, end };
        let mut form = [0; 4];
        let (id, riff) = file.header(0, u64::MAX)?;
        file.bytes(riff.start, &mut form)?;
        if &id != b"RIFF" || &form != b"sfbk" {
            return Err(FontFault::Format);
        }
        let info = file.list(riff.start + 4, b"INFO")?;
        let sample_list = file.list(info.end, b"sdta")?;
        let sample_list_size_at = info.end + 4;
        let description_size_at = sample_list.end + 4;
        let description = file.list(sample_list.end, b"pdta")?;
        let (samples, _) = file.chunk(&sample_list, b"smpl")?;
        if !(samples.end - samples.start).is_multiple_of(2) {
            return Err(FontFault::damaged("samples"));
        }
        let mut contents = |id| file.chunk(&description, id);
        let (sample_headers, headers) = contents(b"shdr")?;
        let (instrument_generators, generators) = contents(b"igen")?;
        let lists = Lists {
            preset_headers: contents(b"phdr")?.1,
            preset_bags: contents(b"pbag")?.1,
            preset_generators: contents(b"pgen")?.1,
            instrument_headers: contents(b"inst")?.1,
            instrument_bags: contents(b"ibag")?.1,
            instrument_generators: generators,
            sample_headers: headers,
        };
        Ok(Self {
            samples,
            sample_list_size_at,
            description_size_at,
            end,
            instrument_generators,
            sample_headers,
            lists,
        })
    }

    /// The number of frames of sample data.
    pub(super) fn frames(&self) -> i64 {
        i64::try_from((self.samples.end - self.samples.start) / 2).unwrap_or(i64::MAX)
    }
}

struct Chunks<'f, F> {
    file: &'f mut F,
    end: u64,
}

impl<F: Read + Seek> Chunks<'_, F> {
    fn bytes(&mut self, at: u64, bytes: &mut [u8]) -> Result<(), FontFault> {
        let sought = self.file.seek(SeekFrom::Start(at));
        let read = sought.and_then(|_| self.file.read_exact(bytes));
        read.map_err(FontFault::read)
    }

    /// The name of the chunk at `at` and where its contents lie. They must end within `limit`.
    fn header(&mut self, at: u64, limit: u64) -> Result<([u8; 4], Range<u64>), FontFault> {
        let mut header = [0; 8];
        self.bytes(at, &mut header)?;
        let [a, b, c, d, size @ ..] = header;
        let (id, start) = ([a, b, c, d], at + 8);
        let end = start + u64::from(u32::from_le_bytes(size));
        // The size of the whole is often wrong, and nothing depends on it.
        if limit != u64::MAX && end > limit {
            let chunk = String::from_utf8_lossy(&id).into_owned();
            return Err(FontFault::Truncated { chunk });
        }
        Ok((id, start..end))
    }

    /// The contents of the list of that type at `at`, without the type.
    fn list(&mut self, at: u64, kind: &[u8; 4]) -> Result<Range<u64>, FontFault> {
        let mut found = [0; 4];
        let (id, list) = self.header(at, self.end)?;
        self.bytes(list.start, &mut found)?;
        if &id != b"LIST" || &found != kind || list.end < list.start + 4 {
            return Err(FontFault::missing(kind));
        }
        Ok(list.start + 4..list.end)
    }

    /// The chunk of that name in a list: where its contents lie, and, except of sample data, the
    /// contents.
    fn chunk(
        &mut self,
        list: &Range<u64>,
        name: &[u8; 4],
    ) -> Result<(Range<u64>, Vec<u8>), FontFault> {
        let mut at = list.start;
        while at < list.end {
            let (id, data) = self.header(at, list.end)?;
            at = data.end;
            if &id != name {
                continue;
            }
            let mut contents = Vec::new();
            if name != b"smpl" {
                // No larger than the file.
                contents.resize((data.end - data.start) as usize, 0);
                self.bytes(data.start, &mut contents)?;
            }
            return Ok((data, contents));
        }
        Err(FontFault::missing(name))
    }
}
