//! Options of commands that suspend, resume or terminate instances.

use serde::{Deserialize, Serialize};

/// Options of a suspension. The default includes children and freezes time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Suspension {
    /// Whether children are suspended as well.
    pub reach: Reach,
    /// Whether time is frozen.
    pub time: SuspendedTime,
}

/// What happens to an instance's timers while it is suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SuspendedTime {
    /// Timers, timeouts and retry intervals are shifted by the suspended time.
    #[default]
    Frozen,
    /// Time continues; what became due meanwhile happens on resume.
    RunsOn,
}

/// Which instances a command applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Reach {
    /// The instance, its awaited children, and theirs.
    #[default]
    Tree,
    /// Only the instance.
    Alone,
}
