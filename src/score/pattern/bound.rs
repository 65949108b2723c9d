//! How much work a pattern may be.

use super::Item;
use crate::music::Beats;

/// At most so many steps, rests included, begin in one cycle.
pub(super) fn density<T>(item: &Item<T>) -> f64 {
    match item {
        Item::Rest | Item::Value(_) => 1.0,
        Item::Sequence(items) => items.iter().map(|(item, _)| density(item)).sum(),
        Item::Stack(items) | Item::Choice(_, items) => items.iter().map(density).sum(),
        Item::Fast(factor, item) => {
            density(factor) - 1.0 + density(item) * most(factor).as_f64().ceil().max(1.0)
        }
        Item::Euclid(rhythm) => {
            let arguments = [&rhythm.pulses, &rhythm.steps, &rhythm.rotation];
            // Each combination of arguments is a rhythm of its own.
            let arguments: f64 = arguments.into_iter().map(density).product();
            arguments * density(&rhythm.item) * most(&rhythm.steps).as_f64().max(1.0)
        }
        Item::Degrade(_, _, item) | Item::Copy(_, item) => density(item),
    }
}

/// The greatest of a pattern of numbers.
pub(super) fn most(numbers: &Item<Beats>) -> Beats {
    let mut most = Beats::ZERO;
    numbers.each(&mut |number| most = most.max(*number));
    most
}
