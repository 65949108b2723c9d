//! What SDKs record in a history: local activities and versions. Each SDK has its own words; the data is
//! looked for under the names that they use.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::super::{
    event::TemporalEvent, event_type::EventType as T, failure::RawFailure, payload::Payloads,
    translator::Translator,
};
use crate::engine::{EventKind, Payload, Timeouts};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Marker {
    marker_name: String,
    details: BTreeMap<String, Payloads>,
    failure: Option<RawFailure>,
}

impl Marker {
    /// The first of several details that there is.
    fn detail(&self, names: &[&str]) -> Option<Payload> {
        let mut found = names.iter().filter_map(|name| self.details.get(*name));
        found.next().map(Payloads::payload)
    }

    /// A field, in a detail of its own or in `data`.
    fn field(&self, names: &[&str]) -> Option<Value> {
        if let Some(detail) = self.detail(names) {
            return Some(detail.to_json());
        }
        let data = self.detail(&["data"])?.to_json();
        names.iter().find_map(|name| data.get(name).cloned())
    }
}

impl Translator {
    pub(in super::super) fn marker(&mut self, event: &TemporalEvent) -> Result<bool, String> {
        if event.event_type != T::MarkerRecorded {
            return Ok(false);
        }
        let marker: Marker = event.attributes()?;
        Ok(match marker.marker_name.as_str() {
            "core_local_activity" | "LocalActivity" => self.local_activity(&marker),
            "core_patch" | "Version" => self.version(&marker),
            _ => false,
        })
    }

    fn local_activity(&mut self, marker: &Marker) -> bool {
        let name = marker.field(&["activity_type", "ActivityType", "type"]);
        let Some(name) = name.as_ref().and_then(Value::as_str) else {
            return false;
        };
        // The SDK of Java has it among other numbers.
        let in_java = || Some(marker.detail(&["meta"])?.to_json().get("atpt")?.clone());
        let attempt = marker.field(&["attempt", "Attempt"]).or_else(in_java);
        let attempt = attempt.and_then(|attempt| attempt.as_u64()).unwrap_or(1);
        let attempt = u32::try_from(attempt.max(1)).unwrap_or(u32::MAX);
        let scheduled = self.push(EventKind::TaskScheduled {
            name: name.to_owned(),
            input: marker.detail(&["input"]).unwrap_or_else(Payload::null),
            retry: None,
            timeouts: Timeouts::default(),
        });
        self.push(EventKind::TaskStarted { scheduled, attempt });
        self.push(match &marker.failure {
            Some(failure) => EventKind::TaskFailed {
                scheduled,
                attempt,
                failure: failure.failure(),
                retry_at: None,
                heartbeat: None,
            },
            None => EventKind::TaskCompleted {
                scheduled,
                result: marker.detail(&["result"]).unwrap_or_else(Payload::null),
            },
        });
        true
    }

    fn version(&mut self, marker: &Marker) -> bool {
        let change = marker.detail(&["patch-data"]).map(|data| data.to_json());
        let change = change.and_then(|data| data.get("id").cloned());
        let change = change.or_else(|| marker.field(&["change-id", "changeId"]));
        let Some(change) = change.as_ref().and_then(Value::as_str) else {
            return false;
        };
        let version = marker.field(&["version"]);
        let version = version.and_then(|version| version.as_i64()).unwrap_or(1);
        self.push(EventKind::VersionMarked {
            change: change.to_owned(),
            // -1: the code from before the change.
            version: u32::try_from(version.max(0)).unwrap_or(u32::MAX),
        });
        true
    }
}
