//! Data as jq has it: shared, and copied only where it is changed.

use std::{cmp::Ordering, rc::Rc};

use indexmap::IndexMap;

use super::number::Num;

/// A map, in the order in which its keys were set.
pub type Map = IndexMap<Rc<str>, Val>;

/// A value.
#[derive(Debug, Clone)]
pub enum Val {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Num(Num),
    /// A text.
    Str(Rc<str>),
    /// A list.
    Arr(Rc<Vec<Val>>),
    /// A map.
    Obj(Rc<Map>),
}

impl Val {
    /// A calculated number.
    pub fn number(float: f64) -> Self {
        Self::Num(Num::new(float))
    }

    /// A count.
    pub fn count(count: usize) -> Self {
        Self::number(count as f64)
    }

    /// A text.
    pub fn text(text: impl Into<Rc<str>>) -> Self {
        Self::Str(text.into())
    }

    /// A list.
    pub fn list(items: Vec<Val>) -> Self {
        Self::Arr(Rc::new(items))
    }

    /// A map.
    pub fn map(entries: Map) -> Self {
        Self::Obj(Rc::new(entries))
    }

    /// The name of its type.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Num(_) => "number",
            Self::Str(_) => "string",
            Self::Arr(_) => "array",
            Self::Obj(_) => "object",
        }
    }

    /// Everything but `false` and `null` is true.
    pub fn is_true(&self) -> bool {
        !matches!(self, Self::Null | Self::Bool(false))
    }

    /// Its text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Its value as a float, if it is a number.
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Self::Num(number) => Some(number.float()),
            _ => None,
        }
    }

    /// Whether the rest of a path may take one value for the other: only those without parts.
    pub fn is_same_constant(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            _ => false,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(false) => 1,
            Self::Bool(true) => 2,
            Self::Num(_) => 3,
            Self::Str(_) => 4,
            Self::Arr(_) => 5,
            Self::Obj(_) => 6,
        }
    }
}

/// The keys of a map in jq's order.
pub fn sorted_keys(map: &Map) -> Vec<Rc<str>> {
    let mut keys: Vec<_> = map.keys().cloned().collect();
    keys.sort_unstable();
    keys
}

impl PartialEq for Val {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Obj(one), Self::Obj(other)) => one == other,
            (Self::Arr(one), Self::Arr(other)) => one == other,
            _ => self.cmp(other) == Ordering::Equal,
        }
    }
}

impl Eq for Val {}

impl PartialOrd for Val {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// jq's order: null, false, true, numbers, texts, lists, maps.
impl Ord for Val {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Num(one), Self::Num(other)) => one.compare(other),
            (Self::Str(one), Self::Str(other)) => one.cmp(other),
            (Self::Arr(one), Self::Arr(other)) => one.cmp(other),
            (Self::Obj(one), Self::Obj(other)) => {
                let keys = sorted_keys(one);
                keys.cmp(&sorted_keys(other)).then_with(|| {
                    let values = keys.iter().map(|key| one.get(key).cmp(&other.get(key)));
                    values
                        .into_iter()
                        .find(|order| order.is_ne())
                        .unwrap_or(Ordering::Equal)
                })
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }
}
