//! The sounds of events, as a score declares them. Histories contain the events; where each sound was is
//! computed as it was when it sounded.

use super::{PartNumber, RecordedNote, Stretch, cuts::EventPlace, tempo_map::TempoMap};
use crate::{
    conductor::{sounds::on_grid, watch::LINGER_BARS},
    engine::{Event, EventId, EventKind, Timestamp},
    music::{Channel, HORIZON, MeterMap},
    score::EventSound,
};

/// The events with a sound.
#[derive(Debug, Default)]
pub(super) struct EventSounds {
    transport: Transport,
    events: Vec<SoundingEvent>,
}

/// What the history tells about the transport.
#[derive(Debug, Default, Clone, Copy)]
enum Transport {
    /// The piece has not entered. What others played meanwhile is not in its history.
    #[default]
    Unknown,
    /// An instance that runs keeps it rolling.
    Rolls,
    /// The instance is paused since then: the transport rolls on for some bars.
    Lingers(Timestamp),
}

#[derive(Debug)]
struct SoundingEvent {
    place: EventPlace,
    source: EventId,
    /// The moment from which it looks for its grid.
    moment: Timestamp,
    /// Since when the instance was paused.
    paused: Option<Timestamp>,
    part: PartNumber,
    channel: Channel,
    sound: EventSound,
}

impl EventSounds {
    /// The piece has entered: the transport rolls.
    pub fn enter(&mut self) {
        if matches!(self.transport, Transport::Unknown) {
            self.transport = Transport::Rolls;
        }
    }

    /// Follows an event that may have the sounds `sounds`, each with its part and channel.
    pub fn follow<'s>(
        &mut self,
        place: EventPlace,
        event: &Event,
        sounds: impl Iterator<Item = (PartNumber, Channel, &'s EventSound)>,
    ) {
        let paused = match self.transport {
            Transport::Unknown => return,
            Transport::Rolls => None,
            Transport::Lingers(since) => Some(since),
        };
        let resumes = matches!(event.kind, EventKind::ExecutionResumed { .. });
        let horizon = HORIZON.as_nanos() as u64;
        for (part, channel, sound) in sounds {
            self.events.push(SoundingEvent {
                // The cut that the event itself makes comes before its sound.
                place: EventPlace(place.0 + 1),
                source: event.id,
                moment: Timestamp(event.at.0.saturating_add(horizon)),
                // Where the transport had stopped, it rolls again.
                paused: paused.filter(|_| !resumes),
                part,
                channel,
                sound: sound.clone(),
            });
        }
        self.transport = match event.kind {
            EventKind::ExecutionSuspended { .. } | EventKind::ExecutionStalled { .. } => {
                Transport::Lingers(paused.unwrap_or(event.at))
            }
            EventKind::ExecutionResumed { .. } => Transport::Rolls,
            _ => self.transport,
        };
    }

    /// The notes of all sounds that were heard.
    pub fn notes(
        self,
        tempi: &TempoMap,
        meters: MeterMap,
        performed: &[Stretch],
    ) -> Vec<(EventPlace, RecordedNote)> {
        let clock = PieceClock {
            tempi,
            meters,
            performed,
        };
        let events = self.events.iter();
        events.flat_map(|event| clock.notes(event)).collect()
    }
}

/// Beats and moments of a piece.
struct PieceClock<'a> {
    tempi: &'a TempoMap,
    meters: MeterMap,
    /// By onset.
    performed: &'a [Stretch],
}

impl PieceClock<'_> {
    fn notes(&self, event: &SoundingEvent) -> Vec<(EventPlace, RecordedNote)> {
        let Some(known) = self.reference(event) else {
            return Vec::new();
        };
        let passed = nanos(known.onset, event.moment);
        let at = on_grid(self.tempi.after(known.at, passed), event.sound.grid);
        let length = event.sound.length;
        let moment = |beat| {
            let nanos = self.tempi.nanos(known.at, beat);
            Timestamp(known.onset.0.saturating_add_signed(nanos.round() as i64))
        };
        let keys = event.sound.keys.iter();
        let notes = keys.map(|key| RecordedNote {
            source: event.source,
            part: event.part,
            channel: event.channel,
            key: *key,
            velocity: event.sound.velocity,
            at,
            length,
            onset: moment(at),
            until: moment(at + length),
        });
        notes.map(|note| (event.place, note)).collect()
    }

    /// What was performed last when an event was to sound, or next if the transport had stopped before;
    /// `None` if it stood still.
    fn reference(&self, event: &SoundingEvent) -> Option<&Stretch> {
        let begun = |one: &Stretch| one.onset <= event.moment;
        let next = self.performed.partition_point(begun);
        let (last, next) = (next.checked_sub(1), self.performed.get(next));
        let Some(last) = last.and_then(|last| self.performed.get(last)) else {
            return next;
        };
        let beat = self.tempi.after(last.at, nanos(last.onset, event.moment));
        // The piece went on earlier than it would have: the transport had stopped.
        let stopped = next.filter(|next| next.at < beat);
        match (event.paused, stopped) {
            (None, Some(next)) => Some(next),
            (None, None) => Some(last),
            (Some(_), Some(_)) => None,
            (Some(since), None) => {
                let beats = self.meters.at(beat).bar() * i64::from(LINGER_BARS);
                let rolls_on = beats.as_f64() * self.tempi.tempo_at(beat).beat_nanos();
                (nanos(since, event.moment) <= rolls_on).then_some(last)
            }
        }
    }
}

/// Nanoseconds from one moment to another; below zero if that is earlier.
fn nanos(from: Timestamp, to: Timestamp) -> f64 {
    (i128::from(to.0) - i128::from(from.0)) as f64
}
