//! A SoundFont made for tests: one preset with one looped sine.

/// What the font is made of. The default is 375 Hz at key 66.
#[derive(Clone)]
pub struct TestFont {
    /// Frames of a period of the sine.
    pub period: u32,
    /// Frames of the loop.
    pub loop_start: u32,
    pub loop_end: u32,
    /// The end of the sample, of 4096 frames.
    pub end: u32,
    /// Frames per second of the sample.
    pub rate: u32,
    pub root_key: u8,
    /// The generators of the instrument's zone.
    pub zone: Vec<[u16; 2]>,
    /// The generators of its other zones.
    pub more_zones: Vec<Vec<[u16; 2]>>,
}

impl Default for TestFont {
    fn default() -> Self {
        Self {
            period: 128,
            loop_start: 128,
            loop_end: 3968,
            end: 4096,
            rate: 48_000,
            root_key: 66,
            zone: vec![[LOOPS, 1], [SAMPLE, 0]],
            more_zones: Vec::new(),
        }
    }
}

pub const INSTRUMENT: u16 = 41;
pub const SAMPLE: u16 = 53;
pub const LOOPS: u16 = 54;

/// A chunk of a RIFF file.
fn chunk(name: &str, data: &[u8]) -> Vec<u8> {
    let mut chunk = name.as_bytes().to_vec();
    chunk.extend((data.len() as u32).to_le_bytes());
    chunk.extend(data);
    chunk
}

fn list(name: &str, chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut data = name.as_bytes().to_vec();
    data.extend(chunks.concat());
    chunk("LIST", &data)
}

fn name(text: &str) -> [u8; 20] {
    let mut name = [0; 20];
    name[..text.len()].copy_from_slice(text.as_bytes());
    name
}

fn words(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// A whole SoundFont 2 file.
pub fn sine_font() -> Vec<u8> {
    TestFont::default().bytes()
}

impl TestFont {
    /// A whole SoundFont 2 file.
    pub fn bytes(&self) -> Vec<u8> {
        // 4096 frames, and the silence that the format asks for.
        let wave = (0..4096).map(|frame| {
            let turn = std::f64::consts::TAU * f64::from(frame) / f64::from(self.period);
            (turn.sin() * 20_000.0) as i16 as u16
        });
        let samples: Vec<u16> = wave.chain([0; 46]).collect();
        let preset = |text: &str, bag: u16| {
            let mut header = name(text).to_vec();
            header.extend(words(&[0, 0, bag]));
            header.extend([0; 12]);
            header
        };
        let instrument = |text: &str, bag: u16| [name(text).to_vec(), words(&[bag])].concat();
        let sample = |text: &str, numbers: [u32; 5]| {
            let mut header = name(text).to_vec();
            header.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
            // Root key, correction, link, and: a mono sample.
            header.extend([self.root_key, 0]);
            header.extend(words(&[0, 1]));
            header
        };
        let zones = || std::iter::once(&self.zone).chain(&self.more_zones);
        let generators: Vec<u16> = zones().flatten().flatten().copied().collect();
        // Where each zone begins and where the last one ends, each with the start of its modulators.
        let ends = zones().scan(0, |end, zone| {
            *end += zone.len() as u16;
            Some(*end)
        });
        let bags: Vec<u16> = std::iter::once(0)
            .chain(ends)
            .flat_map(|at| [at, 0])
            .collect();
        let bag_end = 1 + self.more_zones.len() as u16;
        let positions = [0, self.end, self.loop_start, self.loop_end, self.rate];
        let info = list(
            "INFO",
            &[
                chunk("ifil", &words(&[2, 1])),
                chunk("isng", b"EMU8000\0"),
                chunk("INAM", b"Sine\0\0"),
            ],
        );
        let sdta = list("sdta", &[chunk("smpl", &words(&samples))]);
        let pdta = list(
            "pdta",
            &[
                chunk("phdr", &[preset("Sine", 0), preset("EOP", 1)].concat()),
                chunk("pbag", &words(&[0, 0, 1, 0])),
                chunk("pmod", &[0; 10]),
                chunk("pgen", &words(&[INSTRUMENT, 0, 0, 0])),
                chunk(
                    "inst",
                    &[instrument("Sine", 0), instrument("EOI", bag_end)].concat(),
                ),
                chunk("ibag", &words(&bags)),
                chunk("imod", &[0; 10]),
                chunk("igen", &words(&[&generators[..], &[0, 0]].concat())),
                chunk(
                    "shdr",
                    &[sample("Sine", positions), sample("EOS", [0; 5])].concat(),
                ),
            ],
        );
        chunk("RIFF", &[b"sfbk".to_vec(), info, sdta, pdta].concat())
    }
}
