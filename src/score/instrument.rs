//! Instruments and event sounds, as scores declare them.

use crate::{
    music::{Bank, Beats, Channel, Font, Key, Kit, Message, Patch, PatchSelection, Velocity},
    score::{event_name::EventName, pitch, tone, value_error::ValueError},
};

/// The color of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color {
    /// Red.
    pub red: u8,
    /// Green.
    pub green: u8,
    /// Blue.
    pub blue: u8,
}

impl Color {
    /// The palette, by name. The colors are distinguishable for people with color blindness.
    pub const PALETTE: [(&str, Color); 8] = [
        ("sky", Color::rgb(0x56, 0xB4, 0xE9)),
        ("yellow", Color::rgb(0xF0, 0xE4, 0x42)),
        ("green", Color::rgb(0x00, 0x9E, 0x73)),
        ("pink", Color::rgb(0xCC, 0x79, 0xA7)),
        ("orange", Color::rgb(0xE6, 0x9F, 0x00)),
        ("blue", Color::rgb(0x00, 0x72, 0xB2)),
        ("vermilion", Color::rgb(0xD5, 0x5E, 0x00)),
        ("violet", Color::rgb(0x9A, 0x7F, 0xE0)),
    ];

    const fn rgb(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Reads a name of the palette or `#rrggbb`.
    pub fn from_text(text: &str) -> Option<Self> {
        if let Some((_, color)) = Self::PALETTE.iter().find(|(name, _)| *name == text) {
            return Some(*color);
        }
        let hex = text.strip_prefix('#').filter(|hex| hex.len() == 6)?;
        let value = u32::from_str_radix(hex, 16).ok()?;
        let [_, red, green, blue] = value.to_be_bytes();
        Some(Self { red, green, blue })
    }

    /// The `n`th color of the palette, wrapping around.
    pub fn nth(n: usize) -> Self {
        // The remainder is below the length.
        let (_, color) = Self::PALETTE[n % Self::PALETTE.len()];
        color
    }
}

/// The sound of an instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Voice {
    /// The name of a patch of the built-in synth. Other synths play its General MIDI program.
    Patch(String),
    /// A drum kit.
    Kit(Kit),
    /// A General MIDI program, 0 to 127.
    Program(u8),
}

/// The mix of an instrument: controllers that are sent before it plays. `None` keeps the value of
/// the sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mix {
    /// Controller 7.
    pub volume: Option<u8>,
    /// Controller 10.
    pub pan: Option<u8>,
    /// Controller 91, the send to the reverb.
    pub reverb: Option<u8>,
    /// Controller 94, the send to the echo.
    pub delay: Option<u8>,
}

/// The messages that prepare a channel for an instrument. Instruments with the same setup may share a
/// channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelSetup {
    program: u8,
    /// Numbers and values of controllers.
    controls: Vec<(u8, u8)>,
}

impl ChannelSetup {
    /// The messages for a channel, in order.
    pub fn messages(&self, channel: Channel) -> impl Iterator<Item = Message> {
        let controls = self.controls.iter();
        let controls =
            controls.map(move |&(number, value)| Message::Control(channel, number, value));
        std::iter::once(Message::Program(channel, self.program)).chain(controls)
    }
}

/// An output for an instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Port {
    /// The built-in synth.
    Synth,
    /// The first MIDI port whose name contains this text, ignoring case.
    Named(String),
}

/// Fault injection: attempts of an instrument's notes that fail on purpose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum InjectedFault {
    /// Every attempt fails with this probability, 0 to 1.
    Rate(f64),
    /// From bar `bar` on (counted from 1), the first `attempts` attempts fail.
    First {
        /// The number of attempts that fail.
        attempts: u32,
        /// The bar from which they fail.
        bar: u32,
    },
    /// The same, as if its port were missing.
    Unplugged {
        /// The number of attempts that fail.
        attempts: u32,
        /// The bar from which they fail.
        bar: u32,
    },
}

/// An instrument.
#[derive(Debug, Clone, PartialEq)]
pub struct Instrument {
    /// Its name in the score.
    pub name: String,
    /// Its sound.
    pub voice: Voice,
    /// The name of the SoundFont that has its program; the built-in synth plays it.
    pub font: Option<String>,
    /// Its mix.
    pub mix: Mix,
    /// Its outputs, at least one: it uses the first one available.
    pub ports: Vec<Port>,
    /// Its channel.
    pub channel: Channel,
    /// Whether the score gives that channel; otherwise it is a proposal.
    pub has_own_channel: bool,
    /// The color of its lane.
    pub color: Color,
    /// Semitones that are added to every key. Phrases are already transposed.
    pub transpose: i8,
    /// The default velocity.
    pub velocity: Velocity,
    /// Its injected fault, if any.
    pub fault: Option<InjectedFault>,
}

impl Instrument {
    /// The name of the instrument of a score that declares none.
    pub const PIANO: &str = "piano";

    /// The instrument of a score that declares none.
    pub fn piano() -> Self {
        Self {
            name: Self::PIANO.into(),
            voice: Voice::Patch(Patch::PIANO.name().into()),
            font: None,
            mix: Mix::default(),
            ports: vec![Port::Synth],
            channel: Channel::from_number(1).unwrap_or(Channel::DRUMS),
            has_own_channel: false,
            color: Color::nth(0),
            transpose: 0,
            velocity: Velocity::default(),
            fault: None,
        }
    }

    /// The setup of a channel for this instrument, with the sounds of a bank. A patch that the bank does
    /// not have is replaced by the electric piano, a SoundFont by the built-in sounds.
    pub fn setup(&self, bank: &Bank) -> ChannelSetup {
        let PatchSelection { program, choice } = match &self.voice {
            Voice::Patch(name) => {
                let selection = bank.select_patch(name);
                selection
                    .or_else(|| bank.select_patch(Patch::EPIANO.name()))
                    .expect("every bank has the built-in patches")
            }
            Voice::Program(program) => PatchSelection {
                program: *program,
                choice: None,
            },
            Voice::Kit(kit) => PatchSelection {
                program: kit.program(),
                choice: None,
            },
        };
        let font = self.font.as_deref().and_then(|name| bank.font(name).ok());
        let choice = font.map(Font::choice).or(choice);
        let Mix {
            volume,
            pan,
            reverb,
            delay,
        } = self.mix;
        let controls = [
            (Message::SOUND, choice),
            (7, volume),
            (10, pan),
            (91, reverb),
            (94, delay),
        ];
        let given = controls.into_iter();
        ChannelSetup {
            program,
            controls: given
                .filter_map(|(number, value)| Some((number, value?)))
                .collect(),
        }
    }

    /// The transposed keys that a word names: one, or those of a chord.
    pub fn keys(&self, word: &str) -> Result<Vec<Key>, ValueError> {
        let keys = match &self.voice {
            Voice::Kit(_) => vec![pitch::drum(word)?],
            Voice::Patch(_) | Voice::Program(_) => tone::keys(word)?,
        };
        let transposed = |key: Key| {
            key.transposed(i16::from(self.transpose))
                .ok_or_else(|| format!("`{word}` is out of range once transposed").into())
        };
        keys.into_iter().map(transposed).collect()
    }
}

/// A sound for a kind of history event.
#[derive(Debug, Clone, PartialEq)]
pub struct EventSound {
    /// The kind of event.
    pub on: EventName,
    /// The name of the instrument in the score.
    pub instrument: String,
    /// The keys, at least one, transposed.
    pub keys: Vec<Key>,
    /// The velocity.
    pub velocity: Velocity,
    /// It sounds on the next multiple of this many beats; greater than 0.
    pub grid: Beats,
    /// The length in beats.
    pub length: Beats,
}
