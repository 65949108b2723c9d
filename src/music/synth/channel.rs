//! The state of a MIDI channel: its sound, controllers and bend.

use super::kit::Kit;
use super::oscillator::{increment, sine};
use super::parameters::Parameters;
use super::stereo::{Ramp, TICK, pan};
use crate::music::{Channel, Key, Message, Velocity, Volume};

const MODULATION: u8 = 1;
const PAN: u8 = 10;
const PORTAMENTO_TIME: u8 = 5;
const EXPRESSION: u8 = 11;
const PORTAMENTO: u8 = 65;
const SOSTENUTO: u8 = 66;
const SOFT: u8 = 67;
const RESONANCE: u8 = 71;
const RELEASE: u8 = 72;
const ATTACK: u8 = 73;
const CUTOFF: u8 = 74;
const REVERB: u8 = 91;
const DELAY: u8 = 94;
const RESET_CONTROLLERS: u8 = 121;
const BEND_CENTRE: u16 = 8192;
/// Vibrato at full modulation: depth in cents, rate in hertz.
const VIBRATO: f32 = 55.0;
const VIBRATO_RATE: f32 = 5.6;
/// The range of the cutoff controller in either direction, in octaves.
const CUTOFF_RANGE: f32 = 4.0;
/// The range of the resonance controller in either direction.
const RESONANCE_RANGE: f32 = 0.7;
/// The range of the attack and release controllers: times are multiplied by up to 2 to this power.
const TIME_RANGE: f32 = 4.0;
/// The longest glide, in seconds.
const SLOWEST_GLIDE: f32 = 2.5;
/// Below this difference a ramp has arrived.
const ARRIVED: f32 = 1e-5;

/// The effect of a controller on the sounding notes of the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Nothing,
    PedalUp,
    SostenutoDown,
    SostenutoUp,
    AllPedalsUp,
    NotesOff,
    SoundOff,
}

/// What the controllers add to the filters of the voices: octaves of cutoff, and resonance.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct FilterOffset {
    pub(super) octaves: f32,
    pub(super) resonance: f32,
}

/// A send to an effect: the level of the patch until a controller sets one for the channel.
#[derive(Debug)]
struct EffectSend {
    wanted: Option<u8>,
    own: Ramp,
    added: Ramp,
}

impl EffectSend {
    fn new() -> Self {
        Self {
            wanted: None,
            own: Ramp::new(1.0),
            added: Ramp::new(0.0),
        }
    }

    fn targets(&self) -> (f32, f32) {
        match self.wanted {
            None => (1.0, 0.0),
            Some(value) => (0.0, f32::from(value) / 127.0),
        }
    }

    fn settle(&mut self) {
        let (own, added) = self.targets();
        (self.own, self.added) = (Ramp::new(own), Ramp::new(added));
    }

    fn tick(&mut self) {
        let (own, added) = self.targets();
        approach(&mut self.own, own);
        approach(&mut self.added, added);
    }

    /// The send level of a voice whose patch has the level `own`, at a frame of the tick.
    #[inline(always)]
    fn at(&self, own: f32, frame: usize) -> f32 {
        own * self.own.at(frame) + self.added.at(frame)
    }
}

/// The state of one channel.
#[derive(Debug)]
pub(super) struct ChannelState {
    pub(super) program: u8,
    /// The selected sound beyond the programs: see [`Message::SOUND`].
    pub(super) chosen: u8,
    pub(super) pedal: bool,
    volume: u8,
    /// The volume of the mixer, and the gain on its way there.
    mix: Volume,
    mixed: Ramp,
    expression: u8,
    pan: u8,
    modulation: u8,
    pressure: u8,
    soft: bool,
    sostenuto: bool,
    portamento: bool,
    portamento_time: u8,
    /// The key from which the next note glides.
    last_key: Option<Key>,
    parameters: Parameters,
    /// The bend, -1 to 1.
    wheel_bend: f32,
    attack: u8,
    release: u8,
    cutoff: u8,
    resonance: u8,
    wanted_bend: f32,
    bend: f32,
    depth: f32,
    wheel: u32,
    filter_offset: FilterOffset,
    reverb: EffectSend,
    delay: EffectSend,
    left: Ramp,
    right: Ramp,
}

impl ChannelState {
    pub(super) fn new() -> Self {
        let mut state = Self {
            program: 0,
            chosen: 0,
            pedal: false,
            volume: Message::DEFAULT_VOLUME,
            mixed: Ramp::new(1.0),
            mix: Volume::UNITY,
            expression: 127,
            pan: 64,
            modulation: 0,
            pressure: 0,
            soft: false,
            sostenuto: false,
            portamento: false,
            portamento_time: 0,
            last_key: None,
            parameters: Parameters::default(),
            wheel_bend: 0.0,
            attack: 64,
            release: 64,
            cutoff: 64,
            resonance: 64,
            wanted_bend: 0.0,
            bend: 0.0,
            depth: 0.0,
            wheel: 0,
            filter_offset: FilterOffset::default(),
            reverb: EffectSend::new(),
            delay: EffectSend::new(),
            left: Ramp::default(),
            right: Ramp::default(),
        };
        state.settle();
        state
    }

    /// Applies a controller.
    pub(super) fn control(&mut self, number: u8, value: u8) -> Effect {
        let value = value.min(127);
        match number {
            MODULATION => self.modulation = value,
            Message::VOLUME => self.volume = value,
            PAN => self.pan = value,
            EXPRESSION => self.expression = value,
            RESONANCE => self.resonance = value,
            RELEASE => self.release = value,
            ATTACK => self.attack = value,
            CUTOFF => self.cutoff = value,
            REVERB => self.reverb.wanted = Some(value),
            DELAY => self.delay.wanted = Some(value),
            Message::SOUND => self.chosen = value,
            Message::SUSTAIN => {
                let was = std::mem::replace(&mut self.pedal, value >= 64);
                if was && !self.pedal {
                    return Effect::PedalUp;
                }
            }
            PORTAMENTO_TIME => self.portamento_time = value,
            PORTAMENTO => self.portamento = value >= 64,
            SOFT => self.soft = value >= 64,
            SOSTENUTO => {
                let was = std::mem::replace(&mut self.sostenuto, value >= 64);
                match (was, self.sostenuto) {
                    (false, true) => return Effect::SostenutoDown,
                    (true, false) => return Effect::SostenutoUp,
                    _ => {}
                }
            }
            6 | 38 | 96..=101 => {
                self.parameters.control(number, value);
                self.wanted_bend = self.wanted_pitch();
            }
            Message::ALL_SOUND_OFF => return Effect::SoundOff,
            RESET_CONTROLLERS => {
                self.expression = 127;
                self.modulation = 0;
                self.pressure = 0;
                self.soft = false;
                self.portamento = false;
                self.parameters.deselect();
                self.bend(BEND_CENTRE);
                if std::mem::take(&mut self.sostenuto) {
                    self.pedal = false;
                    return Effect::AllPedalsUp;
                }
                if std::mem::take(&mut self.pedal) {
                    return Effect::PedalUp;
                }
            }
            // Omni and mono switches imply all notes off.
            Message::ALL_NOTES_OFF..=127 => return Effect::NotesOff,
            _ => {}
        }
        Effect::Nothing
    }

    /// Applies a program change. It resets the sound selection, and the sends to those of the sound.
    pub(super) fn program(&mut self, program: u8) {
        self.program = program;
        self.chosen = 0;
        self.reverb.wanted = None;
        self.delay.wanted = None;
    }

    /// The drum kit of the channel; always one on the drum channel.
    pub(super) fn drums(&self, channel: Channel) -> Option<Kit> {
        channel.is_drums().then(|| Kit::of_program(self.program))
    }

    /// Applies a pitch bend, 0 to 16383.
    pub(super) fn bend(&mut self, bend: u16) {
        let offset = f32::from(bend.min(16_383)) - f32::from(BEND_CENTRE);
        self.wheel_bend = offset / f32::from(BEND_CENTRE);
        self.wanted_bend = self.wanted_pitch();
    }

    /// Bend and tuning, in semitones.
    fn wanted_pitch(&self) -> f32 {
        self.wheel_bend * self.parameters.bend_range() + self.parameters.tuning()
    }

    /// Applies channel pressure: it deepens the vibrato.
    pub(super) fn press(&mut self, pressure: u8) {
        self.pressure = pressure.min(127);
    }

    /// Applies the volume of the mixer.
    pub(super) fn mix(&mut self, volume: Volume) {
        self.mix = volume;
    }

    /// The velocity of a note: the soft pedal makes it softer.
    pub(super) fn touch(&self, velocity: Velocity) -> Velocity {
        let softer = Velocity::new((u16::from(velocity.number()) * 2 / 3).max(1) as u8);
        softer.filter(|_| self.soft).unwrap_or(velocity)
    }

    /// A note begins: the semitones that it glides from, and the seconds that it takes; none without portamento.
    pub(super) fn glide_to(&mut self, key: Key) -> Option<(f32, f32)> {
        let before = self.last_key.replace(key)?;
        let from = f32::from(before.number()) - f32::from(key.number());
        let seconds = (f32::from(self.portamento_time) / 127.0).powi(2) * SLOWEST_GLIDE;
        (self.portamento && from != 0.0 && seconds > 0.0).then_some((from, seconds))
    }

    /// Jumps to the target values, for a channel on which nothing sounds.
    pub(super) fn settle(&mut self) {
        let (left, right) = self.wanted_gains();
        self.left = Ramp::new(left);
        self.right = Ramp::new(right);
        self.mixed = Ramp::new(self.mix.gain());
        self.bend = self.wanted_bend;
        self.filter_offset = self.filter_target();
        self.depth = self.wanted_depth();
        self.reverb.settle();
        self.delay.settle();
    }

    /// Moves a step toward the target values, at a tick boundary.
    pub(super) fn tick(&mut self, sample_rate: f32) {
        let (left, right) = self.wanted_gains();
        approach(&mut self.left, left);
        approach(&mut self.right, right);
        approach(&mut self.mixed, self.mix.gain());
        self.reverb.tick();
        self.delay.tick();
        let filter_offset = self.filter_target();
        let near = |now: f32, wanted: f32, speed: f32| {
            let next = now + (wanted - now) * speed;
            if (wanted - next).abs() < 1e-4 {
                wanted
            } else {
                next
            }
        };
        self.filter_offset.octaves = near(self.filter_offset.octaves, filter_offset.octaves, 0.1);
        self.filter_offset.resonance =
            near(self.filter_offset.resonance, filter_offset.resonance, 0.1);
        self.bend = near(self.bend, self.wanted_bend, 0.2);
        self.depth = near(self.depth, self.wanted_depth(), 0.1);
        self.wheel = if self.depth > 0.0 {
            let turn = increment(VIBRATO_RATE * TICK as f32, sample_rate);
            self.wheel.wrapping_add(turn)
        } else {
            0
        };
    }

    /// The gains left and right at a frame of the tick.
    #[inline(always)]
    pub(super) fn gains(&self, frame: usize) -> (f32, f32) {
        let mixed = self.mixed.at(frame);
        (self.left.at(frame) * mixed, self.right.at(frame) * mixed)
    }

    /// The gain of the mixer at a frame of the tick, for sounds that follow the controllers by themselves.
    #[inline(always)]
    pub(super) fn mixed(&self, frame: usize) -> (f32, f32) {
        let mixed = self.mixed.at(frame);
        (mixed, mixed)
    }

    /// The send levels of a voice whose patch has these levels.
    #[inline(always)]
    pub(super) fn sends(&self, reverb: f32, delay: f32, frame: usize) -> (f32, f32) {
        (self.reverb.at(reverb, frame), self.delay.at(delay, frame))
    }

    /// The frequency ratio of bend and vibrato.
    pub(super) fn bend_ratio(&self) -> f32 {
        let vibrato = self.depth * sine(self.wheel);
        (self.bend / 12.0 + vibrato / 1200.0).exp2()
    }

    /// What the controllers add to filters.
    pub(super) fn filter_offset(&self) -> FilterOffset {
        self.filter_offset
    }

    /// The factors for attack and release times.
    pub(super) fn times(&self) -> (f32, f32) {
        let factor = |value: u8| (around(value) * TIME_RANGE).exp2();
        (factor(self.attack), factor(self.release))
    }

    fn wanted_depth(&self) -> f32 {
        f32::from(self.modulation.max(self.pressure)) / 127.0 * VIBRATO
    }

    fn filter_target(&self) -> FilterOffset {
        FilterOffset {
            octaves: around(self.cutoff) * CUTOFF_RANGE,
            resonance: around(self.resonance) * RESONANCE_RANGE,
        }
    }

    fn wanted_gains(&self) -> (f32, f32) {
        let share = |value: u8| (f32::from(value) / 127.0).powi(2);
        let level = share(self.volume) * share(self.expression);
        let (left, right) = pan((f32::from(self.pan) - 64.0) / 63.0);
        (left * level, right * level)
    }
}

/// Moves a ramp a step toward a value.
fn approach(ramp: &mut Ramp, wanted: f32) {
    let now = ramp.target();
    let next = now + (wanted - now) * 0.15;
    ramp.toward(if (wanted - next).abs() < ARRIVED {
        wanted
    } else {
        next
    });
}

/// A bipolar controller, from -1 to 1; the center 64 is 0.
fn around(value: u8) -> f32 {
    ((f32::from(value) - 64.0) / 63.0).clamp(-1.0, 1.0)
}
