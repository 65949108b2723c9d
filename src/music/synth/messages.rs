//! Messages to the synth: notes, controllers, and the clock, which sets the echo time.

use super::channel::{ChannelState, Effect};
use super::recipe::Recipe;
use super::voice::{Held, Voice};
use super::{POLYPHONY, Slot, Synth};
use crate::music::{Channel, ClockMessage, Key, Message, Patch, Velocity, patch::PatchSlot};

/// The fade-out of a stolen voice, in seconds.
const STEAL: f32 = 0.005;
/// The fade-out of a choked hi-hat, in seconds.
const CHOKE: f32 = 0.015;
/// The controller of the echo time, for all channels, and the seconds per step.
const ECHO_TIME: u8 = 95;
const ECHO_STEP: f32 = 0.01;
/// The echo time in clock ticks: three sixteenths.
const ECHO_PULSES: f32 = 18.0;

impl Synth {
    /// Handles a message, at the next frame to be rendered.
    pub fn handle(&mut self, message: Message) {
        self.patch_queue.receive();
        if !matches!(message, Message::NoteOn(..)) {
            self.patch_queue
                .fonts()
                .for_each(|font| font.handle(message));
        }
        match message {
            Message::NoteOn(channel, key, velocity) => self.note_on(channel, key, velocity),
            Message::NoteOff(channel, key) => self.note_off(channel, key),
            Message::Control(channel, number, value) => self.control(channel, number, value),
            Message::Program(channel, program) => {
                if let Some(state) = self.channels.get_mut(channel.index()) {
                    state.program(program);
                }
            }
            Message::Clock(ClockMessage::Tick) => self.pulse(),
            Message::Pressure(channel, pressure) => {
                if let Some(state) = self.channels.get_mut(channel.index()) {
                    state.press(pressure);
                }
            }
            Message::Volume(channel, volume) => {
                if let Some(state) = self.channels.get_mut(channel.index()) {
                    state.mix(volume);
                }
            }
            Message::Clock(_) => {}
            Message::Bend(channel, bend) => {
                if let Some(state) = self.channels.get_mut(channel.index()) {
                    state.bend(bend);
                }
            }
        }
    }

    fn note_on(&mut self, channel: Channel, key: Key, velocity: Velocity) {
        let index = channel.index();
        self.resting = false;
        if !self.voices().any(|voice| voice.channel == index)
            && let Some(state) = self.channels.get_mut(index)
        {
            state.settle();
        }
        let choice = self.channels.get(index).map_or(0, |state| state.chosen);
        if let Some(font) = self.patch_queue.font(choice) {
            return font.note_on(channel, key, velocity);
        }
        // A key that is struck again while the pedal is down releases what the pedal holds. What the key itself
        // holds goes on: its note-off follows.
        for voice in self
            .voices_mut()
            .filter(|v| v.channel == index && v.key == key && v.held == Held::Pedal)
        {
            voice.release();
        }
        let place = self.make_room();
        self.notes += 1;
        let Self {
            slots,
            channels,
            noise,
            ..
        } = self;
        let (Some(slot), Some(state)) = (slots.get_mut(place), channels.get_mut(index)) else {
            return;
        };
        let glide = state.glide_to(key);
        let note = (index, key, state.touch(velocity));
        let ratio = state.bend_ratio() * glide.map_or(1.0, |(from, _)| (from / 12.0).exp2());
        let mut voice = match state.drums(channel) {
            Some(kit) => {
                let drum = self.kits.drum(kit, key.number());
                Voice::drum(drum, note, &mut slot.memory, noise, self.sample_rate)
            }
            None => Voice::note(
                recipe(&self.patch_queue.patches, state),
                note,
                &mut slot.memory,
                noise,
                (ratio, state.filter_offset(), state.times()),
                self.sample_rate,
            ),
        };
        voice.order = self.notes;
        if let Some((from, seconds)) = glide {
            voice.glide(from, seconds, self.sample_rate);
        }
        slot.voice = None;
        let rate = self.sample_rate;
        for other in self.voices_mut().filter(|other| voice.chokes(other)) {
            other.fade_out(CHOKE, rate);
        }
        if let Some(slot) = self.slots.get_mut(place) {
            slot.voice = Some(voice);
        }
    }

    fn note_off(&mut self, channel: Channel, key: Key) {
        let index = channel.index();
        let pedal = self.channels.get(index).is_some_and(|state| state.pedal);
        // The oldest note of the key ends.
        let down = self
            .voices_mut()
            .filter(|v| v.channel == index && v.key == key && v.held == Held::Key);
        if let Some(voice) = down.min_by_key(|voice| voice.order) {
            voice.key_up(pedal);
        }
    }

    fn control(&mut self, channel: Channel, number: u8, value: u8) {
        let index = channel.index();
        let Some(state) = self.channels.get_mut(index) else {
            return;
        };
        let effect = state.control(number, value);
        if number == ECHO_TIME {
            self.delay.set_time(f32::from(value) * ECHO_STEP);
        }
        let pedal = state.pedal;
        let rate = self.sample_rate;
        for voice in self.voices_mut().filter(|voice| voice.channel == index) {
            match effect {
                Effect::Nothing => {}
                Effect::PedalUp => voice.pedal_up(),
                Effect::SostenutoDown => voice.sostenuto_down(),
                Effect::SostenutoUp => voice.sostenuto_up(pedal),
                Effect::AllPedalsUp => {
                    voice.sostenuto_up(false);
                    voice.pedal_up();
                }
                Effect::NotesOff => voice.key_up(pedal),
                Effect::SoundOff => voice.fade_out(STEAL, rate),
            }
        }
    }

    /// A MIDI clock tick, 24 per quarter note: the echo follows the tempo.
    fn pulse(&mut self) {
        let since = self.frame.saturating_sub(self.last_pulse) as f32;
        self.last_pulse = self.frame;
        // Between 20 and 500 BPM; a longer gap is a pause.
        if since > self.sample_rate * 0.005 && since < self.sample_rate * 0.125 {
            self.pulse = if self.pulse > 0.0 {
                self.pulse + (since - self.pulse) * 0.15
            } else {
                since
            };
            self.delay
                .set_time(self.pulse * ECHO_PULSES / self.sample_rate);
        }
    }

    /// The index of a slot for one more note. An old note may be stolen.
    fn make_room(&mut self) -> usize {
        let staying = self.voices().filter(|voice| !voice.is_fading()).count();
        if staying >= POLYPHONY {
            let rate = self.sample_rate;
            if let Some(oldest) = self
                .voices_mut()
                .filter(|voice| !voice.is_fading())
                .min_by_key(|voice| (voice.held, voice.order))
            {
                oldest.fade_out(STEAL, rate);
            }
        }
        let fade_level = |slot: &Slot| slot.voice.as_ref().map_or(-1.0, Voice::fade_level);
        self.slots
            .iter()
            .enumerate()
            .min_by(|(_, a), (_, b)| fade_level(a).total_cmp(&fade_level(b)))
            .map_or(0, |(place, _)| place)
    }
}

/// The patch that a channel plays.
fn recipe<'a>(patches: &'a [Option<Recipe>], state: &ChannelState) -> &'a Recipe {
    let chosen = usize::from(state.chosen).checked_sub(1);
    let chosen = chosen.and_then(|index| patches.get(index));
    let nearest = patches.get(PatchSlot::from(Patch::nearest(state.program)).index());
    let first = chosen.and_then(Option::as_ref);
    first
        .or_else(|| nearest.and_then(Option::as_ref))
        .expect("every synth has the built-in patches, and these cover every program")
}
