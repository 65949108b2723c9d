//! Bounds on the work of a pattern.

use super::{Beats, item::Item};

/// An upper bound of the steps, rests included, that start in one cycle.
pub(super) fn density<T>(item: &Item<T>) -> f64 {
    match item {
        Item::Rest | Item::Value(_) => 1.0,
        Item::Sequence(items) => items.iter().map(|(item, _)| density(item)).sum(),
        Item::Stack(items) | Item::Choice(_, items) => items.iter().map(density).sum(),
        Item::Fast(factor, item) => density(factor) - 1.0 + density(item) * times(factor),
        Item::Ply(factor, item) => {
            // Every step has its own numbers.
            density(factor) * density(item) * times(factor)
        }
        Item::Euclid(rhythm) => {
            let arguments = [&rhythm.pulses, &rhythm.steps, &rhythm.rotation];
            // Every combination of arguments is a separate rhythm.
            let arguments: f64 = arguments.into_iter().map(density).product();
            arguments * density(&rhythm.item) * largest(&rhythm.steps).as_f64().max(1.0)
        }
        Item::Range(range) => {
            let integers: f64 = range.items.iter().map(density).sum();
            density(&range.from) * density(&range.to) * integers
        }
        Item::Degrade(_, _, item)
        | Item::Copy(_, item)
        | Item::Sample(item)
        | Item::Reverse(item) => density(item),
        // A cycle has steps of two cycles of the item.
        Item::Late(_, item) => 2.0 * density(item),
        Item::Every(_, items) => items.iter().map(density).sum(),
        // No order has more than four times the notes of the chord.
        Item::Arpeggio(_, item) => 4.0 * density(item),
    }
}

/// The most times that something is done, at least once.
fn times(factor: &Item<Beats>) -> f64 {
    largest(factor).as_f64().ceil().max(1.0)
}

/// The largest number in a pattern of numbers, regardless of signs.
fn largest(numbers: &Item<Beats>) -> Beats {
    let mut max = Beats::ZERO;
    numbers.each(&mut |number| max = max.max(*number).max(Beats::ZERO - *number));
    max
}
