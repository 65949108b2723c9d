//! The activities of scores that change something: start positions, controllers, the tempo.
//!
//! Like notes, they are handed to the player within the horizon; the player alone decides when they are
//! sent.

use super::{activities::ScoreActivities, channels::Assignment};
use crate::{
    engine::{ActivityContext, ActivityError, Failure},
    music::{Beat, Beats, Channel, HORIZON, Message, Tempo, When},
    score::calls::{Control, Controller, Cue, Performed, SetTempo, TempoChanged},
};

/// The most messages that a ramp of a controller sends in a beat: one for each tick of the MIDI clock.
const MAX_MESSAGES: i64 = 24;
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
        let earliest = transport.position(self.player.now() + HORIZON);
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
            .until_near(&mut context, control.at, Beats::ZERO, HORIZON)
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
        for (after, controller, value) in course(&control) {
            for message in messages(controller, value, channel) {
                let when = When::Beat(at + after);
                let lane = Some(lane.id);
                let handed_over = self.player.message(port, part, message, when, lane, source);
                handed_over.map_err(|error| Failure::new("Player", error.to_string()))?;
            }
        }
        Ok(self.performed(transport, at, control.length))
    }

    /// Changes the tempo at its beat, or whole bars later if that beat has passed.
    pub(super) async fn tempo(
        &self,
        mut context: ActivityContext,
        change: SetTempo,
    ) -> Result<TempoChanged, ActivityError> {
        let (at, transport) = self
            .until_near(&mut context, change.at, Beats::ZERO, HORIZON)
            .await?;
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

/// The values of controllers, each with its offset from the first one. Equal values of a ramp are sent once.
pub(super) fn course(control: &Control) -> Vec<(Beats, Controller, u16)> {
    if !control.points.is_empty() {
        let points = control.points.iter();
        return points.map(|p| (p.after, p.controller, p.value)).collect();
    }
    let steps = (control.length * MAX_MESSAGES)
        .ceil()
        .clamp(1, MAX_MESSAGES);
    let (from, to) = (f64::from(control.from), f64::from(control.to));
    let value = |step: i64| {
        let value = from + (to - from) * step as f64 / steps as f64;
        (
            control.length * Beats::new(step, steps),
            control.controller,
            value.round() as u16,
        )
    };
    let mut values: Vec<_> = (0..steps).map(value).collect();
    values.dedup_by_key(|(.., value)| *value);
    values
}

pub(super) fn messages(controller: Controller, value: u16, channel: Channel) -> Vec<Message> {
    let low = (value & 127) as u8;
    match controller {
        Controller::Cc(number) => vec![Message::Control(channel, number, low)],
        Controller::Program => vec![Message::Program(channel, low)],
        Controller::Bank => vec![
            Message::Control(channel, 0, ((value >> 7) & 127) as u8),
            Message::Control(channel, 32, low),
        ],
        Controller::Bend => vec![Message::Bend(channel, value)],
        Controller::Pressure => vec![Message::Pressure(channel, low)],
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

    fn control(from: u16, to: u16, length: Beats) -> Control {
        Control {
            task: "t".into(),
            instrument: "i".into(),
            controller: Controller::Cc(7),
            from,
            to,
            at: Beat::ZERO,
            length,
            points: Vec::new(),
        }
    }

    #[test]
    fn a_ramp_sends_at_most_24_messages_per_beat_and_none_twice() {
        let one = Beats::whole(1);
        let wide = course(&control(0, 127, one));
        assert_eq!(wide.len(), 24);
        assert_eq!(
            (wide[0], wide[12]),
            (
                (Beats::ZERO, Controller::Cc(7), 0),
                (Beats::new(1, 2), Controller::Cc(7), 64)
            )
        );
        let narrow = course(&control(10, 13, one));
        let values: Vec<u16> = narrow.iter().map(|(.., value)| *value).collect();
        assert_eq!(values, [10, 11, 12, 13]);
        assert_eq!(course(&control(5, 5, Beats::ZERO)), [(Beats::ZERO, Controller::Cc(7), 5)]);
    }

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
