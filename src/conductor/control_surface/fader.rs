//! A fader with soft takeover: it acts only once it has reached the present value, so nothing jumps.

use std::time::Duration;

use super::Touch;
use crate::music::Nanos;

/// A fader this near to a value has reached it: faders have 128 steps.
const NEAR: f64 = 1.5 / 127.0;
/// How long it takes until a value that was set is reported back.
const ON_ITS_WAY: Duration = Duration::from_millis(300);

#[derive(Debug, Default)]
pub(super) struct Fader {
    /// Its position, 0 to 1.
    place: Option<f64>,
    /// When it last set a value, and its position then.
    set: Option<(Nanos, f64)>,
}

impl Fader {
    /// The position that it sets, if it does. `present` is the position of the value, if known.
    pub fn touch(&mut self, touch: Touch, at: Nanos, present: Option<f64>) -> Option<f64> {
        let value = match touch {
            Touch::Value(value) | Touch::Down(value) => value,
            Touch::Up => return None,
        };
        let place = f64::from(value.min(127)) / 127.0;
        let before = self.place.replace(place);
        let has_control = present.is_none_or(|present| {
            let still_set = |(when, set): (Nanos, f64)| {
                at.since(when) < ON_ITS_WAY || (present - set).abs() <= NEAR
            };
            let crossed = |before: f64| (before - present) * (place - present) <= 0.0;
            self.set.is_some_and(still_set)
                || before.is_some_and(crossed)
                || (place - present).abs() <= NEAR
        });
        self.set = has_control.then_some((at, place));
        has_control.then_some(place)
    }
}
