//! The set list in words: what comes next, what a command does, what the clock shows.

use jiff::tz::TimeZone;

use super::{PieceNumber, PieceState, SetlistCommand, SetlistView};
use crate::{
    engine::Timestamp,
    view::{format, snapshot::Snapshot},
};

impl SetlistView {
    /// A piece as it is called: `2 Duet`.
    pub fn name_of(&self, number: PieceNumber, snapshot: &Snapshot) -> String {
        format!("{number} {}", self.title_of(number, snapshot))
    }

    /// What comes next and when, for the foot of the panel.
    pub fn next_words(&self, snapshot: &Snapshot, now: Timestamp) -> (String, String) {
        let Some((number, _)) = self.next() else {
            return (
                "The last piece".to_owned(),
                "nothing comes after it".to_owned(),
            );
        };
        let when = match self.state_of(number, snapshot, now) {
            PieceState::AwaitsBar(bar, Some(countdown)) => {
                format!("starts {countdown}, at bar {bar} · Page Down: now")
            }
            PieceState::AwaitsBar(bar, None) => format!("starts at bar {bar} · Page Down: now"),
            PieceState::AwaitsEnd(current) => {
                let current = self.title_of(current, snapshot);
                format!("starts when “{current}” ends · Page Down: now")
            }
            _ => "Page Down starts it".to_owned(),
        };
        (self.name_of(number, snapshot), when)
    }

    /// What a command does, for the answer to its key.
    pub fn effect(&self, command: SetlistCommand, snapshot: &Snapshot) -> String {
        match command {
            SetlistCommand::Next => match self.next() {
                Some((number, _)) => {
                    let when = match snapshot.transport.rolling {
                        true => ", at the next bar",
                        false => "",
                    };
                    format!("next piece · {}{when}", self.name_of(number, snapshot))
                }
                None => "next piece · this was the last one".to_owned(),
            },
            SetlistCommand::Previous => match self.position.current.previous() {
                Some(number) => self.goes_to("previous piece", number, snapshot),
                None => "previous piece · this is the first one".to_owned(),
            },
            SetlistCommand::GoTo(number) => self.goes_to("go to", number, snapshot),
            SetlistCommand::Reset => {
                let current = self.position.current;
                let open = self.position.instances_of(current).iter();
                let open = open.filter_map(|id| snapshot.lane(id));
                let name = self.name_of(current, snapshot);
                match open.filter(|lane| !lane.status.is_closed()).count() {
                    0 => format!("reset the scene · {name} is ready"),
                    _ => format!("reset the scene · {name} ends, then it is ready"),
                }
            }
        }
    }

    fn goes_to(&self, what: &str, number: PieceNumber, snapshot: &Snapshot) -> String {
        let name = self.name_of(number, snapshot);
        match self.position.started == Some(number) {
            true => format!("{what} · {name}"),
            false => format!("{what} · {name}: Page Down starts it"),
        }
    }

    /// How long the show has lasted: `0:42`, `1:02:03`. `None` before its first piece.
    pub fn elapsed(&self, now: Timestamp) -> Option<String> {
        Some(format::elapsed(now.since(self.position.since?)))
    }
}

/// Hours and minutes of a moment in a time zone: `20:15`.
pub fn time_of_day(at: Timestamp, zone: &TimeZone) -> String {
    format::local(at, zone).strftime("%H:%M").to_string()
}
