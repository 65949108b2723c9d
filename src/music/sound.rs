//! The built-in port: the synth through the audio device, and a virtual MIDI output beside it.
//!
//! The device is open only on a thread of this room, which sleeps while nothing happens. No device
//! is a normal state: everything plays on in silence, and the state says why. A device that comes
//! (the first, the same again, another one, one with another sample rate) is opened by itself.

use std::{
    sync::mpsc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use tokio::sync::watch;

#[cfg(unix)]
use super::VirtualOut;
use super::{AudioHandle, AudioLine, AudioOutput, Sent, Sink, SinkError};

/// How often a device is looked for while there is none.
const LOOK: Duration = Duration::from_secs(1);
/// How often it is asked whether the device is still there.
const ASK: Duration = Duration::from_millis(400);
/// A device that should play and has asked for no sound so long is lost.
const STUCK: Duration = Duration::from_secs(2);

/// How the audio device is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SoundState {
    /// It plays, or rests until there is something to play.
    Device {
        /// Its name.
        name: String,
        /// Frames a second.
        sample_rate: u32,
    },
    /// There is none, and why. It is looked for every second.
    Silent(String),
}

/// The audio device and its thread. Dropping it closes the device.
pub struct Sound {
    state: watch::Receiver<SoundState>,
    orders: Option<mpsc::Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Clone, Copy)]
enum Order {
    Wake,
    Rest,
}

/// The sink of the built-in port.
pub struct BuiltIn {
    /// The instant that the player's nanoseconds are counted from.
    origin: Instant,
    audio: AudioHandle,
    #[cfg(unix)]
    virtual_out: Option<VirtualOut>,
}

impl Sound {
    /// How long what has been sent goes on sounding after the last note.
    pub const TAIL: Duration = Duration::from_millis(2500);

    /// Opens the default audio device and the virtual output, as far as there are any.
    ///
    /// `origin` is the instant that the player's nanoseconds are counted from.
    pub fn open(origin: Instant) -> (Self, BuiltIn) {
        let (audio, line) = AudioLine::new();
        let (looked, has_looked) = mpsc::channel();
        let (orders, inbox) = mpsc::channel();
        let (tell, state) = watch::channel(SoundState::Silent(String::new()));
        let keeper = Keeper {
            line,
            inbox,
            tell: tell.clone(),
            wanted: Order::Wake,
        };
        let thread = std::thread::Builder::new()
            .name("fermata-sound".into())
            .spawn(move || keeper.keep(looked));
        let thread = match thread {
            Ok(thread) => {
                // Nothing comes if the thread panicked: then there is no sound.
                let _ = has_looked.recv();
                Some(thread)
            }
            Err(error) => {
                tell.send_replace(SoundState::Silent(error.to_string()));
                None
            }
        };
        let sound = Self {
            state,
            orders: Some(orders),
            thread,
        };
        (sound, BuiltIn::new(origin, audio))
    }

    /// How the device is doing.
    pub fn state(&self) -> SoundState {
        self.state.borrow().clone()
    }

    /// The same, and every change from now on.
    pub fn watch(&self) -> watch::Receiver<SoundState> {
        let mut state = self.state.clone();
        state.mark_unchanged();
        state
    }

    /// Something will play.
    pub fn wake(&self) {
        self.order(Order::Wake);
    }

    /// Nothing sounds any more: the device may rest.
    pub fn rest(&self) {
        self.order(Order::Rest);
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // Without its thread there is no sound to order.
            let _ = orders.send(order);
        }
    }
}

impl Drop for Sound {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has closed the device as well.
            let _ = thread.join();
        }
    }
}

/// What the thread of the sound keeps.
struct Keeper {
    line: AudioLine,
    inbox: mpsc::Receiver<Order>,
    tell: watch::Sender<SoundState>,
    /// What was ordered last.
    wanted: Order,
}

/// Why a device is served no longer.
enum Left {
    /// It is gone.
    Lost,
    /// Nobody wants to hear anything any more.
    Ended,
}

impl Keeper {
    /// Opens a device whenever there is one, until nobody gives orders any more. Tells when it has
    /// looked for the first time.
    fn keep(mut self, looked: mpsc::Sender<()>) {
        loop {
            match AudioOutput::open(&self.line) {
                Ok(output) => {
                    self.state(SoundState::Device {
                        name: output.device().to_owned(),
                        sample_rate: output.sample_rate(),
                    });
                    // The opener waits only for the first.
                    let _ = looked.send(());
                    if let Left::Ended = self.serve(&output) {
                        return;
                    }
                    self.state(SoundState::Silent(format!(
                        "The audio device {} is gone. The next one will be used as soon as it is \
                         there.",
                        output.device()
                    )));
                }
                Err(error) => {
                    self.state(SoundState::Silent(error.to_string()));
                    // The same.
                    let _ = looked.send(());
                }
            }
            if let Left::Ended = self.pause() {
                return;
            }
        }
    }

    fn state(&self, state: SoundState) {
        self.tell.send_if_modified(|told| {
            let news = *told != state;
            *told = state;
            news
        });
    }

    /// Passes orders on to a device for as long as it is there.
    fn serve(&mut self, output: &AudioOutput) -> Left {
        self.pass_on(output);
        let mut heard = (output.blocks(), Instant::now());
        loop {
            match self.inbox.recv_timeout(ASK) {
                Ok(order) => {
                    self.wanted = order;
                    self.pass_on(output);
                    heard.1 = Instant::now();
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return Left::Ended,
            }
            let blocks = output.blocks();
            if blocks != heard.0 || matches!(self.wanted, Order::Rest) {
                heard = (blocks, Instant::now());
            }
            if !output.alive() || heard.1.elapsed() > STUCK {
                return Left::Lost;
            }
        }
    }

    fn pass_on(&self, output: &AudioOutput) {
        // A device that can do neither just plays silence.
        let _ = match self.wanted {
            Order::Wake => output.wake(),
            Order::Rest => output.rest(),
        };
    }

    /// Waits before it looks again.
    fn pause(&mut self) -> Left {
        let until = Instant::now() + LOOK;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.inbox.recv_timeout(left) {
                Ok(order) => self.wanted = order,
                Err(mpsc::RecvTimeoutError::Timeout) => break,
                Err(mpsc::RecvTimeoutError::Disconnected) => return Left::Ended,
            }
        }
        self.line.pass_by(Instant::now());
        Left::Lost
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
        #[cfg(unix)]
        if let Some(virtual_out) = &mut self.virtual_out {
            virtual_out.send(message)?;
        }
        let due = self.origin + Duration::from_nanos(message.due.0);
        if !self.audio.send(due, message.message) {
            return Err(SinkError::Full);
        }
        Ok(())
    }
}
