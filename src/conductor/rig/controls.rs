//! The controls of a rig: bindings of pads, faders and keys, keyboards, MIDI thru and clock.
//!
//! ```toml
//! [[control]]
//! on = "LPD8"             # part of the input's name
//! note = 36               # or cc = 21, or program = 3
//! do = "pause"
//! lane = 1                # or "selected", "all", or the name of a score
//!
//! [[control]]
//! on = "LPD8"
//! cc = 21
//! do = "tempo"
//! from = 60
//! to = 180
//!
//! [[control]]
//! on = "X-Touch"
//! cc = 60
//! do = "jog"              # a wheel moves the playhead
//! encoder = "signed-bit"  # or "twos-complement", "binary-offset"
//!
//! [[control]]
//! on = "X-Touch"
//! note = 91
//! do = "step"
//! by = "bar"              # or "event", "beat", "failure", "marker"
//! direction = "backward"  # or "forward"
//!
//! [[notes]]
//! from = "KeyStep"
//! raise = "note"          # each note is an event for scores that listen to this type
//!
//! [[thru]]
//! from = "KeyStep"
//! to = "synth"
//!
//! [clock]
//! from = "KeyStep"
//! ```

use serde::{Deserialize, Serialize};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, ser};

use super::entry::Entry;
use crate::{
    conductor::control_surface::Binding,
    music::{Channel, Message, port_matches},
};

/// The controls of a rig.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Controls {
    /// Bindings of pads, faders and keys.
    #[serde(rename = "control", default, with = "bindings")]
    pub bindings: Vec<Binding>,
    /// Keyboards whose notes raise events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Notes>,
    /// MIDI thru routes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thru: Vec<Thru>,
    /// The clock that the transport follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockFrom>,
}

/// A keyboard whose notes raise events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notes {
    /// Part of the input's name.
    pub from: String,
    /// The channel; any if left out.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "channel")]
    pub channel: Option<Channel>,
    /// The type of the event.
    pub raise: String,
    /// The score whose lanes get the event; if left out, all lanes that wait for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<String>,
}

/// A MIDI thru route: a keyboard that plays an output directly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thru {
    /// Part of the input's name.
    pub from: String,
    /// Part of the output's name, or `synth`.
    pub to: String,
    /// The output's channel; if left out, that of each message.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "channel")]
    pub channel: Option<Channel>,
    /// The General MIDI program that is sent first, 0 to 127.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<u8>,
}

/// An external MIDI clock that the transport follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockFrom {
    /// Part of the input's name.
    pub from: String,
}

impl Controls {
    /// Whether messages of this input are used.
    pub fn uses_input(&self, input: &str) -> bool {
        self.inputs().any(|pattern| port_matches(input, pattern))
    }

    /// Parts of the names of the inputs that are used.
    pub fn inputs(&self) -> impl Iterator<Item = &str> {
        let bindings = self.bindings.iter().map(|b| b.source.on.as_str());
        let notes = self.notes.iter().map(|notes| notes.from.as_str());
        let thru = self.thru.iter().map(|thru| thru.from.as_str());
        let clock = self.clock.iter().map(|clock| clock.from.as_str());
        bindings.chain(notes).chain(thru).chain(clock)
    }

    /// Writes the bindings to a rig file. Everything else in it stays unchanged.
    pub fn write_to(&self, rig: &mut DocumentMut) {
        let mut tables = ArrayOfTables::new();
        for binding in &self.bindings {
            let entry = ser::to_document(&Entry::from(binding));
            let entry = entry.expect("strings, numbers and booleans can be written as TOML");
            tables.push(Table::clone(entry.as_table()));
        }
        match tables.is_empty() {
            true => rig.remove("control"),
            false => rig.insert("control", Item::ArrayOfTables(tables)),
        };
    }
}

impl Notes {
    /// Whether a message of this input is one of its notes.
    pub fn is_from(&self, input: &str, message: Message) -> bool {
        let channel = self.channel.is_none() || self.channel == message.channel();
        channel && port_matches(input, &self.from)
    }
}

impl Thru {
    /// Whether it starts at this input.
    pub fn is_from(&self, input: &str) -> bool {
        port_matches(input, &self.from)
    }
}

impl ClockFrom {
    /// Whether it comes from this input.
    pub fn is_from(&self, input: &str) -> bool {
        port_matches(input, &self.from)
    }
}

mod bindings {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use super::{super::entry::Entry, Binding};

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Binding>, D::Error> {
        let entries = Vec::<Entry>::deserialize(from)?;
        let read = entries.into_iter().map(Binding::try_from);
        read.collect::<Result<_, _>>().map_err(D::Error::custom)
    }

    pub fn serialize<S: Serializer>(bindings: &[Binding], to: S) -> Result<S::Ok, S::Error> {
        let entries: Vec<_> = bindings.iter().map(Entry::from).collect();
        entries.serialize(to)
    }
}

pub(super) mod channel {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use crate::music::Channel;

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Channel>, D::Error> {
        let Some(number) = Option::<u8>::deserialize(from)? else {
            return Ok(None);
        };
        let channel = Channel::from_number(number);
        let wrong = || D::Error::custom(format!("{number} is not a channel: use 1 to 16"));
        channel.map(Some).ok_or_else(wrong)
    }

    pub fn serialize<S: Serializer>(channel: &Option<Channel>, to: S) -> Result<S::Ok, S::Error> {
        channel.map(Channel::number).serialize(to)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::conductor::control_surface::{
        Control, ControlAction, ControlKind, Encoding, LaneTarget, PlayheadAction, Press,
        StripTarget,
    };

    const RIG: &str = r#"
# The devices on the table.
[[port]]
name = "Volca"

[[control]]
on = "LPD8"
note = 36
channel = 10
do = "pause"
lane = 1
led = true

[[control]]
on = "LPD8"
note = 37
do = "mute"
instrument = "drums"
press = "momentary"

[[control]]
on = "LPD8"
cc = 21
do = "tempo"
from = 60
to = 140

[[control]]
on = "LPD8"
program = 3
do = "raise"
event = "answer"
data = { decision = "allow", level = 3 }
lane = "call-and-response"

[[notes]]
from = "KeyStep"
raise = "note"

[[thru]]
from = "KeyStep"
to = "synth"
channel = 2

[clock]
from = "KeyStep"
"#;

    fn read(rig: &str) -> Result<Controls, toml_edit::de::Error> {
        toml_edit::de::from_str(rig)
    }

    #[test]
    fn a_rig_binds_controls_to_actions() {
        let controls = read(RIG).unwrap();
        let actions: Vec<_> = controls.bindings.iter().map(|b| b.action.clone()).collect();
        let expected = [
            ControlAction::Pause(LaneTarget::Number(1)),
            ControlAction::Mute(StripTarget::Instrument("drums".into())),
            ControlAction::Tempo,
            ControlAction::Raise(
                LaneTarget::Score("call-and-response".into()),
                "answer".into(),
                json!({ "decision": "allow", "level": 3 }),
            ),
        ];
        assert_eq!(actions, expected);
        assert_eq!(controls.bindings[1].press, Press::Momentary);
        assert_eq!(controls.bindings[2].range.to, 140.0);
        assert!(controls.bindings[0].lamp.is_some() && controls.bindings[1].lamp.is_none());
        assert_eq!(controls.thru[0].channel, Channel::from_number(2));
        assert!(controls.uses_input("Arturia KEYSTEP 32") && !controls.uses_input("Volca"));
    }

    #[test]
    fn bindings_are_written_and_nothing_else_changes() {
        let controls = read(RIG).unwrap();
        let mut rig: DocumentMut = RIG.parse().unwrap();
        controls.write_to(&mut rig);
        let written = rig.to_string();
        assert_eq!(read(&written).unwrap(), controls);
        assert!(written.contains("# The devices on the table."), "{written}");
        assert!(written.contains("name = \"Volca\""), "{written}");
        Controls::default().write_to(&mut rig);
        assert!(!rig.to_string().contains("LPD8"));
    }

    #[test]
    fn every_action_can_be_written_and_read() {
        use crate::{
            conductor::{EndAt, FaultTarget},
            music::Offset,
        };
        let drums = || StripTarget::Instrument("drums".into());
        for action in [
            ControlAction::Pause(LaneTarget::All),
            ControlAction::Terminate(LaneTarget::Selected),
            ControlAction::TerminateAt(LaneTarget::Number(2), EndAt::Note),
            ControlAction::TerminateAt(LaneTarget::All, EndAt::Bar),
            ControlAction::Cancel(LaneTarget::Selected),
            ControlAction::Retry(LaneTarget::All),
            ControlAction::EndFaults,
            ControlAction::Cue(LaneTarget::Number(10)),
            ControlAction::Raise(LaneTarget::All, "go".into(), Value::Null),
            ControlAction::Raise(
                LaneTarget::All,
                "go".into(),
                json!({ "n": [1, "two", true] }),
            ),
            ControlAction::Raise(LaneTarget::All, "go".into(), json!("allow")),
            ControlAction::Mute(StripTarget::Lane(LaneTarget::Selected)),
            ControlAction::Solo(drums()),
            ControlAction::Faults(FaultTarget::Instrument("drums".into())),
            ControlAction::FailNext(FaultTarget::Activity("http".into())),
            ControlAction::Outage(FaultTarget::Service("payment".into())),
            ControlAction::Outage(FaultTarget::Disk),
            ControlAction::Volume(LaneTarget::Number(3)),
            ControlAction::Louder(LaneTarget::Selected),
            ControlAction::Softer(LaneTarget::All),
            ControlAction::ResetVolume(LaneTarget::Selected),
            ControlAction::Tempo,
            ControlAction::Tap,
            ControlAction::Nudge(Offset::Earlier(ControlAction::NUDGE)),
            ControlAction::Nudge(Offset::Later(ControlAction::NUDGE * 2)),
            ControlAction::PlayStop,
            ControlAction::Panic,
            ControlAction::NextPiece,
            ControlAction::PreviousPiece,
            ControlAction::ResetScene,
        ]
        .into_iter()
        .chain(PlayheadAction::all().map(ControlAction::Playhead))
        {
            let mut controls = read(RIG).unwrap();
            // Only a controller can be a wheel.
            controls.bindings[0].source.control = Control::Cc(60);
            if action.kind() == ControlKind::Wheel {
                controls.bindings[0].encoding = Encoding::SignedBit;
            }
            controls.bindings[0].range = crate::conductor::control_surface::Range::of(&action);
            controls.bindings[0].action = action;
            let mut rig = DocumentMut::new();
            controls.write_to(&mut rig);
            let again = read(&rig.to_string()).unwrap();
            assert_eq!(again.bindings, controls.bindings);
        }
    }

    #[test]
    fn errors_say_what_to_write() {
        for (entry, words) in [
            (
                "on = \"a\"\ndo = \"panic\"",
                "one of `note`, `cc` and `program`",
            ),
            (
                "on = \"a\"\nnote = 1\ncc = 1\ndo = \"panic\"",
                "one of `note`, `cc` and `program`",
            ),
            ("on = \"a\"\nnote = 128\ndo = \"panic\"", "0 to 127"),
            (
                "on = \"a\"\nnote = 1\nchannel = 17\ndo = \"panic\"",
                "1 to 16",
            ),
            ("on = \"a\"\nnote = 1\ndo = \"dance\"", "dance"),
            ("on = \"a\"\nnote = 1\ndo = \"raise\"", "`event`"),
            ("on = \"a\"\nnote = 1\ndo = \"faults\"", "`instrument`"),
            ("on = \"a\"\nnote = 1\ndo = \"outage\"", "`target`"),
            (
                "on = \"a\"\nnote = 1\ndo = \"outage\"\ntarget = \"payment\"",
                "service:NAME",
            ),
            (
                "on = \"a\"\nnote = 1\ndo = \"pause\"\nlane = 0",
                "counted from 1",
            ),
            ("on = \"a\"\ncc = 1\ndo = \"tempo\"\nfrom = 5", "10 to 400"),
            (
                "on = \"a\"\ncc = 1\ndo = \"tempo\"\nfrom = 80\nto = 80",
                "two different numbers",
            ),
            (
                "on = \"a\"\nnote = 1\ndo = \"panic\"\nled = { on = 200 }",
                "0 to 127",
            ),
            ("on = \"a\"\nnote = 1\ndo = \"jog\"", "needs a wheel"),
            ("on = \"a\"\nnote = 1\ndo = \"step\"", "`by`"),
            ("on = \"a\"\nnote = 1\ndo = \"step\"\nby = \"day\"", "day"),
            (
                "on = \"a\"\ncc = 1\ndo = \"jog\"\nencoder = \"x\"",
                "binary-offset",
            ),
            ("on = \"a\"\nnote = 1\ndo = \"panic\"\nlamp = 1", "lamp"),
            ("note = 1\ndo = \"panic\"", "on"),
        ] {
            let error = read(&format!("[[control]]\n{entry}\n")).unwrap_err();
            assert!(error.to_string().contains(words), "{entry}: {error}");
        }
    }
}
