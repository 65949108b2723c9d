//! Names of schedules.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::engine::InstanceId;

/// The name of a schedule: chosen by the caller, unique in its store. 1 to 200 bytes, without
/// control characters, as an [`InstanceId`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScheduleName(String);

impl ScheduleName {
    /// The longest name in bytes.
    pub const MAX_BYTES: usize = 200;

    /// Creates a name after checking it.
    pub fn new(name: impl AsRef<str>) -> Result<Self, InvalidScheduleName> {
        Self::try_from(name.as_ref().to_owned())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that cannot be a [`ScheduleName`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a valid schedule name: use 1 to {max} bytes without control characters",
    max = ScheduleName::MAX_BYTES
)]
pub struct InvalidScheduleName(String);

impl TryFrom<String> for ScheduleName {
    type Error = InvalidScheduleName;
    fn try_from(name: String) -> Result<Self, Self::Error> {
        match InstanceId::new(&name) {
            Ok(_) if name.len() <= Self::MAX_BYTES => Ok(Self(name)),
            _ => Err(InvalidScheduleName(name.chars().take(40).collect())),
        }
    }
}

impl From<ScheduleName> for String {
    fn from(name: ScheduleName) -> Self {
        name.0
    }
}

impl fmt::Display for ScheduleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
