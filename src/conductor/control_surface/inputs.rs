//! The inputs that are listened to: opened when they come, closed when they go.

use std::{sync::Arc, time::Instant};

use tokio::sync::Notify;

use crate::music::{Arrived, MidiIn, MusicError, NAME, PortNames};

/// The inputs that are listened to.
pub struct Inputs {
    origin: Instant,
    news: Arc<Notify>,
    open: Vec<Open>,
    /// Those that could not be opened, so that it is said only once.
    refused: Vec<String>,
}

struct Open {
    name: Arc<str>,
    input: MidiIn,
    /// How often ports of that name had come or gone when it was opened: a device that was away for
    /// a moment is there again, but its connection is dead.
    life: Option<u64>,
}

/// What became of inputs.
#[derive(Debug, Default)]
pub struct Tended {
    /// Inputs that are gone, or nobody's any more.
    pub lost: Vec<Arc<str>>,
    /// Why others could not be opened.
    pub refused: Vec<MusicError>,
}

impl Inputs {
    /// With the input of Fermata's own, where the system has such a thing. Moments are counted
    /// from `origin`.
    pub fn new(origin: Instant) -> Self {
        let news = Arc::new(Notify::new());
        let mut open = Vec::new();
        #[cfg(unix)]
        if let Ok(own) = MidiIn::own(origin, Arc::clone(&news)) {
            // Without it there is no MIDI, which is said elsewhere.
            open.push(Open {
                name: Arc::from(own.name()),
                input: own,
                life: None,
            });
        }
        Self {
            origin,
            news,
            open,
            refused: Vec::new(),
        }
    }

    /// Told when there is something to take.
    pub fn news(&self) -> Arc<Notify> {
        Arc::clone(&self.news)
    }

    /// The names of those that are open.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.open.iter().map(|open| &open.name)
    }

    /// Listens to those of the present ports that are wanted, and to no others.
    pub fn tend(&mut self, present: &PortNames, wanted: impl Fn(&str) -> bool) -> Tended {
        let mut tended = Tended::default();
        let is_there = |name: &str| present.inputs.iter().any(|input| input == name);
        let life_of = |name: &str| present.changes.get(name).copied().unwrap_or(0);
        self.open.retain(|open| {
            let name = &open.name;
            let lives = |life| is_there(name) && life_of(name) == life;
            let stays = open.life.is_none_or(|life| lives(life) && wanted(name));
            if !stays {
                tended.lost.push(Arc::clone(name));
            }
            stays
        });
        self.refused.retain(|name| is_there(name));
        for name in &present.inputs {
            let known = self.open.iter().any(|open| *open.name == **name);
            // What Fermata plays is no input of its own.
            let is_own = name.starts_with(NAME);
            if known || is_own || !wanted(name) || self.refused.contains(name) {
                continue;
            }
            match MidiIn::open(name, self.origin, Arc::clone(&self.news)) {
                Ok(input) => self.open.push(Open {
                    name: Arc::from(name.as_str()),
                    input,
                    life: Some(life_of(name)),
                }),
                Err(error) => {
                    self.refused.push(name.clone());
                    tended.refused.push(error);
                }
            }
        }
        tended
    }

    /// The next message that was not taken yet, and where it came in. Those of one input come in
    /// their order.
    pub fn take(&mut self) -> Option<(Arc<str>, Arrived)> {
        self.open.iter_mut().find_map(|open| {
            let arrived = open.input.take()?;
            Some((Arc::clone(&open.name), arrived))
        })
    }
}
