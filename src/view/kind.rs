//! The kind of an action or a command, for reports: nothing of what it is about.

use std::fmt::{self, Debug, Write};

use super::{action::Action, command::Command};

impl Action {
    /// Its kind, such as `Control Pause`, without what it acts on.
    pub fn kind(&self) -> String {
        match self {
            Self::Control(action) => format!("Control {}", leading_name(action)),
            action => leading_name(action),
        }
    }
}

impl Command {
    /// Its kind, such as `Engine StartScore`, without what it acts on.
    pub fn kind(&self) -> String {
        match self {
            Self::Engine(command) => format!("Engine {}", leading_name(command)),
            Self::Player(command) => format!("Player {}", leading_name(command)),
            Self::ControlSurface(command) => format!("ControlSurface {}", leading_name(command)),
            Self::Replay(command) => format!("Replay {}", leading_name(command)),
            Self::File(command) => format!("File {}", leading_name(command)),
            Self::History(command) => format!("History {}", leading_name(command)),
            Self::Backend(command) => format!("Backend {}", leading_name(command)),
            command => leading_name(command),
        }
    }
}

/// The name of the variant of an enum.
fn leading_name(value: &impl Debug) -> String {
    let mut name = Name(String::new());
    // It stops with an error behind the name: the rest is never written.
    let _ = write!(name, "{value:?}");
    name.0
}

struct Name(String);

impl Write for Name {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for letter in text.chars() {
            match letter.is_alphanumeric() {
                true => self.0.push(letter),
                false => return Err(fmt::Error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        conductor::{
            Strip, Switch,
            control_surface::{ControlAction, LaneTarget, StripTarget},
        },
        engine::InstanceId,
        view::{EngineCommand, HistoryCommand, PlayerCommand, ScoreId},
    };

    #[test]
    fn the_kind_of_a_command_says_nothing_of_what_it_is_about() {
        let id = || InstanceId::new("SECRET-1").unwrap();
        let strip = Strip::Instrument("SECRET".into());
        let commands = [
            Command::from(EngineCommand::StartScore(ScoreId("SECRET".into()))),
            EngineCommand::RaiseEvent {
                instance: id(),
                event: Arc::from("SECRET"),
                data: "SECRET".into(),
            }
            .into(),
            PlayerCommand::Mute(strip, Switch::On).into(),
            HistoryCommand::Find("SECRET".into()).into(),
            Command::Show(None),
        ];
        let kinds = commands.map(|command| command.kind());
        assert_eq!(
            kinds,
            [
                "Engine StartScore",
                "Engine RaiseEvent",
                "Player Mute",
                "History Find",
                "Show",
            ]
        );
        let mute = ControlAction::Mute(StripTarget::Instrument("SECRET".into()));
        let pause = ControlAction::Pause(LaneTarget::Selected);
        assert_eq!(Action::Control(mute).kind(), "Control Mute");
        assert_eq!(Action::Control(pause).kind(), "Control Pause");
        assert_eq!(Action::Lane(3).kind(), "Lane");
    }
}
