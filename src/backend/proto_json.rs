//! What the JSON of protobuf messages has in common: integers of 64 bits are text, durations have a unit,
//! bytes are base64, and a field may be missing if it has its default. Field names may be written as in
//! the JSON or as in the protocol.

use std::{borrow::Cow, fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose};
use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};
use serde_json::Value;

use crate::engine::Timestamp;

/// The longest duration and the latest moment are cut off there: about the year 2500.
const MAX_SECONDS: u64 = 16_700_000_000;

/// An integer: `5` or `"5"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Integer(pub i64);

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IntegerVisitor)
    }
}

struct IntegerVisitor;

impl Visitor<'_> for IntegerVisitor {
    type Value = Integer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Integer, E> {
        Ok(Integer(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Integer, E> {
        i64::try_from(value).map(Integer).map_err(E::custom)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Integer, E> {
        match value.fract() == 0.0 && value.abs() < 9e15 {
            true => Ok(Integer(value as i64)),
            false => Err(E::invalid_value(de::Unexpected::Float(value), &self)),
        }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Integer, E> {
        let wrong = |_| E::invalid_value(de::Unexpected::Str(text), &self);
        text.parse().map(Integer).map_err(wrong)
    }
}

/// A duration: `"1.5s"`. What is negative counts as zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Seconds(pub Duration);

impl Seconds {
    /// The duration; `None` if it is zero, which means no limit.
    pub fn limit(self) -> Option<Duration> {
        (!self.0.is_zero()).then_some(self.0)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        let wrong = || {
            let expected = "a duration in seconds such as \"1.5s\"";
            de::Error::invalid_value(de::Unexpected::Str(&text), &expected)
        };
        let number = text.strip_suffix('s').ok_or_else(wrong)?;
        if number.starts_with('-') {
            number.parse::<f64>().map_err(|_| wrong())?;
            return Ok(Self::default());
        }
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || !is_number(part) || part.len() > 9 {
            return Err(wrong());
        }
        let whole = whole.parse::<u64>().unwrap_or(MAX_SECONDS);
        let nanos = format!("{part:0<9}").parse().map_err(|_| wrong())?;
        Ok(Self(Duration::new(whole.min(MAX_SECONDS), nanos)))
    }
}

/// A moment: RFC 3339 text. What lies before 1970 counts as 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Moment(pub Timestamp);

impl Moment {
    /// Whether it says nothing: some engines write 1970 for an unknown time.
    pub fn is_unknown(self) -> bool {
        self.0.0 == 0
    }

    /// Whether it means "never": engines write the last second of the year 9999.
    pub fn is_never(self) -> bool {
        self.0.0 / 1_000_000_000 >= MAX_SECONDS
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        if text.starts_with("9999-12-3") {
            // Beyond the last moment that the calendar knows.
            return Ok(Self(Timestamp(MAX_SECONDS * 1_000_000_000)));
        }
        let moment: jiff::Timestamp = text.parse().map_err(|_| {
            let expected = "a time such as \"2026-01-31T12:00:00Z\"";
            de::Error::invalid_value(de::Unexpected::Str(&text), &expected)
        })?;
        let most = i128::from(MAX_SECONDS) * 1_000_000_000;
        let nanos = moment.as_nanosecond().clamp(0, most);
        Ok(Self(Timestamp(u64::try_from(nanos).unwrap_or(0))))
    }
}

/// Bytes: base64, in either alphabet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Bytes(pub Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        let plain = text.trim_end_matches('=');
        let bytes = general_purpose::STANDARD_NO_PAD
            .decode(plain)
            .or_else(|_| general_purpose::URL_SAFE_NO_PAD.decode(plain));
        let wrong = |_| de::Error::invalid_value(de::Unexpected::Str(&text), &"base64");
        bytes.map(Self).map_err(wrong)
    }
}

/// `camelCase` of a field name of the protocol.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &capitalized(word))
}

/// A word with a capital first letter.
pub(super) fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// Fields whose content belongs to the author of a workflow: data, or objects whose names are free.
const OF_THE_AUTHOR: [&str; 9] = [
    "data",
    "details",
    "fields",
    "indexedFields",
    "metadata",
    "payloads",
    "properties",
    "encodedAttributes",
    "tags",
];

/// A message with the field names of the JSON instead of those of the protocol, at every depth, and without
/// fields that are `null`, which means their default.
pub(super) fn with_json_names(message: Value) -> Value {
    match message {
        Value::Object(fields) => {
            let fields = fields.into_iter().filter(|(_, value)| !value.is_null());
            let fields = fields.map(|(name, value)| {
                let name = match name.contains('_') {
                    true => camel_case(&name),
                    false => name,
                };
                match OF_THE_AUTHOR.contains(&name.as_str()) {
                    true => (name, value),
                    false => (name, with_json_names(value)),
                }
            });
            Value::Object(fields.collect())
        }
        Value::Array(list) => Value::Array(list.into_iter().map(with_json_names).collect()),
        other => other,
    }
}

/// The value of an enumeration: its name, or its number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum EnumValue {
    /// Its name; empty: the field is missing.
    Name(String),
    /// Its number.
    Number(i64),
    /// The field is missing.
    #[default]
    Missing,
}

impl EnumValue {
    /// Whether it is the value with a number whose name ends like this. Earlier exports have names such as
    /// `RequestCancel` for `PARENT_CLOSE_POLICY_REQUEST_CANCEL`.
    pub fn is(&self, name: &str, number: i64) -> bool {
        let plain = |name: &str| name.replace('_', "").to_uppercase();
        match self {
            Self::Name(own) => plain(own).ends_with(&plain(name)),
            Self::Number(own) => *own == number,
            Self::Missing => false,
        }
    }

    /// Its name in words; what stands before `_CAUSE_` is left out.
    pub fn words(&self) -> String {
        match self {
            Self::Name(name) => {
                let own = name
                    .rsplit_once("_CAUSE_")
                    .map_or(name.as_str(), |(_, own)| own);
                own.to_lowercase().replace('_', " ")
            }
            Self::Number(number) => format!("cause {number}"),
            Self::Missing => String::new(),
        }
    }
}

impl<'de> Deserialize<'de> for EnumValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "the name or number of a value")]
        enum Either {
            Number(i64),
            Name(String),
        }
        Ok(match Either::deserialize(deserializer)? {
            Either::Number(number) => Self::Number(number),
            Either::Name(name) => Self::Name(name),
        })
    }
}

/// Reads a message. An error names the field.
pub(super) fn read<T: de::DeserializeOwned>(value: &Value) -> Result<T, String> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let (path, reason) = (error.path().to_string(), error.inner().to_string());
        match path.as_str() {
            "." => reason,
            path => format!("{path}: {reason}"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn integers_are_numbers_or_text() {
        for (value, expected) in [
            (json!(7), 7),
            (json!("7"), 7),
            (json!(-1), -1),
            (json!(7.0), 7),
        ] {
            assert_eq!(read::<Integer>(&value).unwrap(), Integer(expected));
        }
        for wrong in [
            json!("x"),
            json!(1.5),
            json!(null),
            json!([1]),
            json!("99999999999999999999"),
        ] {
            read::<Integer>(&wrong).unwrap_err();
        }
    }

    #[test]
    fn durations_have_a_unit_and_up_to_nine_digits() {
        let seconds = |text: &str| read::<Seconds>(&json!(text)).map(|seconds| seconds.0);
        assert_eq!(seconds("10s").unwrap(), Duration::from_secs(10));
        assert_eq!(seconds("0.300s").unwrap(), Duration::from_millis(300));
        assert_eq!(seconds("1.000000001s").unwrap(), Duration::new(1, 1));
        assert_eq!(seconds("-3s").unwrap(), Duration::ZERO);
        assert!(seconds("99999999999999999999999s").unwrap() > Duration::from_secs(1 << 33));
        for wrong in [
            "10",
            "s",
            "1.s2",
            "-s",
            "1e3s",
            "ten s",
            "1.0000000001s",
            "",
        ] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn moments_are_clamped_to_what_a_history_can_hold() {
        let moment = |text: &str| read::<Moment>(&json!(text)).unwrap();
        assert_eq!(moment("1970-01-01T00:00:01.5Z").0, Timestamp(1_500_000_000));
        assert!(moment("1970-01-01T00:00:00Z").is_unknown());
        assert!(moment("1066-10-14T09:00:00Z").is_unknown());
        assert!(moment("9999-12-31T23:59:59.999999999Z").is_never());
        assert!(!moment("2026-11-25T22:48:58Z").is_never());
        read::<Moment>(&json!("yesterday")).unwrap_err();
    }

    #[test]
    fn bytes_are_base64_in_either_alphabet_with_or_without_padding() {
        for text in ["+/8=", "-_8=", "+/8", "-_8"] {
            assert_eq!(read::<Bytes>(&json!(text)).unwrap().0, [0xfb, 0xff]);
        }
        read::<Bytes>(&json!("what?")).unwrap_err();
    }

    #[test]
    fn an_error_names_the_field() {
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "camelCase")]
        #[expect(dead_code)]
        struct Message {
            retry_policy: Policy,
        }
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "camelCase")]
        #[expect(dead_code)]
        struct Policy {
            initial_interval: Seconds,
        }
        let error = read::<Message>(&json!({"retryPolicy": {"initialInterval": 3}})).unwrap_err();
        assert!(
            error.starts_with("retryPolicy.initialInterval: "),
            "{error}"
        );
    }

    #[test]
    fn fields_may_be_named_as_in_the_protocol() {
        let message = json!({
            "event_id": 1,
            "retry_policy": {"initial_interval": "1s", "maximum_interval": null},
            "search_attributes": {"indexed_fields": {"order_id": {"data": null}}},
            "input": {"payloads": [{"a_b": null}]},
        });
        let expected = json!({
            "eventId": 1,
            "retryPolicy": {"initialInterval": "1s"},
            "searchAttributes": {"indexedFields": {"order_id": {"data": null}}},
            "input": {"payloads": [{"a_b": null}]},
        });
        assert_eq!(with_json_names(message), expected);
    }

    #[test]
    fn the_value_of_an_enumeration_is_its_name_or_number() {
        let value = |value| read::<EnumValue>(&value).unwrap();
        let is_cancel = |json| value(json).is("REQUEST_CANCEL", 3);
        assert!(is_cancel(json!("PARENT_CLOSE_POLICY_REQUEST_CANCEL")));
        assert!(is_cancel(json!("RequestCancel")));
        assert!(is_cancel(json!(3)));
        for other in [json!("ABANDON"), json!(2), json!(-1), json!("")] {
            assert!(!is_cancel(other));
        }
        let cause = "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_NAMESPACE_NOT_FOUND";
        assert_eq!(value(json!(cause)).words(), "namespace not found");
        assert_eq!(value(json!(2)).words(), "cause 2");
        read::<EnumValue>(&json!([])).unwrap_err();
    }
}
