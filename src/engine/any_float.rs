//! Floats that may be NaN or infinite: in JSON these are the strings `"inf"`, `"-inf"` or `"NaN"`.

use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(f64),
    Word(String),
    /// Earlier versions wrote `null`.
    Null(()),
}

pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    match serializer.is_human_readable() && !value.is_finite() {
        true => serializer.collect_str(value),
        false => serializer.serialize_f64(*value),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    if !deserializer.is_human_readable() {
        return f64::deserialize(deserializer);
    }
    match Written::deserialize(deserializer)? {
        Written::Number(value) => Ok(value),
        Written::Word(word) => word.parse().map_err(D::Error::custom),
        Written::Null(()) => Ok(f64::INFINITY),
    }
}
