//! The audio callback. Real time: nothing here allocates, locks or logs.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use cpal::{FromSample, SizedSample};

use super::clock::FrameClock;
use super::line::{AudioLine, Line, QUEUE, TimedMessage};
use super::shared::Shared;
use crate::music::{Message, Synth};

/// The most frames rendered at a time.
const CHUNK: usize = 512;
/// Added to the block's length, in seconds: time for a message that is sent at the last moment.
const MARGIN: f64 = 0.001;

/// A note that is later than this when the device starts is left out.
const LATE: Duration = Duration::from_millis(100);

/// The state of the audio callback: one or two synths, and the clock.
pub(super) struct AudioCallback {
    main: Source,
    /// The source of the second line.
    second: Option<Source>,
    clock: FrameClock,
    epoch: Instant,
    /// The largest block so far. The latency covers it and does not change unless a larger one comes.
    block: usize,
    latency: f64,
    sample_rate: u32,
    channels: usize,
    buffers: Buffers,
    shared: Arc<Shared>,
}

/// The sound of a chunk, and that of the second source before it is added.
struct Buffers {
    left: [f32; CHUNK],
    right: [f32; CHUNK],
    second: [[f32; CHUNK]; 2],
}

/// A synth and the line that it plays.
struct Source {
    synth: Synth,
    /// `None` once it was returned.
    line: Option<Line>,
    owner: AudioLine,
    /// Messages that are not due yet, earliest first.
    waiting: VecDeque<TimedMessage>,
}

impl AudioCallback {
    /// Takes the lines and restores the channel settings on new synths. `None` while another device has
    /// the line.
    pub(super) fn new(
        owner: &AudioLine,
        shared: Arc<Shared>,
        sample_rate: u32,
        channels: u16,
    ) -> Option<Self> {
        let bank = owner.bank();
        let synth = bank.synth(sample_rate).metered(bank.meters().clone());
        let main = Source::new(owner, synth)?;
        let second = owner.second().and_then(|second| {
            let synth = second.bank().synth(sample_rate);
            Source::new(second, synth)
        });
        Some(Self {
            main,
            second,
            clock: FrameClock::new(sample_rate),
            epoch: Instant::now(),
            block: 0,
            latency: 0.0,
            sample_rate,
            channels: usize::from(channels.max(1)),
            buffers: Buffers {
                left: [0.0; CHUNK],
                right: [0.0; CHUNK],
                second: [[0.0; CHUNK]; 2],
            },
            shared,
        })
    }

    /// Fills a block that the device requested at `now`.
    pub(super) fn fill<T>(&mut self, now: Instant, out: &mut [T])
    where
        T: SizedSample + FromSample<f32>,
    {
        let channels = self.channels;
        let frames = out.len() / channels;
        self.begin(now, frames);
        let mut at = 0;
        let mut peak = 0.0_f32;
        let mut rest = out;
        while at < frames {
            let due = self.play_due(at);
            let count = due.min(frames - at).min(CHUNK);
            let (left, right) = self.render(count);
            let (now, later) = rest.split_at_mut(count * channels);
            for (frame, (&l, &r)) in now
                .chunks_exact_mut(channels)
                .zip(left.iter().zip(right.iter()))
            {
                peak = peak.max(l.abs()).max(r.abs());
                match frame {
                    [one] => *one = T::from_sample((l + r) * 0.5),
                    [first, second, others @ ..] => {
                        *first = T::from_sample(l);
                        *second = T::from_sample(r);
                        others.fill(T::EQUILIBRIUM);
                    }
                    [] => {}
                }
            }
            rest = later;
            at += count;
        }
        // The bits of positive floats sort like the floats.
        self.shared
            .peak
            .fetch_max(peak.to_bits(), Ordering::Relaxed);
    }

    /// Renders the next frames, at most a chunk.
    fn render(&mut self, count: usize) -> (&[f32], &[f32]) {
        let Buffers {
            left,
            right,
            second: [second_left, second_right],
        } = &mut self.buffers;
        let (left, right) = (&mut left[..count], &mut right[..count]);
        self.main.synth.render(left, right);
        if let Some(source) = &mut self.second {
            let (more_left, more_right) = (&mut second_left[..count], &mut second_right[..count]);
            let is_silent = source.synth.is_silent();
            source.synth.render(more_left, more_right);
            if !is_silent {
                mix(left, more_left);
                mix(right, more_right);
            }
        }
        (left, right)
    }

    /// Updates the clock and receives messages.
    fn begin(&mut self, now: Instant, frames: usize) {
        self.shared.blocks.fetch_add(1, Ordering::Relaxed);
        self.clock.block(
            now.saturating_duration_since(self.epoch).as_secs_f64(),
            frames,
        );
        if self.block == 0 {
            // The device took its time to open; it would play all at once what was due meanwhile.
            self.main.skip(now);
            if let Some(second) = &mut self.second {
                second.skip(now);
            }
        }
        if frames > self.block {
            self.block = frames;
            self.latency = frames as f64 / f64::from(self.sample_rate) + MARGIN;
            let latency = Duration::from_secs_f64(self.latency).as_nanos() as u64;
            self.shared.latency.store(latency, Ordering::Relaxed);
        }
        self.main.receive();
        if let Some(second) = &mut self.second {
            second.receive();
        }
    }

    /// Passes on the messages that are due at frame `at` of the block. Returns the number of frames
    /// until the next message is due, at least one.
    fn play_due(&mut self, at: usize) -> usize {
        let (clock, epoch, latency) = (&self.clock, self.epoch, self.latency);
        let frame = |due: Instant| {
            let due = due.saturating_duration_since(epoch).as_secs_f64();
            clock.offset(due + latency).round()
        };
        let next = self.main.play_due(at, frame);
        match &mut self.second {
            Some(second) => next.min(second.play_due(at, frame)),
            None => next,
        }
    }
}

impl Source {
    /// Takes a line for a new synth; `None` while another device has it.
    fn new(owner: &AudioLine, mut synth: Synth) -> Option<Self> {
        let line = owner.take()?;
        for setting in line.memory.messages() {
            synth.handle(setting);
        }
        Some(Self {
            synth,
            line: Some(line),
            owner: owner.clone(),
            waiting: VecDeque::with_capacity(QUEUE),
        })
    }

    /// Leaves out the notes that were due long before `now`.
    fn skip(&mut self, now: Instant) {
        let Some(line) = &mut self.line else {
            return;
        };
        let is_late = |next: &TimedMessage| next.due + LATE < now;
        while line.messages.peek().is_ok_and(is_late) {
            let Ok(skipped) = line.messages.pop() else {
                return;
            };
            line.memory.update(skipped.message);
            if !matches!(skipped.message, Message::NoteOn(..)) {
                self.synth.handle(skipped.message);
            }
        }
    }

    /// Receives messages.
    fn receive(&mut self) {
        let Some(line) = &mut self.line else {
            return;
        };
        while self.waiting.len() < QUEUE {
            let Ok(message) = line.messages.pop() else {
                break;
            };
            line.memory.update(message.message);
            let place = self
                .waiting
                .iter()
                .rposition(|earlier| earlier.due <= message.due)
                .map_or(0, |place| place + 1);
            self.waiting.insert(place, message);
        }
    }

    /// Passes on the messages that are due at frame `at`. Returns the number of frames until the next one
    /// is, at least one.
    fn play_due(&mut self, at: usize, frame: impl Fn(Instant) -> f64) -> usize {
        while let Some(next) = self.waiting.front() {
            let frame = frame(next.due);
            if frame > at as f64 {
                return (frame as usize).saturating_sub(at).max(1);
            }
            self.synth.handle(next.message);
            self.waiting.pop_front();
        }
        usize::MAX
    }
}

impl Drop for Source {
    /// Returns the line for the next device.
    fn drop(&mut self) {
        if let Some(line) = self.line.take() {
            self.owner.put_back(line);
        }
    }
}

/// Adds sound to other sound. Each is below full scale; together they are clipped there.
fn mix(sound: &mut [f32], more: &[f32]) {
    for (sample, more) in sound.iter_mut().zip(more) {
        *sample = (*sample + more).clamp(-1.0, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{AudioHandle, Bank, Patch};
    use crate::music::{Channel, Key, Velocity};

    fn plug(line: &AudioLine, channels: u16) -> AudioCallback {
        AudioCallback::new(line, Arc::new(Shared::new()), 48_000, channels).unwrap()
    }

    fn side(channels: u16) -> (AudioHandle, AudioCallback) {
        let (handle, line) = AudioLine::new(&Bank::new());
        (handle, plug(&line, channels))
    }

    /// The frames at which a side stick sounds that is sent every 213 ms at the moment it is due, to
    /// callbacks with these delays in microseconds.
    fn onsets(delays: &[u64]) -> Vec<usize> {
        let (mut producer, mut side) = side(2);
        let begin = side.epoch + Duration::from_millis(10);
        let mut dues = (0..10_u64)
            .map(|stroke| begin + Duration::from_millis(50 + stroke * 213))
            .peekable();
        let message = Message::NoteOn(Channel::DRUMS, Key::new(37).unwrap(), Velocity::default());
        let mut sound = Vec::new();
        for (block, &delay) in (0..400_u64).zip(delays.iter().cycle()) {
            let nominal = begin + Duration::from_nanos(block * 256 * 1_000_000_000 / 48_000);
            let now = nominal + Duration::from_micros(delay);
            while let Some(due) = dues.next_if(|due| *due <= now) {
                assert!(producer.send(due, message));
            }
            let mut out = [0.0_f32; 512];
            side.fill(now, &mut out);
            sound.extend(out.chunks(2).map(|frame| frame[0]));
        }
        let mut onsets: Vec<usize> = Vec::new();
        for (frame, sample) in sound.iter().enumerate() {
            if sample.abs() > 0.02 && onsets.last().is_none_or(|last| frame > last + 6000) {
                onsets.push(frame);
            }
        }
        onsets
    }

    #[test]
    fn notes_that_were_due_while_the_device_opened_are_left_out() {
        let loudest = |late: Duration| {
            let (mut producer, mut side) = side(2);
            let now = side.epoch + Duration::from_secs(3);
            let note = Message::NoteOn(Channel::DRUMS, Key::new(37).unwrap(), Velocity::default());
            assert!(producer.send(now - late, note));
            let mut out = [0.0_f32; 4096];
            side.fill(now, &mut out);
            out.iter()
                .fold(0.0_f32, |peak, sample| peak.max(sample.abs()))
        };
        assert!(
            loudest(Duration::from_millis(20)) > 0.02,
            "it is a little late"
        );
        assert_eq!(loudest(Duration::from_secs(2)), 0.0, "the device took long");
    }

    #[test]
    fn the_rhythm_heard_is_the_rhythm_sent() {
        let steady = onsets(&[0]);
        assert_eq!(steady.len(), 10);
        for pair in steady.windows(2) {
            let gap = (pair[1] - pair[0]) as i64;
            assert!(
                (gap - 10_224).abs() <= 3,
                "213 ms are 10224 frames, not {gap}"
            );
        }
        // Callbacks up to 2 ms late must not change the rhythm.
        for (a, b) in steady.iter().zip(onsets(&[300, 0, 2000, 700, 100, 1500])) {
            assert!((*a as i64 - b as i64).abs() < 96, "{a} became {b}");
        }
    }

    #[test]
    fn a_late_message_plays_at_once_and_mono_devices_get_both_channels() {
        let (mut producer, mut side) = side(1);
        let message = Message::NoteOn(Channel::DRUMS, Key::new(36).unwrap(), Velocity::default());
        let due = side.epoch;
        assert!(producer.send(due, message));
        let mut out = [0_i16; 1024];
        side.fill(due + Duration::from_millis(50), &mut out);
        assert!(out.iter().any(|s| s.abs() > 1000));
        assert!(f32::from_bits(side.shared.peak.load(Ordering::Relaxed)) > 0.03);
    }

    #[test]
    fn a_second_line_is_added_and_changes_nothing_else() {
        let channel = Channel::from_number(1).unwrap();
        let note = Message::NoteOn(channel, Key::new(57).unwrap(), Velocity::default());
        let program = Message::Program(channel, Patch::ORGAN.program());
        let heard = |first: &[Message], second: &[Message]| {
            let (mut handle, line) = AudioLine::new(&Bank::new());
            let (mut beside, line) = line.with_second();
            let mut side = plug(&line, 2);
            let due = side.epoch;
            first
                .iter()
                .for_each(|message| assert!(handle.send(due, *message)));
            second
                .iter()
                .for_each(|message| assert!(beside.send(due, *message)));
            let mut out = [0.0_f32; 4096];
            side.fill(due + Duration::from_millis(50), &mut out);
            out
        };
        let alone = heard(&[note], &[]);
        assert_eq!(heard(&[note], &[program]), alone);
        let other = heard(&[], &[program, note]);
        assert_ne!(other, [0.0; 4096]);
        assert_ne!(
            other, alone,
            "the program of one line is not that of the other"
        );
        let both = heard(&[note], &[program, note]);
        for (both, (one, two)) in both.iter().zip(alone.iter().zip(other)) {
            assert_eq!(*both, (one + two).clamp(-1.0, 1.0));
        }
    }

    #[test]
    fn the_next_device_sounds_like_the_previous_one() {
        let channel = Channel::from_number(1).unwrap();
        let note = Message::NoteOn(channel, Key::new(57).unwrap(), Velocity::default());
        let settings = [
            Message::Program(channel, Patch::ORGAN.program()),
            Message::Control(channel, 7, 60),
        ];
        let heard = |side: &mut AudioCallback, handle: &mut AudioHandle| {
            let due = Instant::now();
            assert!(handle.send(due, note));
            let mut out = [0.0_f32; 4096];
            side.fill(due + Duration::from_millis(50), &mut out);
            out
        };

        let (mut handle, mut whole) = side(2);
        for setting in settings {
            handle.send(Instant::now(), setting);
        }
        let expected = heard(&mut whole, &mut handle);

        let (mut handle, line) = AudioLine::new(&Bank::new());
        let now = Instant::now();
        assert!(
            (0..2 * QUEUE).all(|_| handle.send(now, note)),
            "there is no device"
        );
        line.skip(now);
        let mut first = plug(&line, 2);
        assert!(AudioCallback::new(&line, Arc::new(Shared::new()), 48_000, 2).is_none());
        handle.send(now, settings[0]);
        first.fill(now, &mut [0.0_f32; 512]);
        drop(first);
        // Without a device notes are dropped, and settings are remembered.
        handle.send(now, note);
        handle.send(now, settings[1]);
        line.skip(now);
        let mut second = plug(&line, 2);
        let mut silence = [0.0_f32; 512];
        second.fill(now, &mut silence);
        assert_eq!(silence, [0.0; 512], "the note was for the previous device");
        drop(second);
        assert_eq!(heard(&mut plug(&line, 2), &mut handle), expected);
    }
}
