//! The built-in port: the synth through the audio device, and a virtual MIDI output beside it.
//!
//! The device is open only on a thread of this room, which sleeps while nothing happens. No device
//! is a normal state: everything plays on in silence, and the state says why.

use std::{
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::JoinHandle,
    time::{Duration, Instant},
};

#[cfg(unix)]
use super::VirtualOut;
use super::{AudioHandle, AudioOutput, Sent, Sink, SinkError};

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
    /// There is none, and why.
    Silent(String),
}

/// The audio device and its thread. Dropping it closes the device.
pub struct Sound {
    state: Arc<Mutex<SoundState>>,
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
    audio: Option<AudioHandle>,
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
        let (opened, is_open) = mpsc::channel();
        let (orders, inbox) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("fermata-sound".into())
            .spawn(move || match AudioOutput::open() {
                Ok((output, handle)) => {
                    let state = SoundState::Device {
                        name: output.device().to_owned(),
                        sample_rate: output.sample_rate(),
                    };
                    // The opener waits for this until it is sent.
                    let _ = opened.send((state, Some(handle)));
                    serve(&output, &inbox);
                }
                Err(error) => {
                    // The same.
                    let _ = opened.send((SoundState::Silent(error.to_string()), None));
                }
            });
        let no_thread = |reason: String| (SoundState::Silent(reason), None);
        let (thread, (state, audio)) = match thread {
            Ok(thread) => {
                let opened = is_open.recv();
                let opened = opened.unwrap_or_else(|error| no_thread(error.to_string()));
                (Some(thread), opened)
            }
            Err(error) => (None, no_thread(error.to_string())),
        };
        let sound = Self {
            state: Arc::new(Mutex::new(state)),
            orders: Some(orders),
            thread,
        };
        (sound, BuiltIn::new(origin, audio))
    }

    /// How the device is doing.
    pub fn state(&self) -> SoundState {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.clone()
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
            // Without a device nobody listens, and nothing needs to be done.
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

fn serve(output: &AudioOutput, inbox: &mpsc::Receiver<Order>) {
    for order in inbox {
        // A device that can do neither just plays silence.
        let _ = match order {
            Order::Wake => output.wake(),
            Order::Rest => output.rest(),
        };
    }
}

impl BuiltIn {
    fn new(origin: Instant, audio: Option<AudioHandle>) -> Self {
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
        if let Some(audio) = &mut self.audio {
            let due = self.origin + Duration::from_nanos(message.due.0);
            if !audio.send(due, message.message) {
                return Err(SinkError::Full);
            }
        }
        Ok(())
    }
}
