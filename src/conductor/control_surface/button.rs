//! A button: pads bounce, touch their neighbours, and some never say that they were let go.

use std::time::Duration;

use super::Touch;
use crate::music::Nanos;

/// Within this time a pad that comes up and goes down again has bounced.
const BOUNCE: Duration = Duration::from_millis(30);
/// Softer strokes are those of a neighbour.
const MIN_VELOCITY: u8 = 4;
/// A controller is a button that is down from here on, and up again from there.
const DOWN: u8 = 64;
const UP: u8 = 40;

#[derive(Debug, Default)]
pub(super) struct Button {
    is_down: bool,
    /// When it went down last.
    pressed: Option<Nanos>,
    /// When it will be up, if it does not go down again.
    up: Option<Nanos>,
}

impl Button {
    /// Whether it was pressed.
    pub fn touch(&mut self, touch: Touch, at: Nanos) -> bool {
        match touch {
            Touch::Down(velocity) => velocity >= MIN_VELOCITY && self.down(at),
            Touch::Value(value) if value >= DOWN => !self.holds() && self.down(at),
            Touch::Value(value) if value > UP => false,
            Touch::Value(_) | Touch::Up => {
                if self.is_down && self.up.is_none() {
                    self.up = Some(at + BOUNCE);
                }
                false
            }
        }
    }

    /// A fader that is up and goes on upwards is not pressed again.
    fn holds(&self) -> bool {
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

    /// Whether it has come up by now.
    pub fn settle(&mut self, now: Nanos) -> bool {
        let is_up = self.up.is_some_and(|up| up <= now);
        if is_up {
            (self.is_down, self.up) = (false, None);
        }
        is_up
    }

    /// Nobody holds it any more.
    pub fn drop(&mut self) {
        if self.is_down && self.up.is_none() {
            self.up = Some(Nanos::ZERO);
        }
    }

    pub fn settles_at(&self) -> Option<Nanos> {
        self.up
    }
}
