//! The lookahead: the notes that an instance will play if nothing intervenes.

use std::collections::BTreeMap;

use super::replay::interpreter;
use crate::{
    engine::{Activity, DryRun, Event, EventId, InstanceId, Payload, PredictedActivity, Timestamp},
    music::Beat,
    score::calls::{
        self, Cue, CueActivity, Enter, EnterActivity, LoopActivity, LoopDecision, Performed, Play,
        TempoChanged,
    },
};

/// The most notes that are predicted at once.
const MAX_NOTES: usize = 512;

/// The notes that an instance with this history will play before `until`. `when` maps the beat that a
/// note requests to the one at which it will be played: a beat in the past is moved.
pub fn upcoming_notes(
    id: &InstanceId,
    history: &[Event],
    until: Beat,
    when: impl Fn(Beat) -> Beat,
) -> Vec<Play> {
    let Some(mut dry_run) = DryRun::of(&interpreter(), id, history) else {
        return Vec::new();
    };
    let mut notes = Vec::new();
    let mut pending: BTreeMap<(Beat, EventId), PredictedActivity> = BTreeMap::new();
    for _ in 0..2 * MAX_NOTES {
        for activity in dry_run.take_started() {
            if let Some(at) = requested_beat(&activity) {
                pending.insert((when(at), activity.scheduled), activity);
            }
        }
        let Some(((at, _), activity)) = pending.pop_first() else {
            break;
        };
        if at >= until || notes.len() >= MAX_NOTES {
            break;
        }
        if let Ok(note) = activity.input.decode::<Play>() {
            notes.push(Play { at, ..note });
        }
        // Beats, moments and numbers always become JSON.
        let Ok(result) = predicted_result(&activity, at) else {
            break;
        };
        dry_run.complete(&activity, result);
    }
    notes
}

/// The result of an activity that does exactly what was requested.
fn predicted_result(activity: &PredictedActivity, at: Beat) -> serde_json::Result<Payload> {
    if activity.name == LoopActivity::NAME {
        let score = None;
        return Payload::encode(&LoopDecision::Repeat { at, score });
    }
    let moment = Timestamp::default();
    let performed = Performed {
        at,
        onset: moment,
        until: moment,
    };
    // The tempo does not affect beats; the other activities read only beat and moments.
    Payload::encode(&TempoChanged {
        performed,
        tempo: 0.0,
    })
}

/// The requested beat of an activity; `None` if it makes no music.
fn requested_beat(activity: &PredictedActivity) -> Option<Beat> {
    match activity.name.as_str() {
        EnterActivity::NAME => {
            let enter = activity.input.decode::<Enter>().ok()?;
            Some(enter.at.unwrap_or(Beat::ZERO))
        }
        CueActivity::NAME => {
            let cue = activity.input.decode::<Cue>().ok()?;
            Some(cue.snapped(cue.at))
        }
        name => calls::scheduled_beat(name, &activity.input),
    }
}
