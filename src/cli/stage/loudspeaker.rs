//! When the loudspeaker is awake: while the transport rolls and a while after, and always when keys
//! sound on it at once. A device takes longer to wake than somebody who strikes a key can wait.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    conductor::{BUILT_IN, rig::Controls},
    music::{Sound, SoundState},
};

/// How long it stays awake after the last note.
const AWAKE: Duration = Duration::from_secs(6);

/// The way to the loudspeaker, and whether it is wanted.
pub(super) struct Loudspeaker {
    sound: Sound,
    wanted: Wanted,
}

/// Who wants it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Wanted {
    rolling: bool,
    by_hand: bool,
    /// When it may rest, once nobody wants it any more.
    until: Option<Instant>,
}

impl Loudspeaker {
    pub fn new(sound: Sound) -> Self {
        Self {
            sound,
            wanted: Wanted::default(),
        }
    }

    /// The transport rolls or stands.
    pub fn transport(&mut self, rolling: bool) {
        self.wanted.rolling = rolling;
        self.turn();
    }

    /// The hands play elsewhere now.
    pub fn controls(&mut self, controls: &Controls) {
        self.wanted.by_hand = controls.thru.iter().any(|thru| thru.to == BUILT_IN);
        self.turn();
    }

    fn turn(&mut self) {
        if self.wanted.turn(Instant::now()) {
            self.sound.wake();
        }
    }

    /// Time has passed.
    pub fn look(&mut self) {
        if self.wanted.is_over(Instant::now()) {
            self.sound.rest();
        }
    }

    /// Whether it will rest soon.
    pub fn is_settling(&self) -> bool {
        self.wanted.until.is_some()
    }

    /// How the device is doing.
    pub fn state(&self) -> SoundState {
        self.sound.state()
    }
}

impl Wanted {
    /// Whether somebody wants it; if nobody does any more, it may rest in a while.
    fn turn(&mut self, now: Instant) -> bool {
        let wanted = self.rolling || self.by_hand;
        self.until = (!wanted).then(|| now + AWAKE);
        wanted
    }

    /// Whether it may rest from now on; says so once.
    fn is_over(&mut self, now: Instant) -> bool {
        self.until.take_if(|until| *until <= now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rests_a_while_after_the_last_note_but_never_under_the_hands() {
        let now = Instant::now();
        let mut wanted = Wanted {
            rolling: true,
            ..Wanted::default()
        };
        assert!(wanted.turn(now) && !wanted.is_over(now + AWAKE * 9));
        wanted.rolling = false;
        assert!(!wanted.turn(now) && !wanted.is_over(now + AWAKE / 2));
        assert!(wanted.is_over(now + AWAKE) && !wanted.is_over(now + AWAKE));
        wanted.by_hand = true;
        assert!(wanted.turn(now) && !wanted.is_over(now + AWAKE * 9));
    }
}
