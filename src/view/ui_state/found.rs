//! The search over everything: what was found, and what choosing it does.

use std::{sync::Arc, time::Duration};

use super::{Overlay, UiState};
use crate::{
    engine::Timestamp,
    view::{
        command::{Command, HistoryCommand},
        find::{Choice, FoundList, Indexed, NameIndex},
        moment::Moment,
        search::Search,
        snapshot::Snapshot,
    },
};

/// What was found, and for what.
#[derive(Debug, Clone)]
pub(super) struct Searched {
    typed: String,
    at: Timestamp,
    found: Arc<FoundList>,
}

impl UiState {
    /// For as long, what was found is shown although lanes have changed.
    const SEARCHED: Duration = Duration::from_millis(400);

    /// What matches what is typed, and whether all names are known yet. It searches again when something
    /// else is typed, and from time to time.
    pub fn find(
        &mut self,
        typed: &str,
        live: &Snapshot,
        wall: Timestamp,
    ) -> (Arc<FoundList>, Indexed) {
        let names = Arc::make_mut(&mut self.names);
        let (read, indexed) = names.read(live, NameIndex::AT_ONCE);
        if let Some(last) = &self.searched {
            let is_new = wall.since(last.at) < Self::SEARCHED;
            let is_same = last.typed == typed && is_new;
            if is_same && (read == 0 || indexed == Indexed::Partly) {
                return (Arc::clone(&last.found), indexed);
            }
        }
        let found = Arc::new(FoundList::of(typed, self, live, wall));
        self.searched = Some(Searched {
            typed: typed.to_owned(),
            at: wall,
            found: Arc::clone(&found),
        });
        (found, indexed)
    }

    /// Goes to what was found. Actions, scores and pieces are left to the caller.
    pub fn go_to_found(&mut self, choice: &Choice, live: &Snapshot) -> Vec<Command> {
        match choice {
            Choice::Act(_) | Choice::Start(_) | Choice::Ask(_) | Choice::GoTo(_) => {}
            Choice::Go(at) => self.jump(Moment::new(*at)),
            Choice::Lane(lane) => self.select(lane),
            Choice::Group(name) => self.fold_group(name),
            Choice::Event { lane, at, entry } => {
                self.select(lane);
                self.jump(Moment::new(*at));
                let lane = live.lane(lane);
                let entry = lane.and_then(|lane| Some((lane, lane.timeline.get(*entry)?)));
                let entry = entry.filter(|(_, entry)| entry.from == *at);
                if let Some((lane, place)) =
                    entry.and_then(|(lane, entry)| Some((lane, lane.place_of(entry)?)))
                {
                    self.open_event(&lane.id, place);
                }
            }
            Choice::Histories(typed) => {
                let typed = typed.clone();
                let find = HistoryCommand::Find(typed.clone());
                self.overlay = Overlay::Histories(Search::of(typed));
                return vec![find.into()];
            }
        }
        Vec::new()
    }
}
