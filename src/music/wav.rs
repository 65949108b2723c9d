//! A performance as a WAV file, rendered faster than real time.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Bank, Beat, Message, MusicError, Nanos, Sent, Sink, SinkError, Synth, Transport};

/// The block size of rendering, in frames.
const BLOCK: usize = 1024;
/// The longest tail after the last note, in seconds.
const TAIL: u64 = 6;
/// The full scale of 24 bits.
const SCALE: f32 = 8_388_607.0;

/// Why a WAV file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    /// The file could not be created.
    #[error("The WAV file {} cannot be created: {source}. Choose a folder that you may write to.", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: hound::Error,
    },
    /// Writing failed: the disk is full, or the piece is longer than a WAV file can be.
    #[error("Writing the WAV file {} failed: {source}. The file is not complete.", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: hound::Error,
    },
}

/// Statistics of a finished file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WavStats {
    /// Length in frames.
    pub frames: u64,
    /// The largest sample, 0 to 1.
    pub peak: f32,
    /// The root mean square of both channels, 0 to 1.
    pub rms: f32,
}

/// Renders messages through the [`Synth`] into a stereo WAV file of 24 bits.
///
/// The start of the piece is frame 0; silence before the first note is kept.
pub struct WavRender {
    path: PathBuf,
    writer: hound::WavWriter<BufWriter<File>>,
    synth: Synth,
    sample_rate: u32,
    /// Frames rendered, including the skipped ones.
    rendered: u64,
    /// Frames of the synth's latency that are not written.
    skip: u64,
    written: u64,
    peak: f32,
    energy: f64,
}

impl std::fmt::Debug for WavRender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WavRender")
            .field("path", &self.path)
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}

impl WavRender {
    /// Creates the file, replacing an existing one. 48,000 frames per second is a good `sample_rate`.
    /// The synth plays the sounds of `bank`.
    ///
    /// # Errors
    ///
    /// [`WavError::Create`].
    pub fn create(path: impl AsRef<Path>, sample_rate: u32, bank: &Bank) -> Result<Self, WavError> {
        let path = path.as_ref().to_path_buf();
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate,
            bits_per_sample: 24,
            sample_format: hound::SampleFormat::Int,
        };
        match hound::WavWriter::create(&path, spec) {
            Ok(writer) => {
                let synth = bank.synth(sample_rate);
                Ok(Self {
                    path,
                    writer,
                    sample_rate,
                    rendered: 0,
                    skip: synth.latency_frames() as u64,
                    synth,
                    written: 0,
                    peak: 0.0,
                    energy: 0.0,
                })
            }
            Err(source) => Err(WavError::Create { path, source }),
        }
    }

    /// Plays a message `at` nanoseconds after the start. Messages must be in order; one that is earlier
    /// than its predecessor is played at the same time.
    ///
    /// # Errors
    ///
    /// [`WavError::Write`].
    pub fn send(&mut self, at: u64, message: Message) -> Result<(), WavError> {
        self.advance(self.frame(at).saturating_sub(self.rendered))?;
        self.synth.handle(message);
        Ok(())
    }

    /// Renders up to `at` nanoseconds after the start and makes the file valid up to there. A later
    /// message for an earlier time is played late.
    ///
    /// # Errors
    ///
    /// [`WavError::Write`].
    pub fn save(&mut self, at: u64) -> Result<(), WavError> {
        self.advance(self.frame(at).saturating_sub(self.rendered))?;
        let flushed = self.writer.flush();
        flushed.map_err(|source| WavError::Write {
            path: self.path.clone(),
            source,
        })
    }

    fn frame(&self, at: u64) -> u64 {
        let frame = (u128::from(at) * u128::from(self.sample_rate) + 500_000_000) / 1_000_000_000;
        u64::try_from(frame).unwrap_or(u64::MAX)
    }

    /// Renders until the last notes have died away (six seconds at most) and closes the file.
    ///
    /// # Errors
    ///
    /// [`WavError::Write`].
    pub fn finish(mut self) -> Result<WavStats, WavError> {
        let limit = self.rendered + TAIL * u64::from(self.sample_rate);
        while self.rendered < limit && !self.synth.is_silent() {
            self.advance((BLOCK as u64).min(limit - self.rendered))?;
        }
        self.advance(self.skip)?;
        let stats = WavStats {
            frames: self.written,
            peak: self.peak,
            rms: (self.energy / (2 * self.written.max(1)) as f64).sqrt() as f32,
        };
        let path = self.path;
        self.writer
            .finalize()
            .map_err(|source| WavError::Write { path, source })?;
        Ok(stats)
    }

    fn advance(&mut self, frames: u64) -> Result<(), WavError> {
        let mut left = [0.0; BLOCK];
        let mut right = [0.0; BLOCK];
        let mut remaining = frames;
        while remaining > 0 {
            let now = remaining.min(BLOCK as u64) as usize;
            let (left, right) = (&mut left[..now], &mut right[..now]);
            self.synth.render(left, right);
            let skipped = self.skip.min(now as u64) as usize;
            self.skip -= skipped as u64;
            for (&l, &r) in left.iter().zip(right.iter()).skip(skipped) {
                self.write(l)?;
                self.write(r)?;
                self.written += 1;
            }
            self.rendered += now as u64;
            remaining -= now as u64;
        }
        Ok(())
    }

    fn write(&mut self, sample: f32) -> Result<(), WavError> {
        self.peak = self.peak.max(sample.abs());
        self.energy += f64::from(sample) * f64::from(sample);
        self.writer
            .write_sample((sample * SCALE).round() as i32)
            .map_err(|source| WavError::Write {
                path: self.path.clone(),
                source,
            })
    }
}

/// A WAV file as a sink of the journal: everything that is sent, played by the built-in synth.
///
/// The file is valid at all times: its header describes what was there when it was last saved. A WAV
/// file has room for four hours; then the recording ends.
pub struct WavFile {
    render: Option<WavRender>,
    /// The time of the first frame in nanoseconds; the bar may have begun before the player did.
    start: i64,
    /// The bar line before the first position: it is the start of a MIDI recording, too.
    origin: Option<Beat>,
    /// Whether the start is known: it is once the transport rolls.
    has_start: bool,
}

impl WavFile {
    /// How late messages may reach the journal. Later ones are played late.
    const BEHIND: Duration = Duration::from_millis(250);

    /// Creates the file, replacing an existing one, with 48,000 frames per second. It begins with the bar in which the
    /// transport starts to roll, as a [`Recorder`](super::Recorder) does, so that both coincide; if it never rolls, at
    /// the time `start`. The synth plays the sounds of `bank`.
    pub fn create(path: &Path, start: Nanos, bank: &Bank) -> Result<Self, MusicError> {
        let render = Some(WavRender::create(path, 48_000, bank)?);
        tracing::info!(path = %path.display(), "audio recording started");
        Ok(Self {
            render,
            start: i64::try_from(start.0).unwrap_or(i64::MAX),
            origin: None,
            has_start: false,
        })
    }

    fn offset(&self, at: Nanos) -> u64 {
        let at = i64::try_from(at.0).unwrap_or(i64::MAX);
        u64::try_from(at.saturating_sub(self.start)).unwrap_or(0)
    }
}

impl Sink for WavFile {
    fn transport(&mut self, transport: &Transport, now: Nanos) {
        let position = transport.position(now);
        let first = || transport.meters().bar_line(position).max(Beat::ZERO);
        // While the transport stands, it may be moved.
        if !self.has_start && self.origin.is_none_or(|_| !transport.is_rolling()) {
            self.origin = Some(first());
        }
        let Some(origin) = self.origin.filter(|_| !self.has_start) else {
            return;
        };
        // A beat that is not before the origin of the clock.
        let later = origin.max(position);
        if let Some(instant) = transport.instant(later) {
            let before = (later - origin).as_f64() * transport.tempo_at(later).beat_nanos();
            let instant = i64::try_from(instant.0).unwrap_or(i64::MAX);
            (self.start, self.has_start) = (instant.saturating_sub(before as i64), true);
        }
    }

    fn send(&mut self, message: &Sent) -> Result<(), SinkError> {
        let at = self.offset(message.due);
        if let Some(render) = &mut self.render {
            let sent = render.send(at, message.message);
            sent.map_err(MusicError::from)?;
        }
        Ok(())
    }

    fn save(&mut self, now: Nanos) -> Result<(), SinkError> {
        let complete = self
            .offset(now)
            .saturating_sub(Self::BEHIND.as_nanos() as u64);
        if let Some(render) = &mut self.render {
            render.save(complete).map_err(MusicError::from)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        if let Some(render) = self.render.take() {
            let path = render.path.clone();
            render.finish().map_err(MusicError::from)?;
            // From here on the file also survives a power failure.
            let synced = File::options().append(true).open(&path);
            if let Err(source) = synced.and_then(|file| file.sync_data()) {
                return Err(MusicError::File { path, source }.into());
            }
            tracing::info!(path = %path.display(), "audio recording finished");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Channel, Key, Velocity};

    const SECOND: u64 = 1_000_000_000;

    fn note(key: u8) -> (Message, Message) {
        let (channel, key) = (Channel::from_number(1).unwrap(), Key::new(key).unwrap());
        (
            Message::NoteOn(channel, key, Velocity::default()),
            Message::NoteOff(channel, key),
        )
    }

    #[test]
    fn a_note_is_at_its_position_and_rings_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("note.wav");
        let mut render = WavRender::create(&path, 48_000, &Bank::new()).unwrap();
        let (on, off) = note(69);
        render.send(SECOND / 2, on).unwrap();
        render.send(SECOND, off).unwrap();
        let stats = render.finish().unwrap();
        assert!(
            stats.frames > 48_000 && stats.frames < 7 * 48_000,
            "{stats:?}"
        );
        assert!(stats.peak > 0.05 && stats.rms > 0.005, "{stats:?}");

        let samples: Vec<i32> = hound::WavReader::open(&path)
            .unwrap()
            .into_samples::<i32>()
            .map(Result::unwrap)
            .collect();
        assert_eq!(samples.len() as u64, 2 * stats.frames);
        let first = samples.iter().position(|s| s.abs() > 80).unwrap() / 2;
        assert!(
            (24_000..24_100).contains(&first),
            "the note starts at frame {first}"
        );
    }

    #[test]
    fn the_file_is_readable_while_it_grows_and_saving_changes_no_sample() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["plain.wav", "saved.wav"].map(|name| folder.path().join(name));
        let (on, off) = note(69);
        let [plain, saved] = paths.clone().map(|path| {
            let saves = path.ends_with("saved.wav");
            let mut render = WavRender::create(&path, 48_000, &Bank::new()).unwrap();
            render.send(SECOND / 2, on).unwrap();
            for at in [7, 11, 19].map(|tenths| tenths * SECOND / 10) {
                if saves {
                    render.save(at).unwrap();
                    let reader = hound::WavReader::open(&path).unwrap();
                    let frames = u64::from(reader.duration());
                    let promised = at * 48_000 / SECOND;
                    assert!(promised - frames < 480, "{frames} frames of {promised}");
                    assert!(reader.into_samples::<i32>().all(|sample| sample.is_ok()));
                }
            }
            render.send(2 * SECOND, off).unwrap();
            render.finish().unwrap()
        });
        assert_eq!(plain, saved);
        let [plain, saved] = paths.map(|path| std::fs::read(path).unwrap());
        assert!(plain == saved, "the files differ");
    }

    #[test]
    fn a_missing_folder_is_named() {
        let error = WavRender::create("/nowhere/at/all.wav", 48_000, &Bank::new()).unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all.wav"));
    }
}
