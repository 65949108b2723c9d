//! The synth's way to the loudspeaker: a sound device, through cpal.
//!
//! The player's side holds an [`AudioHandle`] and sends messages with the instant at which they are
//! due. The device's callback owns the [`Synth`]; it allocates, locks and logs nothing. It turns
//! each instant into a frame, always the same short time later, so that the rhythm heard is exactly
//! the rhythm sent. Devices come and go; the [`AudioLine`] between both stays, and tells the synth
//! of the next device how the channels were set.

mod clock;
mod line;
mod voice_side;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample, StreamConfig};

use super::Message;
pub use line::AudioLine;
use voice_side::VoiceSide;

/// How many messages may wait on their way to the device.
const QUEUE: usize = 4096;
/// Frames to a block that we ask the device for: 5 ms at 48 kHz.
const BLOCK: u32 = 256;

/// Why nothing can be heard.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// There is no device to play on.
    #[error(
        "No audio device was found. Connect one, or start a JACK server; MIDI ports and files work \
         without."
    )]
    NoDevice(#[source] cpal::Error),
    /// The device is there, but it cannot be used.
    #[error(
        "The audio device {device} cannot be played ({source}). Close other programs that hold it, \
         or choose another default device."
    )]
    Refused {
        /// The device's name.
        device: String,
        /// What its driver said.
        source: cpal::Error,
    },
    /// The device speaks a sample format that is not supported.
    #[error(
        "The audio device {device} only takes samples as {format}. Choose another default device."
    )]
    Format {
        /// The device's name.
        device: String,
        /// The format it asks for.
        format: SampleFormat,
    },
}

/// A message and when it is due.
#[derive(Debug, Clone, Copy)]
struct TimedMessage {
    /// The instant at which it should sound, before the output's constant latency.
    due: Instant,
    message: Message,
}

/// What the callback tells the rest of the program.
#[derive(Debug)]
struct Shared {
    alive: AtomicBool,
    /// The loudest sample since the meter was read, as the bits of an `f32`.
    peak: AtomicU32,
    /// The constant latency in nanoseconds.
    latency: AtomicU64,
    dropouts: AtomicU64,
    /// The system does not let the callback go before everything else.
    denied: AtomicBool,
    /// Blocks that the device has asked for.
    blocks: AtomicU64,
}

impl Shared {
    fn new() -> Self {
        Self {
            alive: AtomicBool::new(true),
            peak: AtomicU32::new(0),
            latency: AtomicU64::new(0),
            dropouts: AtomicU64::new(0),
            denied: AtomicBool::new(false),
            blocks: AtomicU64::new(0),
        }
    }
}

/// An open sound device with the synth behind it. Dropping it closes the device.
pub struct AudioOutput {
    stream: cpal::Stream,
    shared: Arc<Shared>,
    device: String,
    sample_rate: u32,
}

/// The player's end: messages go in here, whether there is a device or not.
pub struct AudioHandle {
    queue: rtrb::Producer<TimedMessage>,
    /// There is a device.
    plugged: Arc<AtomicBool>,
}

impl AudioHandle {
    /// Hands over a message that is due at an instant (now, or up to a second ahead). Never waits.
    /// `false` if the device does not keep up: the message is lost. Without a device nothing is,
    /// for there was nothing to hear.
    pub fn send(&mut self, due: Instant, message: Message) -> bool {
        let taken = self.queue.push(TimedMessage { due, message }).is_ok();
        taken || !self.plugged.load(Ordering::Relaxed)
    }
}

impl AudioOutput {
    /// Opens the default device, or a running JACK server if there is none, and starts to play what
    /// comes along the line. Dropping it leaves the line to the next one.
    ///
    /// # Errors
    ///
    /// [`AudioError`]; a machine without sound is a normal state.
    pub fn open(line: &AudioLine) -> Result<Self, AudioError> {
        // A thread of its own, because what libasound would print is caught thread by thread.
        std::thread::scope(|scope| {
            scope
                .spawn(|| Self::open_here(line))
                .join()
                .unwrap_or_else(|_| Err(AudioError::NoDevice(ErrorKind::BackendError.into())))
        })
    }

    fn open_here(line: &AudioLine) -> Result<Self, AudioError> {
        // Kept until the device is open; if it cannot be had, libasound chatters on stderr.
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

    /// The device's name as the system gives it.
    pub fn device(&self) -> &str {
        &self.device
    }

    /// Frames a second.
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// False once the device was lost: drop this output and open another.
    pub fn alive(&self) -> bool {
        self.shared.alive.load(Ordering::Relaxed)
    }

    /// The loudest sample (0 to 1) since this was last called.
    pub fn take_peak(&self) -> f32 {
        f32::from_bits(self.shared.peak.swap(0, Ordering::Relaxed))
    }

    /// The time from a message's instant to its frame; the device's own buffers come on top.
    pub fn latency(&self) -> std::time::Duration {
        std::time::Duration::from_nanos(self.shared.latency.load(Ordering::Relaxed))
    }

    /// How often the device ran dry since it was opened.
    pub fn dropouts(&self) -> u64 {
        self.shared.dropouts.load(Ordering::Relaxed)
    }

    /// Whether the device's callback was refused real-time priority: under load sound may break up.
    pub fn is_real_time_denied(&self) -> bool {
        self.shared.denied.load(Ordering::Relaxed)
    }

    /// How many blocks the device has asked for since it was opened; it stands still while it
    /// rests.
    pub fn blocks(&self) -> u64 {
        self.shared.blocks.load(Ordering::Relaxed)
    }

    /// Stops and starts the device's callback, to save energy while nothing plays.
    ///
    /// # Errors
    ///
    /// [`AudioError::Refused`] if the driver cannot.
    pub fn rest(&self) -> Result<(), AudioError> {
        self.stream.pause().map_err(|source| self.refused(source))
    }

    /// Goes on after [`rest`](Self::rest).
    ///
    /// # Errors
    ///
    /// [`AudioError::Refused`] if the driver cannot.
    pub fn wake(&self) -> Result<(), AudioError> {
        self.stream.play().map_err(|source| self.refused(source))
    }

    fn refused(&self, source: cpal::Error) -> AudioError {
        AudioError::Refused {
            device: self.device.clone(),
            source,
        }
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

impl std::fmt::Debug for AudioHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AudioHandle").finish_non_exhaustive()
    }
}

/// The JACK host, where a server runs. Its library is looked for at run time.
///
/// JACK's library is not asked whether there is a server: it takes locks that all its users share,
/// and a process that is killed meanwhile would leave them locked, so it must not be tried again and
/// again for nothing.
#[cfg(target_os = "linux")]
fn jack() -> Option<cpal::Host> {
    let runs = jack_server_runs() || pipewire_runs();
    runs.then(|| cpal::host_from_id(cpal::HostId::Jack).ok())?
}

/// A JACK server listens on a socket of its name.
#[cfg(target_os = "linux")]
fn jack_server_runs() -> bool {
    use std::os::unix::fs::FileTypeExt;

    let server = std::env::var("JACK_DEFAULT_SERVER").unwrap_or_else(|_| "default".into());
    let prefix = format!("jack_{server}_");
    let Ok(entries) = std::fs::read_dir("/dev/shm") else {
        return false;
    };
    entries.flatten().any(|entry| {
        let is_its = entry.file_name().to_string_lossy().starts_with(&prefix);
        is_its && entry.file_type().is_ok_and(|kind| kind.is_socket())
    })
}

/// PipeWire stands in for a JACK server.
#[cfg(target_os = "linux")]
fn pipewire_runs() -> bool {
    std::env::var_os("XDG_RUNTIME_DIR")
        .is_some_and(|folder| std::path::Path::new(&folder).join("pipewire-0").exists())
}

#[cfg(not(target_os = "linux"))]
fn jack() -> Option<cpal::Host> {
    None
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

/// Opens the device with small blocks, or, if it will not have them, with its own.
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
    let shared = Arc::new(Shared::new());
    let side = VoiceSide::new(line, shared.clone(), config.sample_rate, config.channels);
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
    let stream = device
        .build_output_stream(
            config,
            move |out: &mut [T], _: &cpal::OutputCallbackInfo| side.fill(Instant::now(), out),
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

#[cfg(all(test, target_os = "linux"))]
mod tests;

/// The names of the devices that can play, the default one first; none where there is no sound.
pub fn audio_devices() -> Vec<String> {
    use cpal::traits::{DeviceTrait, HostTrait};

    // A thread of its own, because what libasound would print is caught thread by thread.
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
