//! Where an interrupted piece resumes, from the histories of its open instances.

use std::collections::HashMap;

use crate::{
    engine::{Event, EventId, EventKind, Timestamp},
    music::{Beat, Beats, Tempo},
    score::{
        ScoreInput,
        calls::{self, Performed, TempoChanged},
    },
};

/// Where the open instances resume. Their histories are read one after another: together they may not fit
/// in memory.
#[derive(Debug, Default)]
pub(super) struct ResumePoint {
    last_moment: Option<Timestamp>,
    tempo: Option<(Beat, Tempo)>,
    played: Option<Beat>,
    pending: Vec<Asked>,
}

/// When an activity is due that was asked for.
#[derive(Debug, Clone, Copy)]
struct Asked {
    at: Beat,
    /// When its lane goes on: at the end of a rest, and at once with anything else.
    goes_on: Beat,
}

impl ResumePoint {
    /// Adds the history of an open instance.
    pub fn read(&mut self, history: &[Event]) {
        let point = Point::of(history);
        self.last_moment = self.last_moment.max(history.last().map(|event| event.at));
        self.played = self.played.max(point.played);
        self.pending.extend(point.asked.into_values());
        for change in history.iter().filter_map(tempo_change) {
            if self.tempo.is_none_or(|(latest, _)| change.0 >= latest) {
                self.tempo = Some(change);
            }
        }
    }

    /// When the last of all events was.
    pub fn last_moment(&self) -> Option<Timestamp> {
        self.last_moment
    }

    /// The tempo that the last `call: tempo` of any of them led to.
    pub fn tempo(&self) -> Option<Tempo> {
        self.tempo.map(|(_, tempo)| tempo)
    }

    /// The beat at which the piece resumes: the first one still to be played after the last one that was
    /// played. A note just before that one was on its way to the player when the process ended; beats long
    /// before it belong to lanes that lag behind, which continue whole bars later. A rest that ends with that
    /// one does not lag: what follows it is due then.
    pub fn beat(&self) -> Option<Beat> {
        let played = self.played?;
        let earliest = played - Beats::new(1, 2);
        let due = |asked: &Asked| match asked.at >= earliest {
            true => Some(asked.at),
            false => Some(asked.goes_on).filter(|end| (earliest..=played).contains(end)),
        };
        let next = self.pending.iter().filter_map(due).min();
        Some(next.unwrap_or(played))
    }
}

/// The tempo that an event led to, and the beat.
fn tempo_change(event: &Event) -> Option<(Beat, Tempo)> {
    match &event.kind {
        EventKind::TaskCompleted { result, .. } => {
            let paced = result.decode::<TempoChanged>().ok()?;
            Some((paced.performed.at, Tempo::new(paced.tempo)?))
        }
        EventKind::ExecutionStarted { input, .. } => {
            let position = input.decode::<ScoreInput>().ok()?.position?;
            Some((position.played, Tempo::new(position.tempo?)?))
        }
        _ => None,
    }
}

/// The earliest beat that an instance has asked for and that was not played yet.
pub(super) fn first_pending(history: &[Event]) -> Option<Beat> {
    let asked = Point::of(history).asked;
    asked.into_values().map(|asked| asked.at).min()
}

/// How far an instance has come.
#[derive(Debug, Default)]
struct Point {
    /// The last beat that was played.
    played: Option<Beat>,
    /// What it has asked for, by the event that did.
    asked: HashMap<EventId, Asked>,
}

impl Point {
    fn of(history: &[Event]) -> Self {
        let mut point = Self::default();
        for event in history {
            point.follow(event);
        }
        point
    }

    fn follow(&mut self, event: &Event) {
        match &event.kind {
            EventKind::ExecutionStarted { input, .. } => {
                let start = input.decode::<ScoreInput>().ok();
                let from = start.and_then(|start| match start.position {
                    Some(position) => Some(position.played),
                    None => start.from,
                });
                self.played = self.played.max(from);
            }
            EventKind::TaskScheduled { name, input, .. } => {
                let asked = calls::scheduled_beat(name, input).map(|at| Asked {
                    at,
                    goes_on: calls::end_of_rest(name, input).unwrap_or(at),
                });
                self.asked.extend(asked.map(|asked| (event.id, asked)));
            }
            EventKind::TaskCompleted { scheduled, result } => {
                self.asked.remove(scheduled);
                if let Ok(performed) = result.decode::<Performed>() {
                    self.played = self.played.max(Some(performed.at));
                }
            }
            EventKind::TaskFailed {
                scheduled,
                retry_at: None,
                ..
            }
            | EventKind::TaskCanceled { scheduled } => {
                self.asked.remove(scheduled);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{Payload, Timeouts},
        music::Velocity,
        score::calls::{Play, Rest},
    };

    fn beat(n: i64) -> Beat {
        Beat(Beats::whole(n))
    }

    /// A history of notes at these beats; the last one is still to be played.
    fn point(histories: &[Vec<Event>]) -> ResumePoint {
        let mut point = ResumePoint::default();
        for history in histories {
            point.read(history);
        }
        point
    }

    fn resume_beat(histories: &[Vec<Event>]) -> Option<Beat> {
        point(histories).beat()
    }

    fn last_tempo(histories: &[Vec<Event>]) -> Option<Tempo> {
        point(histories).tempo()
    }

    fn history(beats: &[i64]) -> Vec<Event> {
        let mut events = Vec::new();
        let mut push = |kind| {
            let id = EventId(events.len() as u64);
            let at = Timestamp(0);
            events.push(Event { id, at, kind });
            id
        };
        for (index, at) in beats.iter().enumerate() {
            let play = Play {
                task: "t".into(),
                instrument: "i".into(),
                keys: vec![],
                at: beat(*at),
                length: Beats::whole(1),
                velocity: Velocity::default(),
            };
            let scheduled = push(EventKind::TaskScheduled {
                name: "play".into(),
                input: Payload::encode(&play).unwrap(),
                retry: None,
                timeouts: Timeouts::default(),
            });
            if index + 1 < beats.len() {
                let performed = Performed {
                    at: beat(*at),
                    onset: Timestamp(0),
                    until: Timestamp(0),
                };
                let result = Payload::encode(&performed).unwrap();
                push(EventKind::TaskCompleted { scheduled, result });
            }
        }
        events
    }

    #[test]
    fn the_piece_resumes_at_the_first_note_that_did_not_sound() {
        assert_eq!(resume_beat(&[]), None);
        assert_eq!(resume_beat(&[history(&[0])]), None);
        let both = [history(&[0, 1, 2, 3]), history(&[0, 4])];
        assert_eq!(resume_beat(&both), Some(beat(3)));
        let one_rings_long = [history(&[0, 4])];
        assert_eq!(resume_beat(&one_rings_long), Some(beat(4)));
    }

    #[test]
    fn the_piece_resumes_at_the_tempo_that_was_reached() {
        let paced = |at: i64, tempo: f64| {
            let paced = TempoChanged {
                performed: Performed {
                    at: beat(at),
                    onset: Timestamp(0),
                    until: Timestamp(0),
                },
                tempo,
            };
            Event {
                id: EventId(1),
                at: Timestamp(0),
                kind: EventKind::TaskCompleted {
                    scheduled: EventId(0),
                    result: Payload::encode(&paced).unwrap(),
                },
            }
        };
        let tempo = |histories: &[Vec<Event>]| last_tempo(histories).map(Tempo::beats_per_minute);
        assert_eq!(tempo(&[history(&[0, 1, 2])]), None);
        let mut one = history(&[0, 1, 2]);
        one.push(paced(8, 140.0));
        assert_eq!(tempo(&[one, vec![paced(4, 60.0)]]), Some(140.0));
    }

    #[test]
    fn what_follows_a_rest_that_ends_with_the_last_note_is_not_left_behind() {
        let rest = |from: i64, to: i64| {
            let rest = Rest {
                task: "t".into(),
                at: beat(from),
                length: Beats::whole(to - from),
                caption: None,
            };
            let kind = EventKind::TaskScheduled {
                name: "rest".into(),
                input: Payload::encode(&rest).unwrap(),
                retry: None,
                timeouts: Timeouts::default(),
            };
            vec![Event {
                id: EventId(0),
                at: Timestamp(0),
                kind,
            }]
        };
        assert_eq!(
            resume_beat(&[history(&[0, 1, 2]), rest(0, 1)]),
            Some(beat(1))
        );
        // It still rests.
        assert_eq!(
            resume_beat(&[history(&[0, 1, 2]), rest(0, 8)]),
            Some(beat(2))
        );
        // It lags behind.
        let late = [history(&[0, 6, 7]), rest(0, 1)];
        assert_eq!(resume_beat(&late), Some(beat(7)));
    }

    #[test]
    fn a_lane_that_lags_behind_does_not_move_the_piece_back() {
        let lagging = [history(&[30, 31, 32, 33]), history(&[4, 5, 6])];
        assert_eq!(resume_beat(&lagging), Some(beat(33)));
    }
}
