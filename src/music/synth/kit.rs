//! Drum kits: which drum lies under which key, as General MIDI has it. The studio kit is here.

use super::drum::{Band, Choke, DrumSound, Hiss, Metal, Tone};
use super::electronic;

/// A drum kit of the built-in synth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kit {
    /// Drums in a room.
    Studio,
    /// A drum machine.
    Electronic,
}

impl Kit {
    /// Every kit.
    pub const ALL: [Self; 2] = [Self::Studio, Self::Electronic];

    /// Its name as scores write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Studio => "studio",
            Self::Electronic => "electronic",
        }
    }

    /// The kit of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kit| kit.name() == name)
    }

    /// The program of the drum channel that other synths are asked for.
    pub fn program(self) -> u8 {
        match self {
            Self::Studio => 0,
            Self::Electronic => 25,
        }
    }

    /// The kit that a program of the drum channel asks for.
    pub fn of_program(program: u8) -> Self {
        match program {
            24..=31 => Self::Electronic,
            _ => Self::Studio,
        }
    }
}

/// Cymbal ratios: far from any harmony.
const CYMBAL: [f32; 6] = [1.0, 1.342, 1.231, 1.652, 1.953, 2.151];
/// The two plates of a cowbell.
pub(super) const COWBELL: [f32; 6] = [1.0, 1.0, 1.0, 1.504, 1.504, 1.504];

pub(super) const SILENT: DrumSound = DrumSound {
    tones: [None, None],
    hiss: None,
    metal: None,
    drive: 0.0,
    air: 17_000.0,
    place: 0.0,
    gain: 1.0,
    reverb: 0.1,
    choke: Choke::Never,
};

pub(super) const fn tone(
    level: f32,
    hertz: f32,
    bend: f32,
    bend_time: f32,
    decay: f32,
) -> Option<Tone> {
    Some(Tone {
        level,
        hertz,
        bend,
        bend_time,
        decay,
    })
}

pub(super) const fn hiss(
    level: f32,
    band: Band,
    hertz: f32,
    resonance: f32,
    decay: f32,
) -> Option<Hiss> {
    Some(Hiss {
        level,
        band,
        hertz,
        resonance,
        attack: 0.0,
        decay,
        hands: 1,
        apart: 0.0,
    })
}

pub(super) const fn metal(level: f32, hertz: f32, above: f32, decay: f32) -> Option<Metal> {
    Some(Metal {
        level,
        hertz,
        spread: &CYMBAL,
        above,
        decay,
    })
}

static KICK: DrumSound = DrumSound {
    tones: [
        tone(1.0, 48.0, 5.0, 0.018, 0.75),
        tone(0.35, 140.0, 6.0, 0.006, 0.05),
    ],
    hiss: hiss(0.22, Band::Middle, 3200.0, 0.1, 0.022),
    drive: 1.15,
    air: 9_000.0,
    gain: 0.93,
    reverb: 0.015,
    ..SILENT
};

static SIDE_STICK: DrumSound = DrumSound {
    tones: [
        tone(0.5, 1650.0, 1.15, 0.002, 0.045),
        tone(0.4, 480.0, 1.2, 0.003, 0.06),
    ],
    hiss: hiss(0.5, Band::Middle, 3600.0, 0.4, 0.03),
    place: -0.1,
    gain: 0.65,
    reverb: 0.12,
    ..SILENT
};

static SNARE: DrumSound = DrumSound {
    tones: [
        tone(0.62, 184.0, 1.7, 0.014, 0.22),
        tone(0.34, 331.0, 1.4, 0.012, 0.13),
    ],
    hiss: hiss(1.25, Band::Above, 1300.0, 0.22, 0.28),
    drive: 0.95,
    place: 0.05,
    air: 7_000.0,
    gain: 0.73,
    reverb: 0.14,
    ..SILENT
};

static CLAP: DrumSound = DrumSound {
    hiss: Some(Hiss {
        level: 2.2,
        band: Band::Middle,
        hertz: 1350.0,
        resonance: 0.55,
        attack: 0.000_5,
        decay: 0.26,
        hands: 4,
        apart: 0.010,
    }),
    place: 0.12,
    air: 9_000.0,
    gain: 0.75,
    reverb: 0.22,
    ..SILENT
};

static CLOSED_HAT: DrumSound = DrumSound {
    hiss: hiss(0.42, Band::Above, 8200.0, 0.15, 0.075),
    metal: metal(1.7, 410.0, 7200.0, 0.10),
    place: 0.28,
    gain: 1.33,
    reverb: 0.03,
    choke: Choke::HiHat,
    ..SILENT
};

static PEDAL_HAT: DrumSound = DrumSound {
    hiss: hiss(0.5, Band::Above, 6400.0, 0.1, 0.05),
    metal: metal(1.1, 380.0, 6200.0, 0.07),
    place: 0.28,
    gain: 1.01,
    reverb: 0.03,
    choke: Choke::HiHat,
    ..SILENT
};

static OPEN_HAT: DrumSound = DrumSound {
    hiss: hiss(0.36, Band::Above, 8000.0, 0.15, 0.75),
    metal: metal(1.6, 410.0, 7000.0, 0.85),
    place: 0.28,
    gain: 1.00,
    reverb: 0.06,
    choke: Choke::HiHat,
    ..SILENT
};

const fn tom(hertz: f32, place: f32) -> DrumSound {
    DrumSound {
        tones: [
            tone(0.9, hertz, 1.75, 0.045, 0.65),
            tone(0.28, hertz * 1.593, 1.5, 0.03, 0.26),
        ],
        hiss: hiss(0.35, Band::Middle, hertz * 9.0, 0.15, 0.06),
        drive: 0.95,
        place,
        air: 7_000.0,
        gain: 0.71,
        reverb: 0.12,
        ..SILENT
    }
}

static LOW_TOM: DrumSound = tom(82.0, 0.40);
static MIDDLE_TOM: DrumSound = tom(118.0, 0.10);
static HIGH_TOM: DrumSound = tom(165.0, -0.30);

static CRASH: DrumSound = DrumSound {
    hiss: Some(Hiss {
        level: 0.8,
        band: Band::Above,
        hertz: 4600.0,
        resonance: 0.05,
        attack: 0.003,
        decay: 2.2,
        hands: 1,
        apart: 0.0,
    }),
    metal: metal(1.5, 530.0, 4600.0, 2.6),
    place: -0.35,
    air: 12_000.0,
    gain: 0.57,
    reverb: 0.20,
    ..SILENT
};

static RIDE: DrumSound = DrumSound {
    tones: [
        tone(0.07, 3340.0, 1.0, 0.1, 0.9),
        tone(0.05, 5130.0, 1.0, 0.1, 0.6),
    ],
    hiss: hiss(0.16, Band::Above, 7000.0, 0.1, 1.1),
    metal: metal(0.95, 620.0, 6400.0, 1.5),
    place: 0.42,
    gain: 1.05,
    reverb: 0.10,
    ..SILENT
};

static RIDE_BELL: DrumSound = DrumSound {
    tones: [
        tone(0.22, 1180.0, 1.0, 0.1, 1.3),
        tone(0.16, 1760.0, 1.0, 0.1, 1.0),
    ],
    metal: metal(0.8, 590.0, 5200.0, 1.4),
    place: 0.42,
    gain: 0.67,
    reverb: 0.12,
    ..SILENT
};

static COWBELL_SOUND: DrumSound = DrumSound {
    metal: Some(Metal {
        level: 0.9,
        hertz: 541.0,
        spread: &COWBELL,
        above: 500.0,
        decay: 0.38,
    }),
    place: 0.22,
    gain: 0.84,
    reverb: 0.10,
    ..SILENT
};

static TAMBOURINE: DrumSound = DrumSound {
    hiss: Some(Hiss {
        level: 0.5,
        band: Band::Above,
        hertz: 6800.0,
        resonance: 0.5,
        attack: 0.002,
        decay: 0.20,
        hands: 2,
        apart: 0.022,
    }),
    metal: metal(1.0, 1050.0, 7600.0, 0.20),
    place: -0.25,
    gain: 0.75,
    reverb: 0.12,
    ..SILENT
};

static SHAKER: DrumSound = DrumSound {
    hiss: Some(Hiss {
        level: 0.8,
        band: Band::Middle,
        hertz: 6200.0,
        resonance: 0.35,
        attack: 0.028,
        decay: 0.11,
        hands: 1,
        apart: 0.0,
    }),
    place: -0.32,
    air: 11_000.0,
    gain: 0.89,
    reverb: 0.08,
    ..SILENT
};

/// The drum under a key; keys without a drum of their own get the nearest in kind.
pub(super) fn sound(kit: Kit, key: u8) -> &'static DrumSound {
    match kit {
        Kit::Studio => studio(key),
        Kit::Electronic => electronic::sound(key),
    }
}

fn studio(key: u8) -> &'static DrumSound {
    match key {
        0..=36 => &KICK,
        37 => &SIDE_STICK,
        38 | 40 => &SNARE,
        39 => &CLAP,
        42 => &CLOSED_HAT,
        44 => &PEDAL_HAT,
        46 => &OPEN_HAT,
        41 | 43 => &LOW_TOM,
        45 | 47 => &MIDDLE_TOM,
        48 | 50 => &HIGH_TOM,
        49 | 52 | 55 | 57 => &CRASH,
        51 | 59 => &RIDE,
        53 => &RIDE_BELL,
        54 => &TAMBOURINE,
        56 | 58 => &COWBELL_SOUND,
        60 | 62 | 63 | 65 => &HIGH_TOM,
        61 | 64 | 66 => &MIDDLE_TOM,
        67 | 68 | 80 | 81 => &RIDE_BELL,
        69 | 70 | 82 => &SHAKER,
        75..=77 => &SIDE_STICK,
        _ => &TAMBOURINE,
    }
}
