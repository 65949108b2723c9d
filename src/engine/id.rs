//! Identifiers of instances and events, and timestamps.

use std::{borrow::Cow, fmt, ops, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize, de};

/// The id of a workflow instance: chosen by the caller, or generated from the workflow's name.
///
/// 1 to 1,200 bytes, without control characters. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InstanceId(Arc<str>);

impl InstanceId {
    /// The longest id in bytes. Other engines take 1,000.
    pub const MAX_BYTES: usize = 1_200;
    /// The longest derived id in bytes. Replay derives the ids of children again, so it never changes.
    const MAX_DERIVED: usize = 200;

    /// Creates an id after checking it.
    pub fn new(id: impl AsRef<str>) -> Result<Self, InvalidInstanceId> {
        let id = id.as_ref();
        if id.is_empty() || id.len() > Self::MAX_BYTES || id.chars().any(char::is_control) {
            return Err(InvalidInstanceId(id.chars().take(40).collect()));
        }
        Ok(Self(id.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An id derived from this one. If it would be too long, its end is replaced by a hash of the
    /// whole.
    pub(super) fn with_suffix(&self, suffix: &str) -> Self {
        let mut id = format!("{self}{suffix}");
        if id.len() > Self::MAX_DERIVED {
            let keep = id.floor_char_boundary(Self::MAX_DERIVED - 40);
            let hash = seed(&id);
            id.truncate(keep);
            id.push_str(&format!("~{hash:016x}"));
        }
        Self(id.into())
    }

    /// A number derived from the id and the run.
    pub(super) fn seed_of(&self, run: u32) -> u64 {
        seed(&self.0).wrapping_add(u64::from(run))
    }
}

/// A hash of a text (FNV-1a, 64 bits).
fn seed(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A text that cannot be an [`InstanceId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a valid instance id: use 1 to {max} bytes without control characters",
    max = InstanceId::MAX_BYTES
)]
pub struct InvalidInstanceId(String);

impl TryFrom<String> for InstanceId {
    type Error = InvalidInstanceId;
    fn try_from(id: String) -> Result<Self, Self::Error> {
        Self::new(id)
    }
}

impl From<InstanceId> for String {
    fn from(id: InstanceId) -> Self {
        id.as_str().to_owned()
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The position of an event in its instance's history: `ExecutionStarted` is 0.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct EventId(pub u64);

impl EventId {
    /// The id of the event after this one.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A point in time in nanoseconds since the Unix epoch.
///
/// In JSON it is RFC 3339 text in UTC with nine digits of a second; in the store a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The time since `earlier`; zero if this is not after it.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timestamp = jiff::Timestamp::from_nanosecond(self.0.into());
        write!(f, "{:.9}", timestamp.map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_u64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return u64::deserialize(deserializer).map(Self);
        }
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        // Only as it is written: no second text means the same time.
        if !text.bytes().all(|byte| b"0123456789-:.TZ+".contains(&byte)) {
            let expected = "expected a time such as 2026-01-31T12:00:00Z";
            return Err(de::Error::custom(format!("{text:?}: {expected}")));
        }
        let timestamp: jiff::Timestamp = text.parse().map_err(de::Error::custom)?;
        u64::try_from(timestamp.as_nanosecond())
            .map(Self)
            .map_err(|_| de::Error::custom(format!("{text} is out of range")))
    }
}

impl ops::Add<Duration> for Timestamp {
    type Output = Timestamp;
    fn add(self, d: Duration) -> Timestamp {
        Timestamp(
            self.0
                .saturating_add(u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_survives_json_to_the_nanosecond() {
        let moment = Timestamp(1_795_000_000_123_456_789);
        let json = serde_json::to_string(&moment).unwrap();
        assert_eq!(json, "\"2026-11-18T11:06:40.123456789Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), moment);
    }

    #[test]
    fn descendants_of_descendants_still_have_ids() {
        let mut id = InstanceId::new("größe").unwrap();
        for _ in 0..200 {
            id = id.with_suffix("/17");
            assert_eq!(InstanceId::new(id.as_str()), Ok(id.clone()));
        }
        assert_ne!(id, id.with_suffix("/1"));
    }

    #[test]
    fn ids_without_text_or_with_control_characters_are_refused() {
        assert!(InstanceId::new("").is_err());
        assert!(InstanceId::new("a\nb").is_err());
        assert!(InstanceId::new("x".repeat(InstanceId::MAX_BYTES + 1)).is_err());
        assert_eq!(
            InstanceId::new("stubborn-drummer-7").unwrap().as_str(),
            "stubborn-drummer-7"
        );
    }
}
