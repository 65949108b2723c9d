//! Where code and history part: what a stalled lane expected and found, in a few words.

/// The two sides of a stall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stall<'a> {
    /// What the history has: `the activity "play"`.
    pub found: &'a str,
    /// What the code requests instead.
    pub expected: &'a str,
}

impl<'a> Stall<'a> {
    /// The two sides, without data, of the reason that the engine gives. `None` if a stall has another reason.
    pub fn of(reason: &'a str) -> Option<Self> {
        let (_, sides) = reason.split_once(": the history has ")?;
        let (found, rest) = sides.rsplit_once(", the code now requests ")?;
        let expected = rest.split("; ").next()?;
        let without_data = |side: &'a str| side.split(" with ").next().unwrap_or(side);
        Some(Self {
            found: without_data(found),
            expected: without_data(expected),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_named_without_their_data() {
        let reason = r#"instance "a-1" does not match its history at event 7: the history has the activity "play" with {"at":"1/2"}, the code now requests the activity "added on purpose" with null; the last matching event is 6, TaskCompleted. Likely cause: a step was renamed"#;
        let stall = Stall::of(reason).unwrap();
        assert_eq!(stall.found, r#"the activity "play""#);
        assert_eq!(stall.expected, r#"the activity "added on purpose""#);
        assert_eq!(Stall::of("the workflow is not registered"), None);
    }
}
