//! What became of the latest commands, terminations whose moment has not come, and schedules.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use super::Projector;
use crate::{
    conductor::EndAt,
    engine::InstanceId,
    view::{
        command::EngineCommand,
        pending::{CommandEnd, CommandOutcome},
        schedules::ScheduleCard,
    },
};

/// The latest outcomes. The window takes them from each snapshot, and misses some only if it does not paint.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    latest: VecDeque<CommandOutcome>,
    count: u64,
}

impl Outcomes {
    /// Outcomes that are kept.
    const MAX: usize = 64;

    /// All that are kept, the oldest first.
    pub fn all(&self) -> Arc<[CommandOutcome]> {
        self.latest.iter().cloned().collect()
    }
}

impl Projector {
    /// Sets the schedules.
    pub fn schedules(&mut self, schedules: Vec<ScheduleCard>) {
        self.version += 1;
        self.schedules = schedules.into();
    }

    /// Sets the instances that are terminated at a musical moment.
    pub fn endings(&mut self, endings: BTreeMap<InstanceId, EndAt>) {
        self.version += 1;
        self.endings = Arc::new(endings);
    }

    /// A command to the engine has ended.
    pub fn outcome(&mut self, command: EngineCommand, ended: CommandEnd) {
        self.version += 1;
        self.outcomes.count += 1;
        let number = self.outcomes.count;
        self.outcomes.latest.push_back(CommandOutcome {
            number,
            command,
            ended,
        });
        while self.outcomes.latest.len() > Outcomes::MAX {
            self.outcomes.latest.pop_front();
        }
    }
}
