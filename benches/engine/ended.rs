//! A store with a million instances that have ended.

use std::{error::Error, path::Path};

use fermata::engine::{
    Batch, CleanClose, Event, EventId, EventKind, InstanceId, InstanceKey, InstanceSummary,
    Payload, RedbStore, Status, Store, Timestamp,
};

pub const INSTANCES: u64 = 1_000_000;
/// One instance in this many has the rare tag.
const RARE: u64 = 20_000;
/// Nanoseconds between the ends of two instances.
pub const STEP: u64 = 1_000_000;
/// Instances of one commit.
const COMMIT: u64 = 20_000;

/// Makes it in a file.
pub fn build(path: &Path) -> Result<(), Box<dyn Error>> {
    let store = RedbStore::create(path)?;
    let output = Payload::encode("done")?;
    for first in (1..=INSTANCES).step_by(COMMIT as usize) {
        let mut batch = Batch::default();
        for key in first..first + COMMIT {
            let id = InstanceId::new(format!("instance-{key}"))?;
            let at = Timestamp(key * STEP);
            let mut summary = InstanceSummary {
                status: match key % 10 {
                    0 => Status::Failed,
                    _ => Status::Completed,
                },
                started_at: at,
                closed_at: Some(at),
                output: Some(output.clone()),
                ..InstanceSummary::new(id, format!("work-{}", key % 10))
            };
            summary.tags.insert("shard".into(), (key % 100).to_string());
            if key % RARE == 0 {
                summary.tags.insert("rare".into(), "yes".into());
            }
            let event = |id: u64| Event {
                id: EventId(id),
                at,
                kind: EventKind::TaskCompleted {
                    scheduled: EventId(id),
                    result: output.clone(),
                },
            };
            batch
                .histories
                .push((InstanceKey(key), vec![event(0), event(1)]));
            batch.summaries.push((InstanceKey(key), summary));
        }
        store.commit(&batch)?;
    }
    let clean = Batch {
        clean: Some(CleanClose::Yes),
        ..Batch::default()
    };
    Ok(store.commit(&clean)?)
}
