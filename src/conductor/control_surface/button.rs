//! A button. Pads bounce, trigger their neighbors, and some never send a release.

use std::time::Duration;

use super::Touch;
use crate::music::Nanos;

/// A release shorter than this is a bounce.
const BOUNCE: Duration = Duration::from_millis(30);
/// Softer hits are crosstalk from a neighboring pad.
const MIN_VELOCITY: u8 = 4;
/// A controller counts as pressed from `DOWN` on, and as released from `UP` down.
const DOWN: u8 = 64;
const UP: u8 = 40;

#[derive(Debug, Default)]
pub(super) struct Button {
    is_down: bool,
    /// When it was last pressed.
    pressed: Option<Nanos>,
    /// When it counts as released, unless it is pressed again.
    up: Option<Nanos>,
}

impl Button {
    /// Whether it was pressed.
    pub fn touch(&mut self, touch: Touch, at: Nanos) -> bool {
        match touch {
            Touch::Down(velocity) => velocity >= MIN_VELOCITY && self.down(at),
            Touch::Value(value) if value >= DOWN => !self.is_held() && self.down(at),
            Touch::Value(value) if value > UP => false,
            Touch::Value(_) | Touch::Up => {
                if self.is_down && self.up.is_none() {
                    self.up = Some(at + BOUNCE);
                }
                false
            }
        }
    }

    /// A controller that rises further is not pressed again.
    fn is_held(&self) -> bool {
        self.is_down && self.up.is_none()
    }

    fn down(&mut self, at: Nanos) -> bool {
        if self.up.take().is_some() {
            return false;
        }
        let bounced = |before| at.since(before) < BOUNCE;
        if self.pressed.is_some_and(bounced) {
            return false;
        }
        (self.is_down, self.pressed) = (true, Some(at));
        true
    }

    /// Whether it has been released by now.
    pub fn settle(&mut self, now: Nanos) -> bool {
        let is_up = self.up.is_some_and(|up| up <= now);
        if is_up {
            (self.is_down, self.up) = (false, None);
        }
        is_up
    }

    /// Releases it.
    pub fn release(&mut self) {
        if self.is_down && self.up.is_none() {
            self.up = Some(Nanos::ZERO);
        }
    }

    pub fn settles_at(&self) -> Option<Nanos> {
        self.up
    }
}
