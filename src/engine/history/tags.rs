//! Search tags.

use std::collections::BTreeMap;

/// Search tags: names and values chosen by the caller.
pub type Tags = BTreeMap<String, String>;
