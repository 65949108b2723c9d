//! Values of the protocol and of the engine: texts, moments, statuses.

use super::messages::{Moment, Text};
use crate::engine::{Payload, Status, Timestamp};

/// The last moment of the protocol, 9999-12-31T23:59:59.999999999Z: never.
const NEVER: Moment = Moment {
    seconds: 253_402_300_799,
    nanos: 999_999_999,
};

const NANOS: u64 = 1_000_000_000;

/// The payload of a text, exactly as it is written. An absent one is a payload without text.
pub(super) fn payload(text: Option<Text>) -> Payload {
    Payload::from_text(&text.unwrap_or_default().value)
}

/// The text of a payload.
pub(super) fn text(payload: &Payload) -> Option<Text> {
    words(payload.as_str())
}

/// A text that is absent if it is empty.
pub(super) fn words(text: &str) -> Option<Text> {
    let value = text.to_owned();
    (!text.is_empty()).then_some(Text { value })
}

/// A text, which is empty if it is absent.
pub(super) fn string(text: Option<Text>) -> String {
    text.unwrap_or_default().value
}

/// A moment of the engine.
pub(super) fn moment(at: Timestamp) -> Moment {
    Moment {
        seconds: i64::try_from(at.0 / NANOS).unwrap_or(i64::MAX),
        nanos: i32::try_from(at.0 % NANOS).unwrap_or_default(),
    }
}

/// When a timer fires.
pub(super) fn fire_at(at: Option<Timestamp>) -> Moment {
    at.map_or(NEVER, moment)
}

/// A moment of the protocol; `None`: after the last one that the engine knows, in the year 2554. Moments before
/// 1970 are 1970.
pub(in crate::serve) fn timestamp(moment: Moment) -> Option<Timestamp> {
    let seconds = u64::try_from(moment.seconds).unwrap_or_default();
    let nanos = u64::try_from(moment.nanos).unwrap_or_default();
    let at = seconds.checked_mul(NANOS)?.checked_add(nanos)?;
    Some(Timestamp(at))
}

/// The number of a status.
pub(super) fn status_number(status: Status) -> i32 {
    match status {
        Status::Running => 0,
        Status::Completed => 1,
        Status::ContinuedAsNew => 2,
        Status::Failed => 3,
        Status::Canceled => 4,
        Status::Terminated => 5,
        Status::Pending => 6,
        Status::Suspended => 7,
        Status::Stalled => 8,
    }
}

/// The status with a number.
pub(in crate::serve) fn status(number: i32) -> Option<Status> {
    let mut all = Status::ALL.into_iter();
    all.find(|status| status_number(*status) == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_come_back_exactly_as_they_were_written() {
        let texts = [
            r#"{"a":  1.0, "b": [1e3]}"#,
            "plain words, no JSON",
            "\"größe ♫\"",
            "1.00",
            " null ",
            "null",
            "\0",
        ];
        for written in texts {
            let value = written.to_owned();
            let back = text(&payload(Some(Text { value })));
            assert_eq!(back.unwrap().value, written);
        }
        assert_eq!(text(&payload(None)), None);
    }

    #[test]
    fn moments_keep_their_nanoseconds_and_the_last_one_is_never() {
        let at = Timestamp(1_795_000_000_123_456_789);
        assert_eq!(timestamp(moment(at)), Some(at));
        assert_eq!(timestamp(NEVER), None);
        assert_eq!(fire_at(None), NEVER);
        let early = Moment {
            seconds: -5,
            nanos: -1,
        };
        assert_eq!(timestamp(early), Some(Timestamp(0)));
    }

    #[test]
    fn every_status_has_a_number_of_its_own() {
        for one in Status::ALL {
            assert_eq!(status(status_number(one)), Some(one));
        }
        assert_eq!(status(99), None);
    }
}
