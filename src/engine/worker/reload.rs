//! Reloads an open instance: its history is replayed, as at a start of the engine.

use super::state::Worker;
use crate::engine::{EngineError, InstanceId, InstanceOperation, Status, Timestamp};

impl Worker {
    /// Replays the history of an open instance with the code that is registered. An instance whose code does
    /// not match is stalled; a stalled one whose code matches again continues.
    pub(super) fn reload(&mut self, now: Timestamp, id: &InstanceId) -> Result<(), EngineError> {
        if self.quarantined.contains_key(id) {
            return Err(self.quarantine_error(id));
        }
        let operation = InstanceOperation::Reload;
        let key = self.ids.get(id).copied();
        let Some((key, instance)) = key.and_then(|key| Some((key, self.instances.get(&key)?)))
        else {
            return Err(self.not_open(id, operation));
        };
        let status = instance.summary.status;
        if status.is_closed() {
            let id = id.clone();
            return Err(EngineError::Closed {
                id,
                status,
                operation,
            });
        }
        if instance.is_remote() {
            self.turn(key, |instance| instance.reload_remote(now));
            return Ok(());
        }
        let version = instance.summary.version.as_deref();
        let name = &instance.summary.workflow;
        let workflow = self.registry.find_workflow(name, version);
        let unregistered = || EngineError::UnknownWorkflow(name.clone());
        let workflow = workflow.cloned().ok_or_else(unregistered)?;
        let history = self.whole_history(key)?;
        let Some(mut instance) = self.instances.remove(&key) else {
            return Ok(());
        };
        let on_foreign_wake = self.on_foreign_wake(key);
        let elsewhere = self.run_code(&mut instance, |instance| {
            instance.reload(now, workflow, on_foreign_wake, &history)
        });
        self.stale.extend(elsewhere.filter(|run| !run.is_here()));
        self.put_back(instance);
        self.mark_dirty(key);
        if status == Status::Stalled {
            // Children may have ended, or missed a request, while nothing was delivered.
            self.defer(move |worker| {
                if let Err(error) = worker.restore_relations(now, key) {
                    let what = format!(
                        "children of instance number {} cannot be found: {error}",
                        key.0
                    );
                    worker.gauges.record_damage(what);
                }
            });
        }
        Ok(())
    }
}
