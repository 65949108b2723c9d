//! Events from the wire to JSON.

use prost::encoding::{WireType, bytes, encode_key, encode_varint};
use serde_json::json;

use super::*;
use crate::backend::{
    history_file::Private,
    temporal::{
        event::TemporalEvent,
        translator::{Ids, Translator},
    },
};

/// A message from its fields.
#[derive(Default)]
struct Built(Vec<u8>);

impl Built {
    fn number(mut self, field: u32, value: u64) -> Self {
        encode_key(field, WireType::Varint, &mut self.0);
        encode_varint(value, &mut self.0);
        self
    }

    fn bytes(mut self, field: u32, value: impl Into<Vec<u8>>) -> Self {
        bytes::encode(field, &value.into(), &mut self.0);
        self
    }

    fn double(mut self, field: u32, value: f64) -> Self {
        prost::encoding::double::encode(field, &value, &mut self.0);
        self
    }
}

fn build() -> Built {
    Built::default()
}

/// An event of a type with the fields of its type.
fn event(number: u64, event_type: u64, field: u32, attributes: Built) -> Built {
    let time = build().number(1, 1_795_817_038).number(2, 500_000_000);
    build()
        .number(1, number)
        .bytes(2, time.0)
        .number(3, event_type)
        .bytes(field, attributes.0)
}

fn scheduled() -> Built {
    let encoding = build().bytes(1, "encoding").bytes(2, "json/plain");
    let payload = build().bytes(1, encoding.0).bytes(2, "[1,2]");
    let retry = build()
        .bytes(1, build().number(1, 1).0)
        .double(2, 2.0)
        .bytes(5, "Broken")
        .bytes(5, "Lost");
    let attributes = build()
        .bytes(1, "7")
        .bytes(2, build().bytes(1, "play").0)
        .bytes(6, build().bytes(1, payload.0).0)
        .bytes(8, build().number(2, 300_000_000).0)
        .number(11, 4)
        .bytes(12, retry.0);
    event(5, 10, 15, attributes)
}

#[test]
fn an_event_is_written_as_temporals_own_program_writes_it() {
    let expected = json!({
        "eventId": "5",
        "eventTime": "2026-11-27T22:03:58.500Z",
        "eventType": "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED",
        "activityTaskScheduledEventAttributes": {
            "activityId": "7",
            "activityType": {"name": "play"},
            "input": {"payloads": [{
                "metadata": {"encoding": "anNvbi9wbGFpbg=="},
                "data": "WzEsMl0=",
            }]},
            "scheduleToStartTimeout": "0.300s",
            "workflowTaskCompletedEventId": "4",
            "retryPolicy": {
                "initialInterval": "1s",
                "backoffCoefficient": 2,
                "nonRetryableErrorTypes": ["Broken", "Lost"],
            },
        },
    });
    assert_eq!(event_json(&scheduled().0).unwrap(), expected);
}

#[test]
fn a_field_that_is_not_known_is_there_under_its_number() {
    let attributes = build().bytes(1, "7").number(99, 3).bytes(98, "abc");
    let json = event_json(&event(1, 17, 20, attributes).0).unwrap();
    let expected = json!({"timerId": "7", "field99": "3", "field98": "YWJj"});
    assert_eq!(json["timerStartedEventAttributes"], expected);
}

#[test]
fn a_type_of_event_that_is_not_known_is_noted_with_all_its_fields() {
    let attributes = build().bytes(1, "drums").bytes(2, build().number(1, 7).0);
    let json = event_json(&event(9, 77, 200, attributes).0).unwrap();
    let fields = json!({"field1": "drums", "field2": {"field1": "7"}});
    assert_eq!(json["eventType"], 77);
    assert_eq!(json["field200EventAttributes"], fields);
    let event = TemporalEvent::read(json, Private::Hidden).unwrap();
    assert_eq!(
        (event.event_type.name(), event.attributes),
        ("EventType77", fields)
    );
}

#[test]
fn enumerations_and_times_have_names_only_if_they_are_known() {
    let cause = |number| {
        let attributes = build().number(3, number);
        let json = event_json(&event(1, 9, 14, attributes).0).unwrap();
        json["workflowTaskFailedEventAttributes"]["cause"].clone()
    };
    assert_eq!(cause(20), "WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW");
    assert_eq!(cause(999), 999);
    for (seconds, nanos, expected) in [
        (10, 0, "10s"),
        (0, 1_000, "0.000001s"),
        (1, 1, "1.000000001s"),
        (-1_i64 as u64, -500_000_000_i64 as u64, "-1.500s"),
    ] {
        let bytes = build().number(1, seconds).number(2, nanos).0;
        assert_eq!(duration(&bytes).unwrap(), expected);
    }
    let never = build().number(1, i64::MAX as u64).0;
    assert!(timestamp(&never).unwrap().starts_with("9999-12-31"));
}

#[test]
fn failures_within_failures_end_somewhere() {
    let mut failure = build().bytes(1, "innermost");
    for _ in 0..1_000 {
        failure = build().bytes(1, "outer").bytes(4, failure.0);
    }
    let json = event_json(&event(1, 3, 8, build().bytes(1, failure.0)).0).unwrap();
    let mut depth = 0;
    let mut inner = &json["workflowExecutionFailedEventAttributes"]["failure"];
    while let Some(cause) = inner.get("cause") {
        (inner, depth) = (cause, depth + 1);
    }
    // What is deeper is kept as it is.
    assert!(
        (10..100).contains(&depth) && inner.get("field4").is_some(),
        "{depth}"
    );
}

#[test]
fn damaged_bytes_never_panic() {
    let mut random = crate::seed::seed();
    let mut next = move || {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(random >> 33).unwrap()
    };
    let events = [
        scheduled().0,
        event(
            1,
            1,
            6,
            build()
                .bytes(1, build().bytes(1, "Order").0)
                .bytes(28, "order-7"),
        )
        .0,
        event(3, 77, 200, build().bytes(1, "drums")).0,
    ];
    let mut read = 0;
    for _ in 0..10_000 {
        let mut bytes = events[next() % events.len()].clone();
        for _ in 0..=next() % 4 {
            let place = next() % bytes.len().max(1);
            match next() % 3 {
                0 => bytes[place] = next() as u8,
                1 => bytes.truncate(place.max(1)),
                _ => bytes.insert(place, next() as u8),
            }
        }
        let Ok(json) = event_json(&bytes) else {
            continue;
        };
        let Ok(event) = TemporalEvent::read(json, Private::Hidden) else {
            continue;
        };
        let mut translator = Translator::new(Ids::plain(), "order-7");
        if translator.translate(&event).is_err() {
            translator.note(&event);
        }
        read += translator.take().0.len();
    }
    assert!(read > 1_000, "{read}");
}
