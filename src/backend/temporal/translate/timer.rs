//! Timers.

use serde::Deserialize;

use super::super::{
    super::proto_json::{Integer, Seconds},
    event::TemporalEvent,
    event_type::EventType as T,
    translator::{Opened, Translator},
};
use crate::engine::{EventId, EventKind, TimerOrigin};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Timer {
    start_to_fire_timeout: Seconds,
    started_event_id: Integer,
}

impl Translator {
    pub(in super::super) fn timer(&mut self, event: &TemporalEvent) -> Result<bool, String> {
        let is_timer = matches!(
            event.event_type,
            T::TimerStarted | T::TimerFired | T::TimerCanceled
        );
        if !is_timer {
            return Ok(false);
        }
        let timer: Timer = event.attributes()?;
        if event.event_type == T::TimerStarted {
            let summary = event.summary.as_ref().map(|summary| summary.payload());
            let name = summary.and_then(|summary| summary.decode().ok());
            let id = self.push(EventKind::TimerCreated {
                fire_at: Some(self.appender.now() + timer.start_to_fire_timeout.0),
                origin: TimerOrigin::Wait {
                    name: name.unwrap_or_default(),
                },
            });
            self.opened.insert(event.id, Opened::Timer(id));
            return Ok(true);
        }
        let Some(id) = self.end_timer(timer.started_event_id) else {
            return Ok(false);
        };
        self.push(match event.event_type {
            T::TimerFired => EventKind::TimerFired { timer: id },
            _ => EventKind::TimerCanceled { timer: id },
        });
        Ok(true)
    }

    fn end_timer(&mut self, started: Integer) -> Option<EventId> {
        let number = u64::try_from(started.0).ok()?;
        let Some(Opened::Timer(id)) = self.opened.get(&number).copied() else {
            return None;
        };
        self.opened.insert(number, Opened::Other(id));
        Some(id)
    }
}
