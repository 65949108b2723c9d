//! The electronic kit: drum machines of the early eighties.

use super::super::drum::{Band, COWBELL, Choke, DrumSound, Metal, NoiseBurst, hiss, metal, tone};

static KICK: DrumSound = DrumSound {
    tones: [
        tone(1.0, 46.0, 4.4, 0.012, 1.15),
        tone(0.30, 92.0, 3.0, 0.010, 0.10),
    ],
    hiss: hiss(0.10, Band::Bandpass, 2200.0, 0.1, 0.010),
    drive: 1.3,
    lowpass: 5_000.0,
    gain: 0.85,
    reverb: 0.0,
    ..DrumSound::SILENT
};

static RIM: DrumSound = DrumSound {
    tones: [
        tone(0.7, 1720.0, 1.02, 0.002, 0.035),
        tone(0.5, 860.0, 1.0, 0.003, 0.045),
    ],
    hiss: hiss(0.2, Band::Highpass, 3000.0, 0.2, 0.012),
    drive: 1.2,
    pan: -0.15,
    gain: 0.62,
    reverb: 0.06,
    ..DrumSound::SILENT
};

static SNARE: DrumSound = DrumSound {
    tones: [
        tone(0.70, 178.0, 1.35, 0.010, 0.20),
        tone(0.45, 332.0, 1.2, 0.008, 0.11),
    ],
    hiss: hiss(1.05, Band::Highpass, 2100.0, 0.30, 0.24),
    drive: 1.1,
    lowpass: 11_000.0,
    gain: 0.72,
    reverb: 0.10,
    ..DrumSound::SILENT
};

static CLAP: DrumSound = DrumSound {
    hiss: Some(NoiseBurst {
        level: 2.6,
        band: Band::Bandpass,
        hertz: 1080.0,
        resonance: 0.66,
        attack: 0.000_3,
        decay: 0.34,
        repeats: 4,
        spacing: 0.011,
    }),
    pan: 0.10,
    lowpass: 10_000.0,
    gain: 0.80,
    reverb: 0.26,
    ..DrumSound::SILENT
};

const fn hat(decay: f32, gain: f32) -> DrumSound {
    DrumSound {
        hiss: hiss(0.16, Band::Highpass, 9500.0, 0.2, decay * 0.6),
        metal: metal(2.0, 325.0, 8200.0, decay),
        pan: 0.22,
        gain,
        reverb: 0.02,
        choke: Choke::HiHat,
        ..DrumSound::SILENT
    }
}

static CLOSED_HAT: DrumSound = hat(0.07, 1.40);
static PEDAL_HAT: DrumSound = hat(0.045, 1.25);
static OPEN_HAT: DrumSound = hat(0.62, 1.05);

const fn tom(hertz: f32, pan: f32) -> DrumSound {
    DrumSound {
        tones: [
            tone(0.95, hertz, 1.9, 0.06, 0.75),
            tone(0.15, hertz * 2.0, 1.6, 0.02, 0.14),
        ],
        hiss: hiss(0.12, Band::Bandpass, hertz * 6.0, 0.2, 0.05),
        drive: 0.9,
        pan,
        lowpass: 6_000.0,
        gain: 0.72,
        reverb: 0.08,
        ..DrumSound::SILENT
    }
}

static LOW_TOM: DrumSound = tom(74.0, 0.45);
static MIDDLE_TOM: DrumSound = tom(110.0, 0.10);
static HIGH_TOM: DrumSound = tom(160.0, -0.35);

static CYMBAL: DrumSound = DrumSound {
    hiss: Some(NoiseBurst {
        level: 0.35,
        band: Band::Highpass,
        hertz: 6500.0,
        resonance: 0.1,
        attack: 0.001,
        decay: 1.6,
        repeats: 1,
        spacing: 0.0,
    }),
    metal: metal(2.0, 410.0, 5600.0, 2.0),
    pan: -0.30,
    lowpass: 13_000.0,
    gain: 0.62,
    reverb: 0.14,
    ..DrumSound::SILENT
};

static RIDE: DrumSound = DrumSound {
    hiss: hiss(0.12, Band::Highpass, 8000.0, 0.1, 0.6),
    metal: metal(1.5, 480.0, 6800.0, 0.9),
    pan: 0.38,
    gain: 0.90,
    reverb: 0.06,
    ..DrumSound::SILENT
};

static COWBELL_DRUM: DrumSound = DrumSound {
    metal: Some(Metal {
        level: 1.1,
        hertz: 540.0,
        ratios: &COWBELL,
        highpass: 620.0,
        decay: 0.30,
    }),
    drive: 0.9,
    pan: 0.20,
    lowpass: 8_000.0,
    gain: 0.80,
    reverb: 0.06,
    ..DrumSound::SILENT
};

static CLAVE: DrumSound = DrumSound {
    tones: [tone(0.9, 2500.0, 1.0, 0.002, 0.06), None],
    pan: -0.20,
    gain: 0.45,
    reverb: 0.10,
    ..DrumSound::SILENT
};

static MARACAS: DrumSound = DrumSound {
    hiss: Some(NoiseBurst {
        level: 0.7,
        band: Band::Highpass,
        hertz: 5200.0,
        resonance: 0.25,
        attack: 0.012,
        decay: 0.06,
        repeats: 1,
        spacing: 0.0,
    }),
    pan: -0.32,
    gain: 0.80,
    reverb: 0.04,
    ..DrumSound::SILENT
};

/// The drum of a key; keys without a drum of their own get the most similar one.
pub(super) fn sound(key: u8) -> &'static DrumSound {
    match key {
        0..=36 => &KICK,
        37 | 76 | 77 => &RIM,
        38 | 40 => &SNARE,
        39 => &CLAP,
        42 => &CLOSED_HAT,
        44 => &PEDAL_HAT,
        46 => &OPEN_HAT,
        41 | 43 | 64 | 66 => &LOW_TOM,
        45 | 47 | 61 | 63 => &MIDDLE_TOM,
        48 | 50 | 60 | 62 | 65 => &HIGH_TOM,
        49 | 52 | 55 | 57 => &CYMBAL,
        51 | 53 | 59 => &RIDE,
        56 | 58 | 67 | 68 | 80 | 81 => &COWBELL_DRUM,
        75 => &CLAVE,
        _ => &MARACAS,
    }
}
