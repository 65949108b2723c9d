//! One `[[control]]` table of a rig file.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::EntryError;

use crate::{
    conductor::{
        Direction, EndAt, FaultTarget,
        control_surface::{
            Binding, Control, ControlAction, ControlActionName, ControlKind, Encoding, Lamp,
            LaneTarget, PlayheadAction, Press, Range, Source, Stop, StripTarget,
        },
    },
    music::{Channel, Key, Offset, Tempo},
};

/// One `[[control]]` table: a control, the name of its action, and the action's parameters.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    on: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cc: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    program: Option<u8>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::controls::channel"
    )]
    channel: Option<Channel>,
    #[serde(rename = "do")]
    action: ControlActionName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lane: Option<LaneValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instrument: Option<Arc<str>>,
    /// What faults are injected into; rig files of builds without this name an instrument.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<FaultTarget>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<Arc<str>>,
    /// The data of the event; rig files of builds without this have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ms: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<Stop>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    direction: Option<DirectionValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    encoder: Option<Encoding>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    press: Option<PressValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    led: Option<Led>,
}

/// `lane = 1`, or a name: `"selected"`, `"all"`, or that of a score.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum LaneValue {
    Number(u8),
    Name(Arc<str>),
}

/// The direction of a step or of replay; forward if left out.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum DirectionValue {
    Forward,
    Backward,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PressValue {
    Toggle,
    Momentary,
}

/// `led = true`, or the brightness for each state.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Led {
    Default(bool),
    Custom(Brightness),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Brightness {
    on: Option<u8>,
    #[serde(rename = "held")]
    paused: Option<u8>,
    waiting: Option<u8>,
    off: Option<u8>,
}

impl TryFrom<Entry> for Binding {
    type Error = EntryError;

    fn try_from(entry: Entry) -> Result<Self, EntryError> {
        let action = entry.action()?;
        let source = Source {
            on: entry.on.clone(),
            channel: entry.channel,
            control: entry.control()?,
        };
        if !Self::is_possible(&source, &action) {
            return Err(EntryError::JogWithoutWheel);
        }
        Ok(Self {
            source,
            range: entry.range(&action)?,
            press: match entry.press {
                Some(PressValue::Momentary) => Press::Momentary,
                Some(PressValue::Toggle) | None => Press::Toggle,
            },
            encoding: entry.encoder.unwrap_or_default(),
            lamp: entry.lamp()?,
            action,
        })
    }
}

impl Entry {
    fn control(&self) -> Result<Control, EntryError> {
        match (self.note, self.cc, self.program) {
            (Some(note), None, None) => Key::new(note)
                .map(Control::Note)
                .ok_or(EntryError::NumberTooLarge(note)),
            (None, Some(cc), None) => Ok(Control::Cc(seven_bits(cc)?)),
            (None, None, Some(program)) => Ok(Control::Program(seven_bits(program)?)),
            _ => Err(EntryError::NotOneControl),
        }
    }

    fn action(&self) -> Result<ControlAction, EntryError> {
        Ok(match self.action {
            ControlActionName::Pause => ControlAction::Pause(self.lane()?),
            ControlActionName::Terminate => ControlAction::Terminate(self.lane()?),
            ControlActionName::TerminateAfterNote => {
                ControlAction::TerminateAt(self.lane()?, EndAt::Note)
            }
            ControlActionName::TerminateAfterBar => {
                ControlAction::TerminateAt(self.lane()?, EndAt::Bar)
            }
            ControlActionName::Cancel => ControlAction::Cancel(self.lane()?),
            ControlActionName::Retry => ControlAction::Retry(self.lane()?),
            ControlActionName::Cue => ControlAction::Cue(self.lane()?),
            ControlActionName::Raise => {
                let event = required(self.event.clone(), "raise", "the type of an `event`")?;
                let data = self.data.clone().unwrap_or_default();
                ControlAction::Raise(self.lane()?, event, data)
            }
            ControlActionName::Mute => ControlAction::Mute(self.strip()?),
            ControlActionName::Solo => ControlAction::Solo(self.strip()?),
            ControlActionName::Volume => ControlAction::Volume(self.lane()?),
            ControlActionName::Louder => ControlAction::Louder(self.lane()?),
            ControlActionName::Softer => ControlAction::Softer(self.lane()?),
            ControlActionName::ResetVolume => ControlAction::ResetVolume(self.lane()?),
            ControlActionName::Faults => ControlAction::Faults(self.fault_target("faults")?),
            ControlActionName::FailNext => ControlAction::FailNext(self.fault_target("fail-next")?),
            ControlActionName::Outage => ControlAction::Outage(self.fault_target("outage")?),
            ControlActionName::EndFaults => ControlAction::EndFaults,
            ControlActionName::Tempo => ControlAction::Tempo,
            ControlActionName::Tap => ControlAction::Tap,
            ControlActionName::Nudge => {
                let ms = required(self.ms, "nudge", "`ms`, where negative is earlier")?;
                let by = Duration::from_millis(u64::from(ms.unsigned_abs()));
                ControlAction::Nudge(if ms < 0 {
                    Offset::Earlier(by)
                } else {
                    Offset::Later(by)
                })
            }
            ControlActionName::PlayStop => ControlAction::PlayStop,
            ControlActionName::Panic => ControlAction::Panic,
            ControlActionName::NextPiece => ControlAction::NextPiece,
            ControlActionName::PreviousPiece => ControlAction::PreviousPiece,
            ControlActionName::ResetScene => ControlAction::ResetScene,
            ControlActionName::Jog => ControlAction::Playhead(PlayheadAction::Jog),
            ControlActionName::Scrub => ControlAction::Playhead(PlayheadAction::Scrub),
            ControlActionName::Step => {
                let by = "`by`: \"event\", \"beat\", \"bar\", \"failure\" or \"marker\"";
                let stop = required(self.by, "step", by)?;
                ControlAction::Playhead(PlayheadAction::Step(stop, self.direction()))
            }
            ControlActionName::Replay => {
                ControlAction::Playhead(PlayheadAction::Replay(self.direction()))
            }
            ControlActionName::Live => ControlAction::Playhead(PlayheadAction::Live),
            ControlActionName::Loop => ControlAction::Playhead(PlayheadAction::Loop),
            ControlActionName::Mark => ControlAction::Playhead(PlayheadAction::Mark),
            ControlActionName::Rerun => ControlAction::Playhead(PlayheadAction::Rerun),
        })
    }

    fn direction(&self) -> Direction {
        match self.direction {
            Some(DirectionValue::Backward) => Direction::Backward,
            Some(DirectionValue::Forward) | None => Direction::Forward,
        }
    }

    fn lane(&self) -> Result<LaneTarget, EntryError> {
        Ok(match &self.lane {
            None => LaneTarget::Selected,
            Some(LaneValue::Number(0)) => return Err(EntryError::LaneZero),
            Some(LaneValue::Number(number)) => LaneTarget::Number(*number),
            Some(LaneValue::Name(name)) => match &**name {
                "selected" => LaneTarget::Selected,
                "all" => LaneTarget::All,
                _ => LaneTarget::Score(Arc::clone(name)),
            },
        })
    }

    fn fault_target(&self, action: &'static str) -> Result<FaultTarget, EntryError> {
        let instrument = self.instrument.clone().map(FaultTarget::Instrument);
        let target = self.target.clone().or(instrument);
        required(
            target,
            action,
            "an `instrument`, or a `target` such as \"service:payment\"",
        )
    }

    fn strip(&self) -> Result<StripTarget, EntryError> {
        match &self.instrument {
            Some(name) => Ok(StripTarget::Instrument(Arc::clone(name))),
            None => self.lane().map(StripTarget::Lane),
        }
    }

    fn range(&self, action: &ControlAction) -> Result<Range, EntryError> {
        let default = Range::of(action);
        let range = Range {
            from: self.from.unwrap_or(default.from),
            to: self.to.unwrap_or(default.to),
        };
        if (range.from - range.to).abs().is_nan() || range.from == range.to {
            return Err(EntryError::EmptyRange);
        }
        let ends = [range.from, range.to].map(Tempo::by_hand);
        match action {
            ControlAction::Tempo if ends.contains(&None) => Err(EntryError::TempoOutOfRange),
            _ => Ok(range),
        }
    }

    fn lamp(&self) -> Result<Option<Lamp>, EntryError> {
        let default = Lamp::default();
        let or = |given: Option<u8>, default| seven_bits(given.unwrap_or(default));
        Ok(match &self.led {
            None | Some(Led::Default(false)) => None,
            Some(Led::Default(true)) => Some(default),
            Some(Led::Custom(brightness)) => Some(Lamp {
                on: or(brightness.on, default.on)?,
                paused: or(brightness.paused, default.paused)?,
                waiting: or(brightness.waiting, default.waiting)?,
                off: or(brightness.off, default.off)?,
            }),
        })
    }
}

fn required<T>(
    given: Option<T>,
    action: &'static str,
    parameter: &'static str,
) -> Result<T, EntryError> {
    given.ok_or(EntryError::MissingParameter { action, parameter })
}

fn seven_bits(number: u8) -> Result<u8, EntryError> {
    match number < 128 {
        true => Ok(number),
        false => Err(EntryError::NumberTooLarge(number)),
    }
}

impl From<&Binding> for Entry {
    fn from(binding: &Binding) -> Self {
        let (note, cc, program) = match binding.source.control {
            Control::Note(key) => (Some(key.number()), None, None),
            Control::Cc(number) => (None, Some(number), None),
            Control::Program(number) => (None, None, Some(number)),
        };
        let wheel = binding.action.kind() == ControlKind::Wheel;
        let fader = matches!(binding.action.kind(), ControlKind::Fader { .. });
        let mut entry = Self {
            on: binding.source.on.clone(),
            note,
            cc,
            program,
            channel: binding.source.channel,
            action: binding.action.name(),
            lane: None,
            instrument: None,
            target: None,
            event: None,
            data: None,
            ms: None,
            by: None,
            direction: None,
            encoder: wheel.then_some(binding.encoding),
            from: fader.then_some(binding.range.from),
            to: fader.then_some(binding.range.to),
            press: (binding.press == Press::Momentary).then_some(PressValue::Momentary),
            led: binding.lamp.map(Led::of),
        };
        entry.set_parameters(&binding.action);
        entry
    }
}

impl Entry {
    fn set_parameters(&mut self, action: &ControlAction) {
        match action {
            ControlAction::Pause(target)
            | ControlAction::Terminate(target)
            | ControlAction::TerminateAt(target, _)
            | ControlAction::Cancel(target)
            | ControlAction::Retry(target)
            | ControlAction::Cue(target)
            | ControlAction::Volume(target)
            | ControlAction::Louder(target)
            | ControlAction::Softer(target)
            | ControlAction::ResetVolume(target) => self.set_lane(target),
            ControlAction::Raise(target, event, data) => {
                self.event = Some(Arc::clone(event));
                self.data = Some(data.clone()).filter(|data| !data.is_null());
                self.set_lane(target);
            }
            ControlAction::Mute(StripTarget::Lane(target))
            | ControlAction::Solo(StripTarget::Lane(target)) => self.set_lane(target),
            ControlAction::Mute(StripTarget::Instrument(instrument))
            | ControlAction::Solo(StripTarget::Instrument(instrument)) => {
                self.instrument = Some(Arc::clone(instrument));
            }
            ControlAction::Faults(target)
            | ControlAction::FailNext(target)
            | ControlAction::Outage(target) => match target {
                FaultTarget::Instrument(name) => self.instrument = Some(Arc::clone(name)),
                other => self.target = Some(other.clone()),
            },
            ControlAction::Nudge(by) => {
                let ms = |by: &Duration| i32::try_from(by.as_millis()).unwrap_or(i32::MAX);
                self.ms = Some(match by {
                    Offset::Earlier(by) => -ms(by),
                    Offset::Later(by) => ms(by),
                });
            }
            ControlAction::Playhead(action) => match action {
                PlayheadAction::Step(stop, direction) => {
                    self.by = Some(*stop);
                    self.set_direction(*direction);
                }
                PlayheadAction::Replay(direction) => self.set_direction(*direction),
                PlayheadAction::Jog
                | PlayheadAction::Scrub
                | PlayheadAction::Live
                | PlayheadAction::Loop
                | PlayheadAction::Mark
                | PlayheadAction::Rerun => {}
            },
            ControlAction::EndFaults
            | ControlAction::Tempo
            | ControlAction::Tap
            | ControlAction::PlayStop
            | ControlAction::Panic
            | ControlAction::NextPiece
            | ControlAction::PreviousPiece
            | ControlAction::ResetScene => {}
        }
    }

    fn set_direction(&mut self, direction: Direction) {
        self.direction = Some(match direction {
            Direction::Forward => DirectionValue::Forward,
            Direction::Backward => DirectionValue::Backward,
        });
    }

    fn set_lane(&mut self, target: &LaneTarget) {
        self.lane = Some(match target {
            LaneTarget::Selected => LaneValue::Name("selected".into()),
            LaneTarget::All => LaneValue::Name("all".into()),
            LaneTarget::Number(number) => LaneValue::Number(*number),
            LaneTarget::Score(name) => LaneValue::Name(Arc::clone(name)),
        });
    }
}

impl Led {
    fn of(lamp: Lamp) -> Self {
        match lamp == Lamp::default() {
            true => Self::Default(true),
            false => Self::Custom(Brightness {
                on: Some(lamp.on),
                paused: Some(lamp.paused),
                waiting: Some(lamp.waiting),
                off: Some(lamp.off),
            }),
        }
    }
}
