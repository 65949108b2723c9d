//! The rate of a playhead.

/// How fast, and in which direction, a playhead moves through a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rate {
    /// The direction.
    pub direction: Direction,
    /// The speed.
    pub speed: Speed,
}

/// The direction of a playhead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// As it was played.
    #[default]
    Forward,
    /// From its end to its start.
    Backward,
}

/// The speed of a playhead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Speed {
    /// A quarter of the original.
    Quarter,
    /// Half of the original.
    Half,
    /// As it was played.
    #[default]
    Original,
    /// Twice as fast.
    Double,
    /// Four times as fast.
    Quadruple,
}

impl Rate {
    /// All rates, the fastest backward first.
    pub fn all() -> impl Iterator<Item = Self> {
        let backward = Speed::ALL.into_iter().rev().map(|speed| Self {
            direction: Direction::Backward,
            speed,
        });
        let forward = Speed::ALL.into_iter().map(|speed| Self {
            direction: Direction::Forward,
            speed,
        });
        backward.chain(forward)
    }

    /// The rate as a factor: 1 is the original, -0.5 half of it backward.
    pub fn factor(self) -> f64 {
        let (times, of) = self.speed.fraction();
        let speed = times as f64 / of as f64;
        match self.direction {
            Direction::Forward => speed,
            Direction::Backward => -speed,
        }
    }
}

impl Speed {
    /// All speeds, the slowest first.
    pub const ALL: [Self; 5] = [
        Self::Quarter,
        Self::Half,
        Self::Original,
        Self::Double,
        Self::Quadruple,
    ];

    /// The next faster one; the fastest stays.
    pub fn faster(self) -> Self {
        self.next_in(Self::ALL.into_iter())
    }

    /// The next slower one; the slowest stays.
    pub fn slower(self) -> Self {
        self.next_in(Self::ALL.into_iter().rev())
    }

    fn next_in(self, speeds: impl Iterator<Item = Self>) -> Self {
        let mut from_here = speeds.skip_while(|speed| *speed != self);
        from_here.nth(1).unwrap_or(self)
    }

    fn fraction(self) -> (u64, u64) {
        match self {
            Self::Quarter => (1, 4),
            Self::Half => (1, 2),
            Self::Original => (1, 1),
            Self::Double => (2, 1),
            Self::Quadruple => (4, 1),
        }
    }

    /// The nanoseconds of history in `nanos` of playing.
    pub(super) fn history(self, nanos: u64) -> u64 {
        let (times, of) = self.fraction();
        (nanos / of).saturating_mul(times)
    }

    /// The nanoseconds that playing `nanos` of history takes.
    pub(super) fn playing(self, nanos: u64) -> u64 {
        let (times, of) = self.fraction();
        nanos.saturating_mul(of) / times
    }
}

impl std::fmt::Display for Rate {
    /// `×½`, backward `−×½`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.direction {
            Direction::Forward => "×",
            Direction::Backward => "−×",
        })?;
        f.write_str(match self.speed {
            Speed::Quarter => "¼",
            Speed::Half => "½",
            Speed::Original => "1",
            Speed::Double => "2",
            Speed::Quadruple => "4",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_end_at_a_quarter_and_at_four() {
        assert_eq!(Speed::Original.faster().faster().faster(), Speed::Quadruple);
        assert_eq!(Speed::Original.slower().slower().slower(), Speed::Quarter);
        let rate = Rate {
            direction: Direction::Backward,
            speed: Speed::Half,
        };
        assert_eq!(rate.to_string(), "−×½");
    }
}
