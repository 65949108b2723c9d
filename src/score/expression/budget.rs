//! What one evaluation may cost: steps and data. Both depend only on the expression and its input, so an
//! evaluation that exceeds them does so again on every replay.

use std::cell::Cell;

use jaq_core::Error;
use jaq_json::Val;

/// The most steps of one evaluation: rounds of loops, items of lists, data that is read.
const MAX_STEPS: u64 = 2_000_000;
/// The most data that one evaluation may collect, in values; 16 bytes of text count as one.
const MAX_COLLECTED: u64 = 16 << 20;
/// How many values a list or a map may have, with all that is in it.
const MAX_VALUES: usize = 1 << 20;
/// How deep data may be nested.
pub(super) const MAX_DEPTH: usize = 256;
/// Reading this many values costs one step.
const VALUES_PER_STEP: u64 = 32;
/// Reading this many bytes of a text costs one step.
const BYTES_PER_STEP: u64 = 64;

/// What an evaluation may still cost.
pub(super) struct Budget {
    steps: Cell<u64>,
    collected: Cell<u64>,
}

/// The result of a check: the value, or the error that ends the evaluation.
pub(super) type Checked = Result<Val, Error<Val>>;

impl Budget {
    pub fn new() -> Self {
        Self {
            steps: Cell::new(MAX_STEPS),
            collected: Cell::new(MAX_COLLECTED),
        }
    }

    /// How many steps were made.
    pub fn used(&self) -> u64 {
        MAX_STEPS - self.steps.get()
    }

    /// Passes a value on and counts a step.
    pub fn step(&self, value: Val) -> Checked {
        self.spend(1)?;
        Ok(value)
    }

    /// Passes a value on and counts what it costs to read its text, or the items of a list.
    pub fn read(&self, value: Val) -> Checked {
        self.spend(length(&value))?;
        Ok(value)
    }

    /// Passes a value on and counts what it costs to read all that is in it; fails if that is too much.
    pub fn read_all(&self, value: Val) -> Checked {
        self.weigh(&value)?;
        Ok(value)
    }

    /// Passes a value on that becomes part of a list or of a sum.
    pub fn collect(&self, value: Val) -> Checked {
        let weight = self.weigh(&value)?;
        match self.collected.get().checked_sub(weight) {
            Some(left) => self.collected.set(left),
            None => return Err(too_large()),
        }
        Ok(value)
    }

    /// Counts what it costs to compare all of one value with all of another.
    pub fn compare(&self, one: &Val, other: &Val) -> Result<(), Error<Val>> {
        let found = length(one).saturating_mul(4);
        let (one, other) = (self.weigh(one)?, self.weigh(other)?);
        self.spend(found + one.saturating_mul(other) / VALUES_PER_STEP)
    }

    /// Counts the cost of a regular expression on a text.
    pub fn matches(&self, text: &Val, pattern: &Val) -> Result<(), Error<Val>> {
        /// Repetitions and classes make a pattern large when it is compiled.
        const COMPILING: u64 = 20_000;
        let is_large = |b: &u8| matches!(b, b'{' | b'\\');
        let large = match pattern {
            Val::TStr(pattern) | Val::BStr(pattern) => {
                pattern.iter().filter(|b| is_large(b)).count()
            }
            _ => 0,
        };
        let compiling = 200 + COMPILING * (large as u64 / 2).min(1);
        self.spend(compiling + length(text).saturating_mul(1 + length(pattern)))
    }

    /// How much a value has in it.
    fn weigh(&self, value: &Val) -> Result<u64, Error<Val>> {
        let mut room = MAX_VALUES;
        let fits = takes(value, MAX_DEPTH, &mut room);
        let weight = (MAX_VALUES - room) as u64;
        self.spend(weight / VALUES_PER_STEP)?;
        if fits { Ok(weight) } else { Err(too_large()) }
    }

    pub fn spend(&self, steps: u64) -> Result<(), Error<Val>> {
        match self.steps.get().checked_sub(steps) {
            Some(left) => {
                self.steps.set(left);
                Ok(())
            }
            None => {
                self.steps.set(0);
                Err(Error::str("it takes too many steps"))
            }
        }
    }
}

/// How many steps it takes to read its text or to look at its items.
fn length(value: &Val) -> u64 {
    match value {
        Val::TStr(text) | Val::BStr(text) => text.len() as u64 / BYTES_PER_STEP,
        Val::Arr(items) => items.len() as u64 / VALUES_PER_STEP,
        Val::Obj(entries) => entries.len() as u64 / VALUES_PER_STEP,
        _ => 0,
    }
}

fn takes(value: &Val, depth: usize, room: &mut usize) -> bool {
    let (Some(left), Some(depth)) = (room.checked_sub(1), depth.checked_sub(1)) else {
        return false;
    };
    *room = left;
    match value {
        Val::Arr(items) => items.iter().all(|item| takes(item, depth, room)),
        Val::Obj(entries) => entries
            .iter()
            .all(|(key, value)| takes(key, depth, room) && takes(value, depth, room)),
        Val::TStr(text) | Val::BStr(text) => {
            let own = text.len() / 16;
            *room = room.saturating_sub(own);
            *room > 0
        }
        _ => true,
    }
}

pub(super) fn too_large() -> Error<Val> {
    Error::str("it makes data that is too large or too deep")
}
