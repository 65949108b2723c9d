//! Bounds on the work of a pattern.

use super::Item;
use crate::music::Beats;

/// An upper bound of the steps, rests included, that start in one cycle.
pub(super) fn density<T>(item: &Item<T>) -> f64 {
    match item {
        Item::Rest | Item::Value(_) => 1.0,
        Item::Sequence(items) => items.iter().map(|(item, _)| density(item)).sum(),
        Item::Stack(items) | Item::Choice(_, items) => items.iter().map(density).sum(),
        Item::Fast(factor, item) => {
            density(factor) - 1.0 + density(item) * largest(factor).as_f64().ceil().max(1.0)
        }
        Item::Euclid(rhythm) => {
            let arguments = [&rhythm.pulses, &rhythm.steps, &rhythm.rotation];
            // Every combination of arguments is a separate rhythm.
            let arguments: f64 = arguments.into_iter().map(density).product();
            arguments * density(&rhythm.item) * largest(&rhythm.steps).as_f64().max(1.0)
        }
        Item::Degrade(_, _, item) | Item::Copy(_, item) => density(item),
    }
}

/// The largest number in a pattern of numbers.
pub(super) fn largest(numbers: &Item<Beats>) -> Beats {
    let mut max = Beats::ZERO;
    numbers.each(&mut |number| max = max.max(*number));
    max
}
