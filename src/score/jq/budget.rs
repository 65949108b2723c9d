//! What one evaluation may cost. It depends only on the expression and its input, so an evaluation that
//! exceeds it does so again on every replay.

use std::cell::Cell;

use super::{halt::Halt, value::Val};

/// The most steps of one evaluation. A step is an operation, an item of a list that is read, or some
/// bytes of a text.
const MAX_STEPS: u64 = 2_000_000;
/// Looking at this many values costs one step.
const VALUES_PER_STEP: u64 = 16;
/// Reading or writing this many bytes of a text costs one step.
const BYTES_PER_STEP: u64 = 64;
/// The longest text, in bytes.
const MAX_TEXT: usize = 32 << 20;
/// How many items a list or a map may have.
const MAX_ITEMS: usize = 1 << 20;
/// How deep data may be nested.
pub const MAX_DEPTH: usize = 256;
/// How deep filters may call each other.
const MAX_CALLS: u32 = 4_000;

/// What an evaluation may still cost.
pub struct Budget {
    steps: Cell<u64>,
    calls: Cell<u32>,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            steps: Cell::new(MAX_STEPS),
            calls: Cell::new(0),
        }
    }
}

impl Budget {
    /// How many steps were made.
    pub fn used(&self) -> u64 {
        MAX_STEPS - self.steps.get()
    }

    /// Makes some steps.
    pub fn spend(&self, steps: u64) -> Result<(), Halt> {
        match self.steps.get().checked_sub(steps) {
            Some(left) => {
                self.steps.set(left);
                Ok(())
            }
            None => {
                self.steps.set(0);
                Err(Halt::Exhausted("it takes too many steps"))
            }
        }
    }

    /// How many steps are left.
    pub fn left(&self) -> u64 {
        self.steps.get()
    }

    /// Reads or writes text of this length.
    pub fn text(&self, bytes: usize) -> Result<(), Halt> {
        if bytes > MAX_TEXT {
            return Err(too_large());
        }
        self.spend(bytes as u64 / BYTES_PER_STEP)
    }

    /// Reads or writes this many items of a list or map.
    pub fn items(&self, items: usize) -> Result<(), Halt> {
        if items > MAX_ITEMS {
            return Err(too_large());
        }
        self.spend(items as u64 / VALUES_PER_STEP)
    }

    /// Sorts this many values, or finds one among as many others.
    pub fn sort(&self, items: usize) -> Result<(), Halt> {
        let rounds = u64::from(usize::BITS - items.leading_zeros());
        self.items(items)?;
        self.spend(items as u64 * rounds / 4)
    }

    /// Copies or changes a value at its top level.
    pub fn copy(&self, value: &Val) -> Result<(), Halt> {
        match value {
            Val::Str(text) => self.text(text.len()),
            Val::Arr(items) => self.items(items.len()),
            Val::Obj(entries) => self.items(entries.len()),
            _ => Ok(()),
        }
    }

    /// Looks how deep a value that becomes a part of another one is nested: data that is too deep cannot
    /// even be dropped.
    pub fn nest(&self, value: &Val) -> Result<(), Halt> {
        let mut room = MAX_ITEMS;
        let fits = nests(value, MAX_DEPTH, &mut room);
        self.spend((MAX_ITEMS - room) as u64 / 8)?;
        match fits {
            true => Ok(()),
            false => Err(too_large()),
        }
    }

    /// Reads all of a value. Fails if it is nested too deep.
    pub fn read(&self, value: &Val) -> Result<(), Halt> {
        self.read_within(value, MAX_DEPTH)
    }

    fn read_within(&self, value: &Val, depth: usize) -> Result<(), Halt> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(too_large());
        };
        self.copy(value)?;
        match value {
            Val::Arr(items) => {
                self.spend(1 + items.len() as u64 / 4)?;
                items
                    .iter()
                    .try_for_each(|item| self.read_within(item, depth))
            }
            Val::Obj(entries) => {
                self.spend(1 + entries.len() as u64 / 2)?;
                let mut values = entries.values();
                values.try_for_each(|value| self.read_within(value, depth))
            }
            _ => Ok(()),
        }
    }

    /// Enters a filter. [`Self::leave`] ends it.
    pub fn enter(&self) -> Result<(), Halt> {
        self.spend(1)?;
        let calls = self.calls.get() + 1;
        if calls > MAX_CALLS {
            return Err(Halt::Exhausted("its filters call each other too deep"));
        }
        self.calls.set(calls);
        Ok(())
    }

    /// Leaves a filter.
    pub fn leave(&self) {
        self.calls.set(self.calls.get().saturating_sub(1));
    }
}

/// Data exceeds what an expression may make.
pub fn too_large() -> Halt {
    Halt::Exhausted("it makes data that is too large or too deep")
}

/// Whether a value has no more lists and maps in it than `room`, and none deeper than `depth`. One that is
/// a part of others several times counts each time.
fn nests(value: &Val, depth: usize, room: &mut usize) -> bool {
    let is_nested = |value: &&Val| matches!(value, Val::Arr(_) | Val::Obj(_));
    let (Some(depth), Some(left)) = (depth.checked_sub(1), room.checked_sub(1)) else {
        return false;
    };
    match value {
        Val::Arr(items) => {
            *room = left.saturating_sub(items.len() / 16);
            items
                .iter()
                .filter(is_nested)
                .all(|item| nests(item, depth, room))
        }
        Val::Obj(entries) => {
            *room = left.saturating_sub(entries.len() / 16);
            entries
                .values()
                .filter(is_nested)
                .all(|value| nests(value, depth, room))
        }
        _ => true,
    }
}
