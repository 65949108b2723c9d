//! The conductor's injected faults.

use super::{Conductor, FaultChange, FaultTarget, Mixer, broken_code::last_turn, lane::RunId};
use crate::{
    engine::{EngineError, InstanceId, InstanceOperation, Status},
    music::port_matches,
};

/// Why a fault cannot be injected.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    /// The target has no such fault.
    #[error(
        "{target} has no rate, latency or single failures: {words} is all that can be injected"
    )]
    NotForTarget {
        /// The target.
        target: FaultTarget,
        /// The only fault that it has.
        words: &'static str,
    },
    /// The instance of a lane cannot be broken.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The code of a lane has done nothing that it could contradict.
    #[error(
        "{0:?} has not done anything yet that its code could contradict: try again once it has begun"
    )]
    NotBegun(InstanceId),
    /// No port has such a name.
    #[error("no MIDI port has {pattern:?} in its name. Ports: {present}")]
    NoSuchPort {
        /// What was asked for.
        pattern: String,
        /// The ports, separated by commas.
        present: String,
    },
}

impl Conductor {
    /// Changes the injected fault of a target. A rate overrides the score. Failures are marked as injected.
    ///
    /// # Errors
    ///
    /// Why it cannot be injected: nothing has changed then.
    pub fn change_fault(
        &self,
        target: &FaultTarget,
        change: FaultChange,
    ) -> Result<(), FaultError> {
        self.check_fault(target, change)?;
        self.set_faults(|mixer| mixer.change_fault(target, change));
        Ok(())
    }

    /// Ends the injected fault of a target: its score decides again.
    pub fn end_fault(&self, target: &FaultTarget) {
        self.set_faults(|mixer| mixer.end_fault(target));
    }

    /// Ends all injected faults: those that were set, and those of the scores.
    pub fn end_faults(&self) {
        self.set_faults(Mixer::end_faults);
    }

    /// Whether the code of an instance is broken on purpose.
    pub fn is_broken(&self, id: &InstanceId) -> bool {
        self.activities.broken_code.contains(id)
    }

    fn check_fault(&self, target: &FaultTarget, change: FaultChange) -> Result<(), FaultError> {
        let only_outage = FaultChange {
            outage: change.outage,
            ..FaultChange::default()
        };
        if let Some(words) = target.only_fault()
            && change != only_outage
        {
            let target = target.clone();
            return Err(FaultError::NotForTarget { target, words });
        }
        if change.outage != Some(true) {
            return Ok(());
        }
        match target {
            FaultTarget::Lane(id) => self.check_lane(id),
            FaultTarget::Port(pattern) => self.check_port(pattern),
            _ => Ok(()),
        }
    }

    fn check_lane(&self, id: &InstanceId) -> Result<(), FaultError> {
        let archive = self.engine().archive();
        let status = archive.summary(id)?.status;
        if status.is_closed() {
            let closed = EngineError::Closed {
                id: id.clone(),
                status,
                operation: InstanceOperation::Reload,
            };
            return Err(closed.into());
        }
        match last_turn(&archive.history(id)?) {
            Some(_) => Ok(()),
            None => Err(FaultError::NotBegun(id.clone())),
        }
    }

    fn check_port(&self, pattern: &str) -> Result<(), FaultError> {
        let present = self.activities.ports.all_names();
        if present.iter().any(|name| port_matches(name, pattern)) {
            return Ok(());
        }
        Err(FaultError::NoSuchPort {
            pattern: pattern.to_owned(),
            present: match present.is_empty() {
                true => "none".to_owned(),
                false => present.join(", "),
            },
        })
    }

    /// Changes faults, and pulls cables and breaks code accordingly.
    fn set_faults(&self, set: impl FnOnce(&mut Mixer)) {
        self.activities.set_mixer(set);
        let (mut broken, mut pulled) = (Vec::new(), Vec::new());
        for (target, fault) in self.watch_mixer().borrow().active_faults() {
            match target {
                FaultTarget::Lane(id) if fault.outage => broken.push(id.clone()),
                FaultTarget::Port(pattern) if fault.outage => pulled.push(pattern.clone()),
                _ => {}
            }
        }
        self.activities.ports.pull(pulled);
        let fixed = self.activities.broken_code.keep(&broken);
        let mut reloaded = self.break_code(broken);
        if fixed {
            // A fork of broken code is stalled as well.
            reloaded.extend(self.stalled());
        }
        self.reload(reloaded);
    }

    /// Breaks the code of the instances that is not broken yet, and returns them.
    fn break_code(&self, mut broken: Vec<InstanceId>) -> Vec<InstanceId> {
        let (archive, code) = (self.engine().archive(), &self.activities.broken_code);
        broken.retain(|id| {
            if code.contains(id) {
                return false;
            }
            let (Ok(summary), Ok(history)) = (archive.summary(id), archive.history(id)) else {
                return false;
            };
            let turn = last_turn(&history);
            if let Some(turn) = turn {
                code.break_from(RunId::of(&summary), turn);
            }
            turn.is_some()
        });
        broken
    }

    fn stalled(&self) -> Vec<InstanceId> {
        let open = self.engine().archive().open_instances();
        let stalled = open.into_iter().flatten();
        let stalled = stalled.filter(|open| open.status == Status::Stalled);
        stalled.map(|open| open.id).collect()
    }

    /// Reloads the code of instances, without waiting for it.
    fn reload(&self, instances: Vec<InstanceId>) {
        if instances.is_empty() {
            return;
        }
        let engine = self.engine().clone();
        self.runtime.spawn(async move {
            for id in instances {
                // It may have ended meanwhile.
                if let Err(error) = engine.reload(&id).await {
                    tracing::warn!(instance = %id, %error, "not reloaded");
                }
            }
        });
    }
}
