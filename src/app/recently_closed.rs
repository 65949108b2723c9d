//! The instances of earlier performances that are shown beside those that are open.

use std::collections::HashSet;

use crate::engine::{Archive, InstanceId, InstanceSummary, Search, StoreError};

/// The most of them.
const MAX_RECENT: usize = 12;
/// The most runs that are looked at for them: an instance that continued as new has many.
const MAX_RUNS_SEARCHED: usize = 2_048;
const PAGE: usize = 64;

/// The latest runs of the instances that were closed last. It reads the end of the store alone, however
/// many instances there are.
pub(super) fn recently_closed(
    archive: &Archive,
    open: &HashSet<InstanceId>,
) -> Result<Vec<InstanceSummary>, StoreError> {
    let (mut seen, mut closed) = (HashSet::new(), Vec::new());
    let (mut from, mut searched) = (None, 0);
    while closed.len() < MAX_RECENT && searched < MAX_RUNS_SEARCHED {
        let page = archive.search(&Search::default(), from, PAGE)?;
        searched += page.instances.len();
        for run in page.instances {
            if closed.len() < MAX_RECENT && !open.contains(&run.id) && seen.insert(run.id.clone()) {
                closed.push(run);
            }
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    Ok(closed)
}
