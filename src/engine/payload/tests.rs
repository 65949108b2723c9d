use std::{
    collections::{BTreeMap, HashMap},
    hash::BuildHasher,
};

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;
use crate::engine::Failure;

/// Any JSON that this program may write.
fn json_values() -> impl Strategy<Value = Value> {
    let float = any::<u64>().prop_map(|bits| {
        serde_json::Number::from_f64(f64::from_bits(bits)).map_or(Value::Null, Value::Number)
    });
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-200_i64..70_000).prop_map(Value::from),
        float,
        (-1e6..1e6).prop_map(|x: f64| json!(x)),
        any::<String>().prop_map(Value::from),
        "[\\x00-\\x20\"\\\\/é😀]{0,40}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 200, 20, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..20).prop_map(Value::from),
            proptest::collection::btree_map(".{0,8}", inner, 0..20)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// Text that is similar to what this program writes, or not.
fn texts() -> impl Strategy<Value = String> {
    let parts = prop_oneof![
        Just(" ".to_owned()),
        Just("1.00".to_owned()),
        Just("1e5".to_owned()),
        Just("-0".to_owned()),
        Just("340282366920938463463374607431768211455".to_owned()),
        Just("\"\\u0041\"".to_owned()),
        Just("\"\\u001F\"".to_owned()),
        Just("\"\\ud800\"".to_owned()),
        Just("\"\\/\"".to_owned()),
        Just("[".to_owned()),
        Just("]".to_owned()),
        Just("{\"a\":".to_owned()),
        Just(",\"a\":".to_owned()),
        Just("}".to_owned()),
        Just(",".to_owned()),
        Just("nul".to_owned()),
        json_values().prop_map(|value| value.to_string()),
    ];
    proptest::collection::vec(parts, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn a_value_survives_encoding(value in json_values()) {
        let payload = Payload::encode(&value).unwrap();
        prop_assert_eq!(&payload.decode::<Value>().unwrap(), &value);
        prop_assert_eq!(payload.as_str(), value.to_string());
        prop_assert_eq!(payload.to_json(), value.clone());
        prop_assert_eq!(serde_json::to_value(&payload).unwrap(), value.clone());
        prop_assert_eq!(serde_json::to_string(&payload).unwrap(), value.to_string());
        prop_assert!(!payload.0.has_text);
    }

    #[test]
    fn the_same_value_is_always_encoded_in_the_same_way(value in json_values()) {
        let encoded = Payload::encode(&value).unwrap();
        let read = Payload::from_text(&serde_json::to_string(&value).unwrap());
        prop_assert_eq!(&encoded.0.bytes, &read.0.bytes);
        let pretty = serde_json::to_string_pretty(&encoded).unwrap();
        let imported: Payload = serde_json::from_str(&pretty).unwrap();
        prop_assert_eq!(&encoded.0.bytes, &imported.0.bytes);
    }

    #[test]
    fn text_is_kept_as_it_was_written(text in texts()) {
        let payload = Payload::from_text(&text);
        prop_assert_eq!(payload.as_str(), &text);
        let stored = postcard::to_stdvec(&payload).unwrap();
        let read: Payload = postcard::from_bytes(&stored).unwrap();
        prop_assert_eq!(&read.0.bytes, &payload.0.bytes);
        prop_assert_eq!(read.0.has_text, payload.0.has_text);
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        let written = serde_json::to_string(&payload).unwrap();
        if is_json {
            prop_assert_eq!(minified(&written), minified(&text));
            let read: Payload = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(read, payload);
        } else {
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }

    #[test]
    fn a_value_is_read_like_serde_json_reads_it(value in json_values(), text in texts()) {
        for text in [value.to_string(), text] {
            let payload = Payload::from_text(&text);
            same::<f64>(&payload, &text)?;
            same::<f32>(&payload, &text)?;
            same::<i8>(&payload, &text)?;
            same::<u128>(&payload, &text)?;
            same::<Option<String>>(&payload, &text)?;
            same::<Vec<Value>>(&payload, &text)?;
            same::<(u8, i64)>(&payload, &text)?;
            same::<BTreeMap<u32, Value>>(&payload, &text)?;
            same::<BTreeMap<String, Value>>(&payload, &text)?;
            same::<Failure>(&payload, &text)?;
        }
    }

    #[test]
    fn f32_values_survive_to_the_bit(bits in any::<u32>()) {
        let value = f32::from_bits(bits);
        if value.is_finite() {
            let payload = Payload::encode(&value).unwrap();
            prop_assert_eq!(payload.decode::<f32>().unwrap().to_bits(), bits);
            prop_assert_eq!(payload.as_str(), serde_json::to_string(&value).unwrap());
        }
    }

    #[test]
    fn damaged_bytes_are_refused_or_read_the_same_by_every_method(
        bytes in proptest::collection::vec(any::<u8>(), 0..60)
    ) {
        if let Ok(payload) = Payload::from_messagepack(&bytes) {
            prop_assert_eq!(&Payload::from_text(payload.as_str()).0.bytes, &payload.0.bytes);
            payload.to_json();
        }
    }

    #[test]
    fn a_flipped_bit_is_refused_or_changes_the_value(value in json_values(), at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let payload = Payload::encode(&value).unwrap();
        let mut bytes = payload.0.bytes.to_vec();
        bytes[at.index(payload.0.bytes.len())] ^= 1_u8 << bit;
        if let Ok(other) = Payload::from_messagepack(&bytes) {
            prop_assert_ne!(other.as_str(), payload.as_str());
            prop_assert_eq!(Payload::from_text(other.as_str()), other);
        }
    }
}

fn same<T: DeserializeOwned + PartialEq + std::fmt::Debug>(
    payload: &Payload,
    text: &str,
) -> Result<(), TestCaseError> {
    match (payload.decode::<T>(), serde_json::from_str::<T>(text)) {
        (Ok(one), Ok(two)) => prop_assert_eq!(one, two),
        (Err(one), Err(two)) => prop_assert_eq!(one.to_string(), two.to_string()),
        (one, two) => prop_assert!(false, "{text}: {one:?}, serde_json: {two:?}"),
    }
    Ok(())
}

#[test]
fn numbers_keep_all_digits() {
    for number in [
        0.1,
        -0.0,
        1e300,
        5e-324,
        423.209_170_870_713_23,
        f64::MAX,
        1e16,
    ] {
        let back: f64 = Payload::encode(&number).unwrap().decode().unwrap();
        assert_eq!(back.to_bits(), number.to_bits());
    }
    assert_eq!(
        Payload::encode(&u64::MAX).unwrap().decode::<u64>().unwrap(),
        u64::MAX
    );
    assert_eq!(
        Payload::encode(&i64::MIN).unwrap().decode::<i64>().unwrap(),
        i64::MIN
    );
    for number in [u128::MAX, u128::from(u64::MAX) + 1, 7] {
        let payload = Payload::encode(&json_of(number)).unwrap();
        assert_eq!(payload.as_str(), format!("{{\"n\":{number}}}"));
        assert_eq!(
            payload.decode::<HashMap<String, u128>>().unwrap()["n"],
            number
        );
        let json = serde_json::to_string_pretty(&payload).unwrap();
        assert_eq!(serde_json::from_str::<Payload>(&json).unwrap(), payload);
    }
    let least = Payload::encode(&i128::MIN).unwrap();
    assert_eq!(least.decode::<i128>().unwrap(), i128::MIN);
}

fn json_of(number: u128) -> HashMap<&'static str, u128> {
    HashMap::from([("n", number)])
}

#[test]
fn a_value_that_json_cannot_express_is_an_error() {
    #[derive(serde::Serialize)]
    enum Reading {
        Level { volts: Option<f64> },
    }
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = Payload::encode(&[1.0, bad]).unwrap_err().to_string();
        assert!(
            error.contains("JSON cannot represent the number"),
            "{error}"
        );
        Payload::encode(&Reading::Level { volts: Some(bad) }).unwrap_err();
    }
    Payload::encode(&f32::NAN).unwrap_err();
    let none = Payload::encode(&Reading::Level { volts: None }).unwrap();
    assert_eq!(none.as_str(), r#"{"Level":{"volts":null}}"#);
    // A payload within a value is a value.
    let within = Payload::encode(&(none, "null", ())).unwrap();
    assert_eq!(within.as_str(), r#"[{"Level":{"volts":null}},"null",null]"#);
}

#[test]
fn whitespace_is_kept_and_does_not_affect_equality() {
    let spaced = Payload::from_text("{ \"a b\": [1, 2] }");
    let plain = Payload::encode(&json!({ "a b": [1, 2] })).unwrap();
    assert_eq!(spaced.as_str(), "{ \"a b\": [1, 2] }");
    assert_eq!(spaced, plain);
    let hasher = std::hash::RandomState::new();
    assert_eq!(hasher.hash_one(&spaced), hasher.hash_one(&plain));
    assert_ne!(
        Payload::from_text("hello world"),
        Payload::from_text("helloworld")
    );
    assert_ne!(Payload::from_text("1.00"), Payload::from_text("1"));
}

#[test]
fn nesting_is_limited_as_in_json() {
    for depth in [1, 126, 127, 128, 129, 1_000, 100_000] {
        let text = "[".repeat(depth) + &"]".repeat(depth);
        let payload = Payload::from_text(&text);
        assert_eq!(payload.as_str(), text);
        let read = serde_json::from_str::<Value>(&text);
        assert_eq!(payload.decode::<Value>().is_ok(), read.is_ok(), "{depth}");
        assert_eq!(
            Payload::from_messagepack(&payload.0.bytes).unwrap(),
            payload
        );
    }
    // Arrays of one in each other: deeper than anything that is written.
    let bomb = vec![0x91; 10_000_000];
    assert!(Payload::from_messagepack(&bomb).is_err());
    assert!(Payload::from_messagepack(&[0xdd, 0xff, 0xff, 0xff, 0xff]).is_err());
}

#[test]
fn only_bytes_that_this_program_writes_are_read_from_a_row() {
    for (bytes, why) in [
        (&[][..], "ends too early"),
        (&[0xc0, 0xc0], "1 bytes follow"),
        (&[0xa1, 0xff], "not UTF-8"),
        (&[0xc4, 1, 0], "no JSON counterpart"),
        (&[0xcc, 0x7f], "shortest form"),
        (&[0xd9, 1, b'a'], "shortest form"),
        (&[0xd0, 5], "shortest form"),
        (&[0xd1, 1, 0], "shortest form"),
        (&[0xca, 0, 0, 0, 0], "shortest form"),
        (&[0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0], "NaN"),
        (&[0x81, 0x01, 0x01], "not a string"),
        (&[0xd4, 9, b'1'], "extension 9"),
        (&[0xd4, 1, b'x'], "not in canonical form"),
        (&[0xd4, 1, b'7'], "not in canonical form"),
        (&[0x91, 0xd4, 2, b'x'], "not in canonical form"),
    ] {
        let error = Payload::from_messagepack(bytes).unwrap_err().to_string();
        assert!(error.contains(why), "{bytes:x?}: {error}");
    }
}

#[test]
fn a_payload_is_small() {
    let note = json!({ "notes": ["c4", "e4"], "velocity": 90, "at": 12.25, "on": true });
    let payload = Payload::encode(&note).unwrap();
    assert!(
        payload.size() < payload.as_str().len(),
        "{}",
        payload.size()
    );
    assert_eq!(size_of::<Payload>(), size_of::<usize>());
}
