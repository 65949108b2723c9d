//! The volume of the mixer, on top of what a piece sets on its channels.

use std::fmt;

use super::{Channel, Message, Velocity};

/// A volume of the mixer: silence, or -57 to +6 dB in steps of half a decibel.
///
/// It multiplies the volume that a piece sets with controller 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Volume(u8);

/// The steps of a decibel.
const STEPS: f64 = 2.0;
/// The step of 0 dB. Step 0 is silence.
const UNITY: u8 = 115;
const LOUDEST: u8 = 127;

impl Default for Volume {
    fn default() -> Self {
        Self::UNITY
    }
}

impl Volume {
    /// Nothing is heard.
    pub const SILENCE: Self = Self(0);
    /// 0 dB: as the piece is written.
    pub const UNITY: Self = Self(UNITY);
    /// +6 dB.
    pub const LOUDEST: Self = Self(LOUDEST);
    /// The lower end of faders, in decibels: silence.
    pub const FADER_FROM: i16 = -60;
    /// The upper end of faders, in decibels.
    pub const FADER_TO: i16 = 6;

    /// The nearest volume; silence below -57 dB. What is not a number changes nothing: 0 dB.
    pub fn from_decibels(decibels: f64) -> Self {
        if decibels.is_nan() {
            return Self::UNITY;
        }
        let step = (decibels * STEPS).round() + f64::from(UNITY);
        // The range makes the conversion exact.
        Self(step.clamp(0.0, f64::from(LOUDEST)) as u8)
    }

    /// In decibels; `None` for silence.
    pub fn decibels(self) -> Option<f64> {
        (self != Self::SILENCE).then(|| (f64::from(self.0) - f64::from(UNITY)) / STEPS)
    }

    /// In decibels, with silence at the lower end of faders.
    pub fn on_fader(self) -> f64 {
        self.decibels().unwrap_or(f64::from(Self::FADER_FROM))
    }

    /// Its place on a fader in the window, from 0 at the bottom to 1: decibels are far apart near the top, as on
    /// a mixing desk.
    pub fn travel(self) -> f64 {
        let whole = f64::from(Self::LOUDEST.gain());
        (f64::from(self.gain()) / whole).cbrt()
    }

    /// The volume at a place of that fader.
    pub fn at_travel(travel: f64) -> Self {
        let gain = f64::from(Self::LOUDEST.gain()) * travel.clamp(0.0, 1.0).powi(3);
        Self::from_decibels(20.0 * gain.log10())
    }

    /// One decibel louder.
    pub fn louder(self) -> Self {
        Self(self.0.saturating_add(STEPS as u8).min(LOUDEST))
    }

    /// One decibel softer.
    pub fn softer(self) -> Self {
        Self(self.0.saturating_sub(STEPS as u8))
    }

    /// The factor of the amplitude.
    pub fn gain(self) -> f32 {
        self.decibels()
            .map_or(0.0, |decibels| 10_f64.powf(decibels / 20.0) as f32)
    }

    /// Controller 7 for a device, where the piece has set `written`: amplitudes are the square of it. It ends
    /// at 127.
    pub fn controller(self, written: u8) -> u8 {
        self.scaled(written).min(127)
    }

    /// A velocity, for notes that share their channel with other lanes; `None` for silence.
    pub fn velocity(self, written: Velocity) -> Option<Velocity> {
        (self != Self::SILENCE)
            .then(|| Velocity::new(self.scaled(written.number()).clamp(1, 127)))
            .flatten()
    }

    /// The number whose square is that of `written` times the gain.
    fn scaled(self, written: u8) -> u8 {
        // A float saturates when it is converted.
        (f32::from(written) * self.gain().sqrt()).round() as u8
    }

    pub(super) fn number(self) -> u8 {
        self.0
    }

    pub(super) fn from_number(number: u8) -> Self {
        Self(number.min(LOUDEST))
    }
}

impl fmt::Display for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.decibels() {
            None => f.write_str("−∞ dB"),
            Some(0.0) => f.write_str("0 dB"),
            Some(decibels) => {
                let sign = if decibels < 0.0 { '−' } else { '+' };
                write!(f, "{sign}{} dB", decibels.abs())
            }
        }
    }
}

/// Writes volumes of the mixer as controller 7, for what knows nothing else: devices and files.
#[derive(Debug)]
pub(super) struct AsController {
    /// Of each channel: the controller that the piece has set, and the volume.
    channels: [(u8, Volume); Channel::PARTS],
}

impl Default for AsController {
    fn default() -> Self {
        let unset = (Message::DEFAULT_VOLUME, Volume::UNITY);
        Self {
            channels: [unset; Channel::PARTS],
        }
    }
}

impl AsController {
    /// The message to write instead.
    pub fn written(&mut self, message: Message) -> Message {
        let place = message.channel().map(Channel::index);
        let Some(known) = place.and_then(|place| self.channels.get_mut(place)) else {
            return message;
        };
        match message {
            Message::Control(channel, Message::VOLUME, value) => {
                known.0 = value;
                message.with_volume(channel, *known)
            }
            Message::Volume(channel, volume) => {
                known.1 = volume;
                message.with_volume(channel, *known)
            }
            _ => message,
        }
    }
}

impl Message {
    /// The controller of the volume of a channel.
    pub const VOLUME: u8 = 7;
    /// The volume of channels on which none was set (General MIDI).
    pub const DEFAULT_VOLUME: u8 = 100;

    /// The controller 7 that results from what the piece has set and the volume of the mixer.
    pub(super) fn with_volume(self, channel: Channel, (set, volume): (u8, Volume)) -> Self {
        Self::Control(channel, Self::VOLUME, volume.controller(set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_is_a_number_of_decibels_in_steps_of_a_half() {
        let of = Volume::from_decibels;
        let words = [0.0, -3.0, 1.5, -12.3, 40.0, -57.0, -60.0, f64::NAN].map(of);
        let words = words.map(|volume| volume.to_string());
        let expected = [
            "0 dB",
            "−3 dB",
            "+1.5 dB",
            "−12.5 dB",
            "+6 dB",
            "−57 dB",
            "−∞ dB",
            "0 dB",
        ];
        assert_eq!(words, expected);
        assert_eq!([of(-6.0).louder(), of(-6.0).softer()], [of(-5.0), of(-7.0)]);
        assert_eq!(of(-57.0).softer(), Volume::SILENCE);
        assert_eq!(Volume::LOUDEST.louder(), Volume::LOUDEST);
        assert!((of(-6.0).gain() - 0.501).abs() < 0.001);
        for step in 0..=LOUDEST {
            let volume = Volume::from_number(step);
            assert_eq!(Volume::at_travel(volume.travel()), volume);
        }
    }

    #[test]
    fn a_device_hears_the_volume_as_controller_seven() {
        let channel = Channel::FIRST;
        let mut device = AsController::default();
        let mut sent = |message| match device.written(message) {
            Message::Control(_, Message::VOLUME, value) => value,
            other => panic!("{other:?}"),
        };
        let set = |value| Message::Control(channel, Message::VOLUME, value);
        let mix = |decibels| Message::Volume(channel, Volume::from_decibels(decibels));
        // 12 dB are a quarter of the amplitude, and half of the controller.
        assert_eq!(sent(mix(-12.0)), 50);
        assert_eq!(sent(set(80)), 40);
        assert_eq!(sent(mix(0.0)), 80);
        assert_eq!(sent(set(127)), 127);
        assert_eq!(sent(mix(6.0)), 127);
        assert_eq!(sent(mix(-60.0)), 0);
    }
}
