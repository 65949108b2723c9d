//! The studio kit: drums in a room.

use super::super::drum::{Band, COWBELL, Choke, DrumSound, Metal, NoiseBurst, hiss, metal, tone};

static KICK: DrumSound = DrumSound {
    tones: [
        tone(1.0, 48.0, 5.0, 0.018, 0.75),
        tone(0.35, 140.0, 6.0, 0.006, 0.05),
    ],
    hiss: hiss(0.22, Band::Bandpass, 3200.0, 0.1, 0.022),
    drive: 1.15,
    lowpass: 9_000.0,
    gain: 0.93,
    reverb: 0.015,
    ..DrumSound::SILENT
};

static SIDE_STICK: DrumSound = DrumSound {
    tones: [
        tone(0.5, 1650.0, 1.15, 0.002, 0.045),
        tone(0.4, 480.0, 1.2, 0.003, 0.06),
    ],
    hiss: hiss(0.5, Band::Bandpass, 3600.0, 0.4, 0.03),
    pan: -0.1,
    gain: 0.65,
    reverb: 0.12,
    ..DrumSound::SILENT
};

static SNARE: DrumSound = DrumSound {
    tones: [
        tone(0.62, 184.0, 1.7, 0.014, 0.22),
        tone(0.34, 331.0, 1.4, 0.012, 0.13),
    ],
    hiss: hiss(1.25, Band::Highpass, 1300.0, 0.22, 0.28),
    drive: 0.95,
    pan: 0.05,
    lowpass: 7_000.0,
    gain: 0.73,
    reverb: 0.14,
    ..DrumSound::SILENT
};

static CLAP: DrumSound = DrumSound {
    hiss: Some(NoiseBurst {
        level: 2.2,
        band: Band::Bandpass,
        hertz: 1350.0,
        resonance: 0.55,
        attack: 0.000_5,
        decay: 0.26,
        repeats: 4,
        spacing: 0.010,
    }),
    pan: 0.12,
    lowpass: 9_000.0,
    gain: 0.75,
    reverb: 0.22,
    ..DrumSound::SILENT
};

static CLOSED_HAT: DrumSound = DrumSound {
    hiss: hiss(0.42, Band::Highpass, 8200.0, 0.15, 0.075),
    metal: metal(1.7, 410.0, 7200.0, 0.10),
    pan: 0.28,
    gain: 1.33,
    reverb: 0.03,
    choke: Choke::HiHat,
    ..DrumSound::SILENT
};

static PEDAL_HAT: DrumSound = DrumSound {
    hiss: hiss(0.5, Band::Highpass, 6400.0, 0.1, 0.05),
    metal: metal(1.1, 380.0, 6200.0, 0.07),
    pan: 0.28,
    gain: 1.01,
    reverb: 0.03,
    choke: Choke::HiHat,
    ..DrumSound::SILENT
};

static OPEN_HAT: DrumSound = DrumSound {
    hiss: hiss(0.36, Band::Highpass, 8000.0, 0.15, 0.75),
    metal: metal(1.6, 410.0, 7000.0, 0.85),
    pan: 0.28,
    gain: 1.00,
    reverb: 0.06,
    choke: Choke::HiHat,
    ..DrumSound::SILENT
};

const fn tom(hertz: f32, pan: f32) -> DrumSound {
    DrumSound {
        tones: [
            tone(0.9, hertz, 1.75, 0.045, 0.65),
            tone(0.28, hertz * 1.593, 1.5, 0.03, 0.26),
        ],
        hiss: hiss(0.35, Band::Bandpass, hertz * 9.0, 0.15, 0.06),
        drive: 0.95,
        pan,
        lowpass: 7_000.0,
        gain: 0.71,
        reverb: 0.12,
        ..DrumSound::SILENT
    }
}

static LOW_TOM: DrumSound = tom(82.0, 0.40);
static MIDDLE_TOM: DrumSound = tom(118.0, 0.10);
static HIGH_TOM: DrumSound = tom(165.0, -0.30);

static CRASH: DrumSound = DrumSound {
    hiss: Some(NoiseBurst {
        level: 0.8,
        band: Band::Highpass,
        hertz: 4600.0,
        resonance: 0.05,
        attack: 0.003,
        decay: 2.2,
        repeats: 1,
        spacing: 0.0,
    }),
    metal: metal(1.5, 530.0, 4600.0, 2.6),
    pan: -0.35,
    lowpass: 12_000.0,
    gain: 0.57,
    reverb: 0.20,
    ..DrumSound::SILENT
};

static RIDE: DrumSound = DrumSound {
    tones: [
        tone(0.07, 3340.0, 1.0, 0.1, 0.9),
        tone(0.05, 5130.0, 1.0, 0.1, 0.6),
    ],
    hiss: hiss(0.16, Band::Highpass, 7000.0, 0.1, 1.1),
    metal: metal(0.95, 620.0, 6400.0, 1.5),
    pan: 0.42,
    gain: 1.05,
    reverb: 0.10,
    ..DrumSound::SILENT
};

static RIDE_BELL: DrumSound = DrumSound {
    tones: [
        tone(0.22, 1180.0, 1.0, 0.1, 1.3),
        tone(0.16, 1760.0, 1.0, 0.1, 1.0),
    ],
    metal: metal(0.8, 590.0, 5200.0, 1.4),
    pan: 0.42,
    gain: 0.67,
    reverb: 0.12,
    ..DrumSound::SILENT
};

static COWBELL_DRUM: DrumSound = DrumSound {
    metal: Some(Metal {
        level: 0.9,
        hertz: 541.0,
        ratios: &COWBELL,
        highpass: 500.0,
        decay: 0.38,
    }),
    pan: 0.22,
    gain: 0.84,
    reverb: 0.10,
    ..DrumSound::SILENT
};

static TAMBOURINE: DrumSound = DrumSound {
    hiss: Some(NoiseBurst {
        level: 0.5,
        band: Band::Highpass,
        hertz: 6800.0,
        resonance: 0.5,
        attack: 0.002,
        decay: 0.20,
        repeats: 2,
        spacing: 0.022,
    }),
    metal: metal(1.0, 1050.0, 7600.0, 0.20),
    pan: -0.25,
    gain: 0.75,
    reverb: 0.12,
    ..DrumSound::SILENT
};

static SHAKER: DrumSound = DrumSound {
    hiss: Some(NoiseBurst {
        level: 0.8,
        band: Band::Bandpass,
        hertz: 6200.0,
        resonance: 0.35,
        attack: 0.028,
        decay: 0.11,
        repeats: 1,
        spacing: 0.0,
    }),
    pan: -0.32,
    lowpass: 11_000.0,
    gain: 0.89,
    reverb: 0.08,
    ..DrumSound::SILENT
};

/// The drum of a key; keys without a drum of their own get the most similar one.
pub(super) fn sound(key: u8) -> &'static DrumSound {
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
        56 | 58 => &COWBELL_DRUM,
        60 | 62 | 63 | 65 => &HIGH_TOM,
        61 | 64 | 66 => &MIDDLE_TOM,
        67 | 68 | 80 | 81 => &RIDE_BELL,
        69 | 70 | 82 => &SHAKER,
        75..=77 => &SIDE_STICK,
        _ => &TAMBOURINE,
    }
}
