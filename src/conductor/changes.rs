//! The activities of scores that change something: start positions, controllers, the tempo.
//!
//! Like notes, they are handed to the player within the horizon; the player alone decides when they are
//! sent.

use super::{activities::ScoreActivities, channels::Assignment};
use crate::{
    engine::{ActivityContext, ActivityError, Failure},
    music::{Beat, Beats, Tempo, When},
    score::calls::{Control, Cue, Performed, SetTempo, TempoChanged},
};

/// The number of steps of constant tempo in a beat of a ramp.
const STEPS: i64 = 4;

impl ScoreActivities {
    /// The beat at which a phrase may start: on the grid, not before the voice and not in the past.
    pub(super) async fn cue(
        &self,
        context: ActivityContext,
        cue: Cue,
    ) -> Result<Performed, ActivityError> {
        // Only instances that make music have a lane.
        self.lane_of(&context)?;
        self.roll();
        let transport = self.player.transport();
        let earliest = transport.position(self.player.now() + self.horizon());
        let at = cue.snapped(cue.at.max(earliest));
        Ok(self.performed(transport, at, Beats::ZERO))
    }

    /// Changes a controller at its beat, or whole bars later if that beat has passed.
    pub(super) async fn control(
        &self,
        mut context: ActivityContext,
        control: Control,
    ) -> Result<Performed, ActivityError> {
        let lane = self.lane_of(&context)?;
        let (at, transport) = self
            .until_near(&mut context, control.at, Beats::ZERO, self.horizon())
            .await?;
        let instrument = lane.document.instrument(&control.instrument);
        let instrument = instrument.ok_or_else(|| {
            let message = format!("the score has no instrument {:?}", control.instrument);
            Failure::new("UnknownInstrument", message).non_retryable()
        })?;
        let Assignment {
            port,
            channel,
            part,
        } = self.assignment(&lane, instrument)?;
        let source = Some(context.scheduled().0);
        for (after, controller, value) in control.course() {
            for message in controller.messages(value, channel) {
                let when = When::Beat(at + after);
                let lane = Some(lane.id);
                let handed_over = self.player.message(port, part, message, when, lane, source);
                handed_over.map_err(|error| Failure::new("Player", error.to_string()))?;
            }
        }
        lane.controlled(&control);
        Ok(self.performed(transport, at, control.length))
    }

    /// Changes the tempo at its beat, or whole bars later if that beat has passed.
    pub(super) async fn tempo(
        &self,
        mut context: ActivityContext,
        change: SetTempo,
    ) -> Result<TempoChanged, ActivityError> {
        let (mut at, mut transport) = self
            .until_near(&mut context, change.at, Beats::ZERO, self.horizon())
            .await?;
        // Where changes are dense, this one waits until the first of those before it has passed.
        while let Some(first) = transport.first_of_full(self.player.now()) {
            let [Some(passed), Some(due)] = [first, at].map(|beat| transport.instant(beat)) else {
                break;
            };
            if due <= passed {
                break;
            }
            let lead = due.since(passed) / 2;
            (at, transport) = self.until_near(&mut context, at, Beats::ZERO, lead).await?;
        }
        let target = Tempo::new(change.bpm).ok_or_else(|| {
            let message = format!(
                "a tempo of {} BPM is out of range: use {}",
                change.bpm,
                Tempo::RANGE
            );
            Failure::new("Tempo", message).non_retryable()
        })?;
        let changes = tempi(at, transport.tempo_at(at), target, &change);
        self.player
            .change_tempo(&changes)
            .map_err(|error| Failure::new("Player", error.to_string()))?;
        let last = changes.last().map_or(target, |(_, tempo)| *tempo);
        Ok(TempoChanged {
            performed: self.performed(self.player.transport(), at, change.length),
            tempo: last.beats_per_minute(),
        })
    }
}

/// The tempo changes of a jump, or of a part of a ramp that starts `at` with tempo `from`.
///
/// A ramp is linear in beats. It consists of steps of constant tempo, each as long in time as the
/// continuous ramp, so that beats at the ends of steps are exactly in time.
pub(super) fn tempi(at: Beat, from: Tempo, target: Tempo, change: &SetTempo) -> Vec<(Beat, Tempo)> {
    if change.length <= Beats::ZERO || change.over <= Beats::ZERO {
        return vec![(at, target)];
    }
    let (a, b) = (from.beats_per_minute(), target.beats_per_minute());
    let tempo_after = |after: Beats| a + (b - a) * (after / change.over).as_f64();
    let place = |step: i64| change.length * Beats::new(step, STEPS);
    let mut changes: Vec<_> = (0..STEPS)
        .map(|step| {
            let mean = mean(tempo_after(place(step)), tempo_after(place(step + 1)));
            (at + place(step), Tempo::new(mean).unwrap_or(target))
        })
        .collect();
    let end = match change.length >= change.over {
        true => target,
        false => Tempo::new(tempo_after(change.length)).unwrap_or(target),
    };
    changes.push((at + change.length, end));
    changes
}

/// The constant tempo that takes as long as a linear change from `a` to `b`: the logarithmic mean.
fn mean(a: f64, b: f64) -> f64 {
    if (a - b).abs() < 1e-9 {
        return a;
    }
    (b - a) / (b / a).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stepped_tempo_ramp_takes_as_long_as_a_continuous_one() {
        let (from, to) = (Tempo::new(60.0).unwrap(), Tempo::new(120.0).unwrap());
        let mut tempo = from;
        let mut seconds = 0.0;
        for beat in 0..4 {
            let change = SetTempo {
                task: "t".into(),
                bpm: 120.0,
                at: Beat(Beats::whole(beat)),
                over: Beats::whole(4 - beat),
                length: Beats::whole(1),
            };
            let changes = tempi(change.at, tempo, to, &change);
            let pairs = changes.windows(2);
            seconds += pairs
                .map(|w| (w[1].0 - w[0].0).as_f64() * w[0].1.beat_nanos() / 1e9)
                .sum::<f64>();
            tempo = changes[4].1;
            assert!((tempo.beats_per_minute() - 60.0 - 15.0 * (beat + 1) as f64).abs() < 1e-9);
        }
        // The integral of 60 / (60 + 15 x) over four beats.
        assert!((seconds - 4.0 * 2_f64.ln()).abs() < 1e-9, "{seconds}");
    }
}
