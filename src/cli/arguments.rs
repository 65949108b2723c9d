//! Values of arguments.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::engine::{InstanceId, Payload, Status, Timestamp};

/// An instance id.
pub(super) fn instance_id(text: &str) -> Result<InstanceId, String> {
    InstanceId::new(text).map_err(|error| error.to_string())
}

/// JSON text.
pub(super) fn payload(text: &str) -> Result<Payload, String> {
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
    Ok(Payload::from(value))
}

/// A status, in any case.
pub(super) fn status(text: &str) -> Result<Status, String> {
    let found = Status::ALL
        .into_iter()
        .find(|status| status.to_string().eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        let names = Status::ALL.map(|status| status.to_string());
        format!("use one of {}", names.join(", "))
    })
}

/// A tag and its value, `NAME=VALUE`.
pub(super) fn tag(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=');
    let (name, value) = parts.ok_or_else(|| "write it as NAME=VALUE".to_owned())?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A moment: RFC 3339, or how long ago.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(moment) = serde_json::from_value(serde_json::Value::from(text)) {
        return Ok(moment);
    }
    let ago = ago(text).ok_or_else(|| {
        "write it as 2026-11-26T20:00:00Z, or as how long ago: 90m, 2h, 3d".to_owned()
    })?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let then = now.saturating_sub(ago);
    Ok(Timestamp(
        u64::try_from(then.as_nanos()).unwrap_or(u64::MAX),
    ))
}

fn ago(text: &str) -> Option<Duration> {
    let span: jiff::Span = text.parse().ok()?;
    let days = jiff::SpanRelativeTo::days_are_24_hours();
    let span = span.to_duration(days).ok()?;
    Duration::try_from(span).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_absolute_or_relative() {
        assert_eq!(moment("1970-01-01T00:00:01Z"), Ok(Timestamp(1_000_000_000)));
        let day = moment("1d").unwrap();
        let hour = moment("1h").unwrap();
        assert_eq!(hour.since(day).as_secs() / 10, 23 * 360);
        assert!(moment("yesterday").is_err());
        assert!(moment("-1h").is_err());
    }

    #[test]
    fn statuses_are_found_in_any_case() {
        assert_eq!(status("running"), Ok(Status::Running));
        assert!(status("well").unwrap_err().contains("ContinuedAsNew"));
    }
}
