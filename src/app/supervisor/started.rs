//! The scores that the program has started before its crash. After a restart they continue from the store
//! and are not started once more.

use crate::engine::{Archive, EngineError, InstanceId, InstanceSummary, Runs, Search, Timestamp};

/// Instances that are found at once.
const PAGE: usize = 500;

/// Instances that were started since a moment, except children: the earliest first.
#[derive(Debug, Default)]
pub struct Started(Vec<InstanceSummary>);

impl Started {
    /// Those that were started since the supervisor started the program.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub fn since(archive: &Archive, since: Timestamp) -> Result<Self, EngineError> {
        let search = Search {
            since: Some(since),
            runs: Runs::All,
            ..Search::default()
        };
        let (mut found, mut from) = (Vec::new(), None);
        loop {
            let page = archive.search(&search, from, PAGE)?;
            // A later run of an instance is one more of the same performance.
            let first = |run: &InstanceSummary| run.run == 1 && run.parent.is_none();
            found.extend(page.instances.into_iter().filter(first));
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        found.sort_by_key(|instance| instance.started_at);
        Ok(Self(found))
    }

    /// Removes the earliest instance of a score, if one is left. Each makes up for one score of the command line.
    pub fn take(&mut self, score: &str) -> Option<InstanceId> {
        let place = self
            .0
            .iter()
            .position(|instance| instance.workflow == score)?;
        Some(self.0.remove(place).id)
    }
}
