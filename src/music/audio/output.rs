//! An open audio device.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample, StreamConfig};

use super::callback::AudioCallback;
use super::error::AudioError;
use super::jack::jack;
use super::line::AudioLine;
use super::shared::Shared;
use crate::music::real_time;

/// The requested block size in frames: 5 ms at 48 kHz.
const BLOCK: u32 = 256;

/// An open audio device with a synth. Dropping it closes the device.
pub struct AudioOutput {
    stream: cpal::Stream,
    shared: Arc<Shared>,
    device: String,
    sample_rate: u32,
}

impl AudioOutput {
    /// Opens the default device, or a running JACK server if there is none, and plays the messages of
    /// the line. Dropping it returns the line for the next output.
    ///
    /// # Errors
    ///
    /// [`AudioError`]. A machine without audio is a normal state.
    pub fn open(line: &AudioLine) -> Result<Self, AudioError> {
        // A thread of its own, because the output of libasound is captured per thread.
        std::thread::scope(|scope| {
            scope
                .spawn(|| Self::open_here(line))
                .join()
                .unwrap_or_else(|_| Err(AudioError::NoDevice(ErrorKind::BackendError.into())))
        })
    }

    fn open_here(line: &AudioLine) -> Result<Self, AudioError> {
        // Until the device is open: libasound prints to stderr when it fails.
        #[cfg(target_os = "linux")]
        let _quiet = alsa::Output::local_error_handler();
        let first = match open_default(&cpal::default_host(), line) {
            Ok(opened) => return Ok(opened),
            Err(error) => error,
        };
        match jack() {
            Some(host) => open_default(&host, line).map_err(|_| first),
            None => Err(first),
        }
    }

    /// The name of the device.
    pub fn device(&self) -> &str {
        &self.device
    }

    /// Frames per second.
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Whether the device still works. If not, drop this output and open another.
    pub fn alive(&self) -> bool {
        self.shared.alive.load(Ordering::Relaxed)
    }

    /// The peak (0 to 1) since the last call.
    pub fn take_peak(&self) -> f32 {
        f32::from_bits(self.shared.peak.swap(0, Ordering::Relaxed))
    }

    /// The latency from a message's due time to its frame, without the buffers of the device.
    pub fn latency(&self) -> std::time::Duration {
        std::time::Duration::from_nanos(self.shared.latency.load(Ordering::Relaxed))
    }

    /// The number of underruns since the device was opened.
    pub fn dropouts(&self) -> u64 {
        self.shared.dropouts.load(Ordering::Relaxed)
    }

    /// Whether the audio callback was refused real-time priority: sound may drop out under load.
    pub fn is_real_time_denied(&self) -> bool {
        self.shared.denied.load(Ordering::Relaxed)
    }

    /// The number of blocks that the device has requested since it was opened; constant while it is
    /// paused.
    pub fn blocks(&self) -> u64 {
        self.shared.blocks.load(Ordering::Relaxed)
    }

    /// Pauses the callback, to save energy while nothing plays.
    ///
    /// # Errors
    ///
    /// [`AudioError::Refused`] if the driver cannot.
    pub fn pause(&self) -> Result<(), AudioError> {
        self.stream.pause().map_err(|source| self.refused(source))
    }

    /// Resumes after [`pause`](Self::pause).
    ///
    /// # Errors
    ///
    /// [`AudioError::Refused`] if the driver cannot.
    pub fn resume(&self) -> Result<(), AudioError> {
        self.stream.play().map_err(|source| self.refused(source))
    }

    fn refused(&self, source: cpal::Error) -> AudioError {
        AudioError::Refused {
            device: self.device.clone(),
            source,
        }
    }
}

impl Drop for AudioOutput {
    fn drop(&mut self) {
        // libjack cancels the thread of the callback, which ends the whole program if that happens to be in Rust
        // code: from here on, the callback takes next to no time.
        self.shared.close();
    }
}

impl std::fmt::Debug for AudioOutput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AudioOutput")
            .field("device", &self.device)
            .field("sample_rate", &self.sample_rate)
            .field("alive", &self.alive())
            .finish_non_exhaustive()
    }
}

fn open_default(host: &cpal::Host, line: &AudioLine) -> Result<AudioOutput, AudioError> {
    let Some(device) = host.default_output_device() else {
        return Err(AudioError::NoDevice(ErrorKind::DeviceNotAvailable.into()));
    };
    let supported = device
        .default_output_config()
        .map_err(AudioError::NoDevice)?;
    let format = supported.sample_format();
    let config = supported.config();
    match format {
        SampleFormat::F32 => start::<f32>(&device, config, line),
        SampleFormat::F64 => start::<f64>(&device, config, line),
        SampleFormat::I16 => start::<i16>(&device, config, line),
        SampleFormat::I24 => start::<cpal::I24>(&device, config, line),
        SampleFormat::I32 => start::<i32>(&device, config, line),
        SampleFormat::U8 => start::<u8>(&device, config, line),
        SampleFormat::U16 => start::<u16>(&device, config, line),
        format => Err(AudioError::Format {
            device: device.to_string(),
            format,
        }),
    }
}

/// Opens the device with small blocks or, if it refuses, with its default block size.
fn start<T>(
    device: &cpal::Device,
    config: StreamConfig,
    line: &AudioLine,
) -> Result<AudioOutput, AudioError>
where
    T: SizedSample + FromSample<f32>,
{
    let small = StreamConfig {
        buffer_size: BufferSize::Fixed(BLOCK),
        ..config
    };
    build::<T>(device, small, line).or_else(|_| build::<T>(device, config, line))
}

fn build<T>(
    device: &cpal::Device,
    config: StreamConfig,
    line: &AudioLine,
) -> Result<AudioOutput, AudioError>
where
    T: SizedSample + FromSample<f32>,
{
    let name = device.to_string();
    let refused = |source| AudioError::Refused {
        device: name.clone(),
        source,
    };
    real_time::prepare();
    let shared = Arc::new(Shared::new());
    let side = AudioCallback::new(line, shared.clone(), config.sample_rate, config.channels);
    let mut side = side.ok_or_else(|| refused(ErrorKind::DeviceBusy.into()))?;
    let on_error = {
        let shared = shared.clone();
        move |error: cpal::Error| match error.kind() {
            ErrorKind::Xrun => {
                shared.dropouts.fetch_add(1, Ordering::Relaxed);
            }
            ErrorKind::DeviceChanged => {}
            ErrorKind::RealtimeDenied => shared.denied.store(true, Ordering::Relaxed),
            _ => shared.alive.store(false, Ordering::Relaxed),
        }
    };
    let state = shared.clone();
    let stream = device
        .build_output_stream(
            config,
            move |out: &mut [T], _: &cpal::OutputCallbackInfo| {
                match state.render(|| real_time::caught(|| side.fill(Instant::now(), out))) {
                    Some(Some(())) => {}
                    // The synth of the next output starts from a clean state.
                    Some(None) => {
                        out.fill(T::EQUILIBRIUM);
                        state.alive.store(false, Ordering::Relaxed);
                    }
                    None => out.fill(T::EQUILIBRIUM),
                }
            },
            on_error,
            None,
        )
        .map_err(refused)?;
    stream.play().map_err(refused)?;
    Ok(AudioOutput {
        stream,
        shared,
        device: name.clone(),
        sample_rate: config.sample_rate,
    })
}

/// The names of the output devices, the default one first; empty without audio.
pub fn audio_devices() -> Vec<String> {
    // A thread of its own, because the output of libasound is captured per thread.
    let names = std::thread::spawn(|| {
        #[cfg(target_os = "linux")]
        let _quiet = alsa::Output::local_error_handler();
        let host = cpal::default_host();
        let usable = |device: &cpal::Device| device.default_output_config().is_ok();
        let all = host.output_devices().into_iter().flatten();
        let devices = host.default_output_device().into_iter().chain(all);
        let mut names: Vec<String> = Vec::new();
        for device in devices.filter(usable) {
            let name = device.description().map(|d| d.name().to_owned());
            names.extend(name.ok().filter(|name| !names.contains(name)));
        }
        names
    });
    names.join().unwrap_or_default()
}
