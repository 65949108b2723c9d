//! Versions of code changes.

use super::state::State;
use crate::engine::command::Command;

impl State {
    /// The version of a change that this run uses.
    pub fn version(&mut self, change: &str, newest: u32) -> u32 {
        if let Some(known) = self.versions.get(change) {
            return *known;
        }
        let is_marker = |command: &&Command| matches!(command, Command::MarkVersion { .. });
        let place = self.commands.iter().filter(|c| !is_marker(c)).count();
        let mut marks = self.lookahead.versions.iter();
        let version = match marks.find(|(marked, _)| marked == change) {
            Some((_, version)) => *version,
            None if place >= self.lookahead.commands && !self.lookahead.is_over => newest,
            None => 0,
        };
        if version > 0 {
            self.commands.push_back(Command::MarkVersion {
                change: change.to_owned(),
                version,
            });
        }
        self.versions.insert(change.to_owned(), version);
        version
    }
}
