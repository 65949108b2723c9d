//! Names of backends, which stand in front of the ids of their instances.

use std::{fmt, sync::Arc};

use crate::engine::InstanceId;

/// The name of a backend: `temporal:default`. The own engine has none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackendName(Arc<str>);

impl BackendName {
    /// The kinds of backends that names begin with.
    const KINDS: [&str; 1] = ["temporal"];

    /// The name of a Temporal namespace.
    pub fn temporal(namespace: &str) -> Self {
        // A slash ends the name in an id.
        Self(format!("temporal:{}", namespace.replace('/', "-")).into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands in front of the ids of its instances.
    pub fn prefix(&self) -> String {
        format!("{self}/")
    }

    /// The backend of an instance, and its id there; `None`: it is one of the own engine.
    pub fn split(id: &InstanceId) -> Option<(Self, &str)> {
        let (name, own) = id.as_str().split_once('/')?;
        let (kind, rest) = name.split_once(':')?;
        let known = Self::KINDS.contains(&kind) && !rest.is_empty() && !own.is_empty();
        known.then(|| (Self(name.into()), own))
    }

    /// The id of an instance as it is shown: without its backend.
    pub fn shown(id: &InstanceId) -> &str {
        Self::split(id).map_or(id.as_str(), |(_, own)| own)
    }
}

impl fmt::Display for BackendName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_which_backend_it_belongs_to() {
        let id = |text: &str| InstanceId::new(text).unwrap();
        let order = id("temporal:default/order-7/solo");
        let (name, own) = BackendName::split(&order).unwrap();
        assert_eq!(
            (name, own),
            (BackendName::temporal("default"), "order-7/solo")
        );
        assert_eq!(BackendName::shown(&order), "order-7/solo");
        for own in [
            "order-7",
            "a/b",
            "temporal/x",
            "file: order, x.json",
            "temporal:/x",
            "temporal:a/",
        ] {
            assert_eq!(BackendName::split(&id(own)), None, "{own}");
            assert_eq!(BackendName::shown(&id(own)), own);
        }
        assert_eq!(BackendName::temporal("a/b").prefix(), "temporal:a-b/");
    }
}
