//! MIDI inputs: opened when they are plugged in, closed when they are unplugged.

use std::{sync::Arc, time::Instant};

use tokio::sync::Notify;

use crate::music::{InputMessage, MidiIn, MusicError, NAME, PortNames};

/// The MIDI inputs in use.
pub struct Inputs {
    origin: Instant,
    arrivals: Arc<Notify>,
    open: Vec<Open>,
    /// Inputs that could not be opened; each failure is reported once.
    refused: Vec<String>,
}

struct Open {
    name: Arc<str>,
    input: MidiIn,
    /// How often ports of this name had appeared or disappeared when it was opened: the connection to
    /// a device that was unplugged for a moment is dead.
    life: Option<u64>,
}

/// How the open inputs have changed.
#[derive(Debug, Default)]
pub struct InputChanges {
    /// Inputs that were closed, because they were unplugged or are no longer used.
    pub closed: Vec<Arc<str>>,
    /// Errors of inputs that could not be opened.
    pub failed: Vec<MusicError>,
}

impl Inputs {
    /// Opens Fermata's own virtual input, where the system supports one. Arrival times count from
    /// `origin`.
    pub fn new(origin: Instant) -> Self {
        let arrivals = Arc::new(Notify::new());
        let mut open = Vec::new();
        #[cfg(unix)]
        if let Ok(own) = MidiIn::create_virtual(origin, Arc::clone(&arrivals)) {
            // Otherwise there is no MIDI at all, which the list of ports reports.
            open.push(Open {
                name: Arc::from(own.name()),
                input: own,
                life: None,
            });
        }
        Self {
            origin,
            arrivals,
            open,
            refused: Vec::new(),
        }
    }

    /// Notified when a message can be taken.
    pub fn arrivals(&self) -> Arc<Notify> {
        Arc::clone(&self.arrivals)
    }

    /// Names of the open inputs.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.open.iter().map(|open| &open.name)
    }

    /// Opens the wanted ports that are present, and closes all others.
    pub fn update(&mut self, present: &PortNames, wanted: impl Fn(&str) -> bool) -> InputChanges {
        let mut changes = InputChanges::default();
        let is_there = |name: &str| present.inputs.iter().any(|input| input == name);
        let life_of = |name: &str| present.changes.get(name).copied().unwrap_or(0);
        self.open.retain(|open| {
            let name = &open.name;
            let lives = |life| is_there(name) && life_of(name) == life;
            let stays = open.life.is_none_or(|life| lives(life) && wanted(name));
            if !stays {
                changes.closed.push(Arc::clone(name));
            }
            stays
        });
        self.refused.retain(|name| is_there(name));
        for name in &present.inputs {
            let known = self.open.iter().any(|open| *open.name == **name);
            // Fermata's own output must not be read back.
            let is_own = name.starts_with(NAME);
            if known || is_own || !wanted(name) || self.refused.contains(name) {
                continue;
            }
            match MidiIn::open(name, self.origin, Arc::clone(&self.arrivals)) {
                Ok(input) => self.open.push(Open {
                    name: Arc::from(name.as_str()),
                    input,
                    life: Some(life_of(name)),
                }),
                Err(error) => {
                    self.refused.push(name.clone());
                    changes.failed.push(error);
                }
            }
        }
        changes
    }

    /// The next message and the name of its input. Messages of one input keep their order.
    pub fn take(&mut self) -> Option<(Arc<str>, InputMessage)> {
        self.open.iter_mut().find_map(|open| {
            let arrived = open.input.take()?;
            Some((Arc::clone(&open.name), arrived))
        })
    }
}
