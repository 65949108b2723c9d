//! The built-in port: the synth on the audio device, and a virtual MIDI output.
//!
//! A thread of its own opens the device. No device is a normal state: everything plays on in silence,
//! and the state gives the reason. A device that appears (the first, the same again, another one, one
//! with another sample rate) is opened automatically.

use std::{
    sync::mpsc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use tokio::sync::watch;

#[cfg(unix)]
use super::VirtualOut;
use super::{
    AudioHandle, AudioLine, AudioOutput, Bank, Sent, Sink, SinkError, device_search::DeviceSearch,
};

/// How long the first device is waited for. Some take seconds, such as a JACK server that still holds the client
/// of a program that crashed, and nothing else has to wait for them.
const FIRST_DEVICE: Duration = Duration::from_millis(300);
/// The interval of the check that the device still works.
const CHECK_INTERVAL: Duration = Duration::from_millis(400);
/// A device that should play and has requested no block for this long counts as lost.
const STALL_TIMEOUT: Duration = Duration::from_secs(2);

/// The state of the audio device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SoundState {
    /// The device is open.
    Device {
        /// The name of the device.
        name: String,
        /// Frames per second.
        sample_rate: u32,
    },
    /// No audio device is open; the text says why. A device that appears later is opened automatically.
    Silent(String),
}

/// The audio device and its thread. Dropping it closes the device.
pub struct Sound {
    state: watch::Receiver<SoundState>,
    requests: mpsc::Sender<Request>,
    thread: Option<JoinHandle<()>>,
}

/// A request to the thread.
#[derive(Debug, Clone, Copy)]
enum Request {
    Want(Activity),
    /// A device may have come.
    Search,
    End,
}

/// What the device should do.
#[derive(Debug, Clone, Copy)]
enum Activity {
    Resume,
    Pause,
}

/// The sink of the built-in port.
pub struct BuiltIn {
    /// The origin of the player's clock.
    origin: Instant,
    audio: AudioHandle,
    #[cfg(unix)]
    virtual_out: Option<VirtualOut>,
}

impl Sound {
    /// How long the sound lasts after the last note.
    pub const TAIL: Duration = Duration::from_millis(2500);

    /// Opens the default audio device and the virtual output, if there are any. A device that takes long is opened
    /// in the background; until then, there is none. The synth plays the sounds of `bank`; `origin` is the origin
    /// of the player's clock.
    pub fn open(origin: Instant, bank: &Bank) -> (Self, BuiltIn) {
        let (audio, line) = AudioLine::new(bank);
        (Self::open_line(line), BuiltIn::new(origin, audio))
    }

    /// The same, with a second sink that has voices of its own, for a player whose clock has the origin
    /// `second`. What it plays is not on the virtual output.
    pub fn open_with_second(
        origin: Instant,
        second: Instant,
        bank: &Bank,
    ) -> (Self, BuiltIn, BuiltIn) {
        let (audio, line) = AudioLine::new(bank);
        let (beside, line) = line.with_second();
        let built_in = BuiltIn::new(origin, audio);
        (
            Self::open_line(line),
            built_in,
            BuiltIn::hidden(second, beside),
        )
    }

    fn open_line(line: AudioLine) -> Self {
        let (opened, first_attempt) = mpsc::channel();
        let (requests, inbox) = mpsc::channel();
        let opening = "The audio device is being opened.".to_owned();
        let (publisher, state) = watch::channel(SoundState::Silent(opening));
        let changed = requests.clone();
        let device_thread = DeviceThread {
            line,
            inbox,
            state: publisher.clone(),
            wanted: Activity::Resume,
            search: DeviceSearch::new(move || {
                // The thread may have ended.
                let _ = changed.send(Request::Search);
            }),
        };
        let thread = std::thread::Builder::new()
            .name("fermata-sound".into())
            .spawn(move || device_thread.run(opened));
        let thread = match thread {
            Ok(thread) => {
                // Without an answer there is no device, or not yet.
                let _ = first_attempt.recv_timeout(FIRST_DEVICE);
                Some(thread)
            }
            Err(error) => {
                publisher.send_replace(SoundState::Silent(error.to_string()));
                None
            }
        };
        Self {
            state,
            requests,
            thread,
        }
    }

    /// The state of the device.
    pub fn state(&self) -> SoundState {
        self.state.borrow().clone()
    }

    /// The state of the device and every change of it.
    pub fn watch(&self) -> watch::Receiver<SoundState> {
        let mut state = self.state.clone();
        state.mark_unchanged();
        state
    }

    /// Resumes the device: something will play.
    pub fn resume(&self) {
        self.request(Request::Want(Activity::Resume));
    }

    /// Pauses the device: nothing sounds.
    pub fn pause(&self) {
        self.request(Request::Want(Activity::Pause));
    }

    fn request(&self, request: Request) {
        // Without the thread there is no device.
        let _ = self.requests.send(request);
    }
}

impl Drop for Sound {
    fn drop(&mut self) {
        self.request(Request::End);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has closed the device as well.
            let _ = thread.join();
        }
    }
}

/// The thread that opens and watches the device.
struct DeviceThread {
    line: AudioLine,
    inbox: mpsc::Receiver<Request>,
    state: watch::Sender<SoundState>,
    /// The latest request.
    wanted: Activity,
    search: DeviceSearch,
}

/// Why the thread stopped watching a device.
enum Outcome {
    /// The device was disconnected.
    Lost,
    /// The [`Sound`] was dropped.
    Ended,
}

impl DeviceThread {
    /// Opens a device whenever there is one, until the [`Sound`] is dropped. Sends to `opened` after
    /// the first attempt.
    fn run(mut self, opened: mpsc::Sender<()>) {
        loop {
            match AudioOutput::open(&self.line) {
                Ok(output) => {
                    tracing::info!(
                        device = output.device(),
                        sample_rate = output.sample_rate(),
                        "audio device opened"
                    );
                    self.publish(SoundState::Device {
                        name: output.device().to_owned(),
                        sample_rate: output.sample_rate(),
                    });
                    // Only the first attempt is waited for.
                    let _ = opened.send(());
                    if let Outcome::Ended = self.serve(&output) {
                        return;
                    }
                    self.search.begin_anew();
                    tracing::warn!(device = output.device(), "audio device lost");
                    self.publish(SoundState::Silent(format!(
                        "The audio device {} was disconnected. Fermata uses the next one as soon as \
                         it is connected.",
                        output.device()
                    )));
                }
                Err(error) => {
                    self.publish(SoundState::Silent(error.to_string()));
                    // Only the first attempt is waited for.
                    let _ = opened.send(());
                }
            }
            if let Outcome::Ended = self.wait() {
                return;
            }
        }
    }

    fn publish(&self, state: SoundState) {
        self.state.send_if_modified(|before| {
            let changed = *before != state;
            *before = state;
            changed
        });
    }

    /// Passes requests on to a device while it works.
    fn serve(&mut self, output: &AudioOutput) -> Outcome {
        self.pass_on(output);
        let mut progress = (output.blocks(), Instant::now());
        loop {
            match self.inbox.recv_timeout(CHECK_INTERVAL) {
                Ok(Request::Want(activity)) => {
                    self.wanted = activity;
                    self.pass_on(output);
                    progress.1 = Instant::now();
                }
                Ok(Request::Search) | Err(mpsc::RecvTimeoutError::Timeout) => {}
                Ok(Request::End) | Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Outcome::Ended;
                }
            }
            let blocks = output.blocks();
            if blocks != progress.0 || matches!(self.wanted, Activity::Pause) {
                progress = (blocks, Instant::now());
            }
            if !output.alive() || progress.1.elapsed() > STALL_TIMEOUT {
                return Outcome::Lost;
            }
        }
    }

    fn pass_on(&self, output: &AudioOutput) {
        // A device that cannot pause plays silence.
        let _ = match self.wanted {
            Activity::Resume => output.resume(),
            Activity::Pause => output.pause(),
        };
    }

    /// Waits until the next attempt is due.
    fn wait(&mut self) -> Outcome {
        let until = Instant::now() + self.search.interval();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.inbox.recv_timeout(left) {
                Ok(Request::Search) => {
                    self.search.begin_anew();
                    break;
                }
                Ok(Request::Want(activity)) => self.wanted = activity,
                Err(mpsc::RecvTimeoutError::Timeout) => break,
                Ok(Request::End) | Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Outcome::Ended;
                }
            }
        }
        self.line.skip(Instant::now());
        Outcome::Lost
    }
}

impl BuiltIn {
    fn new(origin: Instant, audio: AudioHandle) -> Self {
        Self {
            origin,
            audio,
            #[cfg(unix)]
            virtual_out: VirtualOut::create().ok(),
        }
    }

    /// Without a virtual output.
    fn hidden(origin: Instant, audio: AudioHandle) -> Self {
        Self {
            origin,
            audio,
            #[cfg(unix)]
            virtual_out: None,
        }
    }

    /// Whether other programs can connect to the virtual output.
    pub fn has_virtual_output(&self) -> bool {
        #[cfg(unix)]
        return self.virtual_out.is_some();
        #[cfg(not(unix))]
        return false;
    }
}

impl Sink for BuiltIn {
    fn send(&mut self, message: &Sent) -> Result<(), SinkError> {
        // The channels of its sixteen would get two sounds.
        #[cfg(unix)]
        let is_first_group = message
            .message
            .channel()
            .is_none_or(|channel| channel.group() == 0);
        #[cfg(unix)]
        if let Some(virtual_out) = self.virtual_out.as_mut().filter(|_| is_first_group) {
            virtual_out.send(message)?;
        }
        let due = self.origin + Duration::from_nanos(message.due.0);
        if !self.audio.send(due, message.message) {
            return Err(SinkError::Full);
        }
        Ok(())
    }
}
