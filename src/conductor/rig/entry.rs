//! One `[[control]]` of a rig file, word for word.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    conductor::control_surface::{
        Binding, Control, ControlAction, ControlKind, Lamp, LaneTarget, Press, Range, Source,
        StripTarget,
    },
    music::{Channel, Key, Offset, Tempo},
};

/// One `[[control]]`.
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
    verb: Verb,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lane: Option<LaneWord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instrument: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ms: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    press: Option<PressWord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    led: Option<Led>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Verb {
    Pause,
    Terminate,
    Cue,
    Raise,
    Mute,
    Solo,
    Faults,
    Tempo,
    Tap,
    Nudge,
    Play,
    Panic,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum LaneWord {
    Place(u8),
    Name(Arc<str>),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PressWord {
    Toggle,
    Momentary,
}

/// `led = true`, or the brightness for each state.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Led {
    Known(bool),
    Bright(Brightness),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Brightness {
    on: Option<u8>,
    held: Option<u8>,
    waiting: Option<u8>,
    off: Option<u8>,
}

/// What is wrong with a `[[control]]`.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// Not one control.
    #[error("a control has one of `note`, `cc` and `program`, so that it is known which one it is")]
    NoControl,
    /// A number that MIDI does not have.
    #[error("{0} is too large: MIDI counts from 0 to 127")]
    NoNumber(u8),
    /// Something is not said.
    #[error("`do = \"{verb}\"` needs {what}")]
    Missing {
        /// What is to be done.
        verb: &'static str,
        /// What is needed.
        what: &'static str,
    },
    /// A lane that is none.
    #[error("lanes are counted from 1: `lane = 1` is the uppermost")]
    NoLane,
    /// A fader without a way.
    #[error("`from` and `to` of a fader are numbers that are not the same")]
    NoWay,
    /// A tempo that is none.
    #[error("a tempo goes from 10 to 400")]
    NoTempo,
}

impl TryFrom<Entry> for Binding {
    type Error = EntryError;

    fn try_from(entry: Entry) -> Result<Self, EntryError> {
        let action = entry.action()?;
        Ok(Self {
            source: Source {
                on: entry.on.clone(),
                channel: entry.channel,
                control: entry.control()?,
            },
            range: entry.range(&action)?,
            press: match entry.press {
                Some(PressWord::Momentary) => Press::Momentary,
                Some(PressWord::Toggle) | None => Press::Toggle,
            },
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
                .ok_or(EntryError::NoNumber(note)),
            (None, Some(cc), None) => Ok(Control::Cc(seven_bits(cc)?)),
            (None, None, Some(program)) => Ok(Control::Program(seven_bits(program)?)),
            _ => Err(EntryError::NoControl),
        }
    }

    fn action(&self) -> Result<ControlAction, EntryError> {
        Ok(match self.verb {
            Verb::Pause => ControlAction::Pause(self.whom()?),
            Verb::Terminate => ControlAction::Terminate(self.whom()?),
            Verb::Cue => ControlAction::Cue(self.whom()?),
            Verb::Raise => {
                let event = missing(self.event.clone(), "raise", "the type of an `event`")?;
                ControlAction::Raise(self.whom()?, event)
            }
            Verb::Mute => ControlAction::Mute(self.strip()?),
            Verb::Solo => ControlAction::Solo(self.strip()?),
            Verb::Faults => {
                let name = self.instrument.clone();
                ControlAction::Faults(missing(name, "faults", "an `instrument`")?)
            }
            Verb::Tempo => ControlAction::Tempo,
            Verb::Tap => ControlAction::Tap,
            Verb::Nudge => {
                let ms = missing(self.ms, "nudge", "`ms`: how far, less than 0 is earlier")?;
                let by = Duration::from_millis(u64::from(ms.unsigned_abs()));
                ControlAction::Nudge(if ms < 0 {
                    Offset::Earlier(by)
                } else {
                    Offset::Later(by)
                })
            }
            Verb::Play => ControlAction::PlayStop,
            Verb::Panic => ControlAction::Panic,
        })
    }

    fn whom(&self) -> Result<LaneTarget, EntryError> {
        Ok(match &self.lane {
            None => LaneTarget::Selected,
            Some(LaneWord::Place(0)) => return Err(EntryError::NoLane),
            Some(LaneWord::Place(place)) => LaneTarget::Place(*place),
            Some(LaneWord::Name(name)) => match &**name {
                "selected" => LaneTarget::Selected,
                "all" => LaneTarget::All,
                _ => LaneTarget::Score(Arc::clone(name)),
            },
        })
    }

    fn strip(&self) -> Result<StripTarget, EntryError> {
        match &self.instrument {
            Some(name) => Ok(StripTarget::Instrument(Arc::clone(name))),
            None => self.whom().map(StripTarget::Lane),
        }
    }

    fn range(&self, action: &ControlAction) -> Result<Range, EntryError> {
        let usual = Range::of(action);
        let range = Range {
            from: self.from.unwrap_or(usual.from),
            to: self.to.unwrap_or(usual.to),
        };
        // Not a number is no way either.
        if (range.from - range.to).abs().is_nan() || range.from == range.to {
            return Err(EntryError::NoWay);
        }
        let ends = [range.from, range.to].map(Tempo::new);
        match action {
            ControlAction::Tempo if ends.contains(&None) => Err(EntryError::NoTempo),
            _ => Ok(range),
        }
    }

    fn lamp(&self) -> Result<Option<Lamp>, EntryError> {
        let usual = Lamp::default();
        let of = |given: Option<u8>, usual| seven_bits(given.unwrap_or(usual));
        Ok(match &self.led {
            None | Some(Led::Known(false)) => None,
            Some(Led::Known(true)) => Some(usual),
            Some(Led::Bright(bright)) => Some(Lamp {
                on: of(bright.on, usual.on)?,
                held: of(bright.held, usual.held)?,
                waiting: of(bright.waiting, usual.waiting)?,
                off: of(bright.off, usual.off)?,
            }),
        })
    }
}

fn missing<T>(given: Option<T>, verb: &'static str, what: &'static str) -> Result<T, EntryError> {
    given.ok_or(EntryError::Missing { verb, what })
}

fn seven_bits(number: u8) -> Result<u8, EntryError> {
    match number < 128 {
        true => Ok(number),
        false => Err(EntryError::NoNumber(number)),
    }
}

impl From<&Binding> for Entry {
    fn from(binding: &Binding) -> Self {
        let (note, cc, program) = match binding.source.control {
            Control::Note(key) => (Some(key.number()), None, None),
            Control::Cc(number) => (None, Some(number), None),
            Control::Program(number) => (None, None, Some(number)),
        };
        let fader = matches!(binding.action.kind(), ControlKind::Fader { .. });
        let mut entry = Self {
            on: binding.source.on.clone(),
            note,
            cc,
            program,
            channel: binding.source.channel,
            verb: Verb::Panic,
            lane: None,
            instrument: None,
            event: None,
            ms: None,
            from: fader.then_some(binding.range.from),
            to: fader.then_some(binding.range.to),
            press: (binding.press == Press::Momentary).then_some(PressWord::Momentary),
            led: binding.lamp.map(Led::of),
        };
        entry.say(&binding.action);
        entry
    }
}

impl Entry {
    fn say(&mut self, action: &ControlAction) {
        self.verb = match action {
            ControlAction::Pause(whom) => self.about(whom, Verb::Pause),
            ControlAction::Terminate(whom) => self.about(whom, Verb::Terminate),
            ControlAction::Cue(whom) => self.about(whom, Verb::Cue),
            ControlAction::Raise(whom, event) => {
                self.event = Some(Arc::clone(event));
                self.about(whom, Verb::Raise)
            }
            ControlAction::Mute(strip) => self.about_strip(strip, Verb::Mute),
            ControlAction::Solo(strip) => self.about_strip(strip, Verb::Solo),
            ControlAction::Faults(instrument) => {
                self.instrument = Some(Arc::clone(instrument));
                Verb::Faults
            }
            ControlAction::Tempo => Verb::Tempo,
            ControlAction::Tap => Verb::Tap,
            ControlAction::Nudge(by) => {
                let ms = |by: &Duration| i32::try_from(by.as_millis()).unwrap_or(i32::MAX);
                self.ms = Some(match by {
                    Offset::Earlier(by) => -ms(by),
                    Offset::Later(by) => ms(by),
                });
                Verb::Nudge
            }
            ControlAction::PlayStop => Verb::Play,
            ControlAction::Panic => Verb::Panic,
        };
    }

    fn about(&mut self, whom: &LaneTarget, verb: Verb) -> Verb {
        self.lane = Some(match whom {
            LaneTarget::Selected => LaneWord::Name("selected".into()),
            LaneTarget::All => LaneWord::Name("all".into()),
            LaneTarget::Place(place) => LaneWord::Place(*place),
            LaneTarget::Score(name) => LaneWord::Name(Arc::clone(name)),
        });
        verb
    }

    fn about_strip(&mut self, strip: &StripTarget, verb: Verb) -> Verb {
        match strip {
            StripTarget::Lane(whom) => self.about(whom, verb),
            StripTarget::Instrument(name) => {
                self.instrument = Some(Arc::clone(name));
                verb
            }
        }
    }
}

impl Led {
    fn of(lamp: Lamp) -> Self {
        match lamp == Lamp::default() {
            true => Self::Known(true),
            false => Self::Bright(Brightness {
                on: Some(lamp.on),
                held: Some(lamp.held),
                waiting: Some(lamp.waiting),
                off: Some(lamp.off),
            }),
        }
    }
}
