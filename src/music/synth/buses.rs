//! The mix buses between the voices and the effects.

use super::channel::ChannelState;
use super::recipe::Insert;
use super::stereo::Stereo;
use crate::music::Channel;

/// The mix buses of the synth.
#[derive(Debug)]
pub(super) struct Buses {
    pub(super) direct: Stereo,
    pub(super) chorus: Stereo,
    pub(super) rotary: Stereo,
    pub(super) reverb: Stereo,
    pub(super) delay: Stereo,
    /// The sum of each channel, before the effects.
    pub(super) channels: Vec<Stereo>,
}

impl Buses {
    pub(super) fn new() -> Self {
        Self {
            direct: Stereo::SILENCE,
            chorus: Stereo::SILENCE,
            rotary: Stereo::SILENCE,
            reverb: Stereo::SILENCE,
            delay: Stereo::SILENCE,
            channels: vec![Stereo::SILENCE; Channel::PARTS],
        }
    }

    pub(super) fn clear(&mut self) {
        self.direct = Stereo::SILENCE;
        self.chorus = Stereo::SILENCE;
        self.rotary = Stereo::SILENCE;
        self.reverb = Stereo::SILENCE;
        self.delay = Stereo::SILENCE;
        self.channels.fill(Stereo::SILENCE);
    }

    /// Adds a voice: to the effect sends by the shares of its patch, and to the bus of its insert.
    pub(super) fn take(
        &mut self,
        sound: &Stereo,
        (reverb, delay, insert): (f32, f32, Insert),
        (index, channel): (usize, &ChannelState),
        (from, frames): (usize, usize),
    ) {
        let sides = sound.left.iter().zip(&sound.right);
        let effects = self.reverb.frames(frames).zip(self.delay.frames(frames));
        for (frame, ((left, right), (to_reverb, to_delay))) in sides.zip(effects).enumerate() {
            let (reverb, delay) = channel.sends(reverb, delay, from + frame);
            *to_reverb.0 += left * reverb;
            *to_reverb.1 += right * reverb;
            *to_delay.0 += left * delay;
            *to_delay.1 += right * delay;
        }
        let bus = match insert {
            Insert::Direct => &mut self.direct,
            Insert::Chorus => &mut self.chorus,
            Insert::Rotary => &mut self.rotary,
        };
        bus.add_first(sound, frames);
        if let Some(part) = self.channels.get_mut(index) {
            part.add_first(sound, frames);
        }
    }
}
