//! `--resume` and `--except`: which open instances of the store continue.

use std::{collections::BTreeSet, sync::Arc};

use clap::Args;

use crate::{
    cli::{CliError, arguments::instance_id},
    engine::{
        Archive, EngineError, InstanceId, InstanceOperation, Recovery, ScheduleName, Store,
        StoreError, Timestamp,
    },
};

/// Which open instances of the store continue.
#[derive(Debug, Args)]
pub(super) struct SelectionArgs {
    /// Also continue the open instances of the store (SCORE is then optional), or only those named and
    /// their children; may be repeated
    #[arg(
        long,
        value_name = "ID",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        value_parser = which
    )]
    resume: Vec<Which>,
    /// With --resume: leave this instance and its children as they are; may be repeated
    #[arg(long, value_name = "ID", requires = "resume", value_parser = instance_id)]
    except: Vec<InstanceId>,
}

/// The value of one `--resume`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Which {
    All,
    One(InstanceId),
}

fn which(text: &str) -> Result<Which, String> {
    match text {
        "" => Ok(Which::All),
        id => instance_id(id).map(Which::One),
    }
}

impl SelectionArgs {
    /// Whether any open instance continues.
    pub fn resumes(&self) -> bool {
        !self.resume.is_empty()
    }

    /// What the engine does with the open instances.
    pub fn recovery(&self) -> Result<Recovery, CliError> {
        let named = self.resume.iter().filter_map(|which| match which {
            Which::All => None,
            Which::One(id) => Some(id.clone()),
        });
        let named: BTreeSet<_> = named.collect();
        match (self.resumes(), named.is_empty(), self.except.is_empty()) {
            (false, ..) => Ok(Recovery::Nothing),
            (true, true, true) => Ok(Recovery::OpenInstances),
            (true, true, false) => Ok(Recovery::Except(self.except.iter().cloned().collect())),
            (true, false, true) => Ok(Recovery::Only(named)),
            (true, false, false) => Err(CliError::Usage(
                "--except goes with --resume for all, not with --resume=ID".into(),
            )),
        }
    }

    /// The instances that continue. Each one named must be open.
    pub fn continued(&self, store: &Arc<dyn Store>) -> Result<Vec<InstanceId>, CliError> {
        if !self.resumes() {
            return Ok(Vec::new());
        }
        let archive = Archive::new(Arc::clone(store));
        let open = archive.open_instances()?;
        let recovery = self.recovery()?;
        if let Recovery::Only(ids) | Recovery::Except(ids) = &recovery {
            for id in ids {
                if !open.iter().any(|open| open.id == *id) {
                    // Unknown, or not open any more.
                    let status = archive.summary(id)?.status;
                    let (id, operation) = (id.clone(), InstanceOperation::Resume);
                    return Err(EngineError::Closed {
                        id,
                        status,
                        operation,
                    }
                    .into());
                }
            }
        }
        let (continued, _) = recovery.split(open);
        Ok(continued.into_iter().map(|open| open.id).collect())
    }

    /// The schedules of the store that continue.
    pub fn schedules(&self, store: &Arc<dyn Store>) -> Result<Vec<ScheduleName>, CliError> {
        match self.recovery()? {
            Recovery::Nothing | Recovery::Only(_) => return Ok(Vec::new()),
            Recovery::OpenInstances | Recovery::Except(_) => {}
        }
        let schedules = store.opening()?.schedules.into_iter();
        let due = schedules.filter(|(_, schedule)| schedule.due().is_some());
        Ok(due.map(|(name, _)| name).collect())
    }

    /// The time of the last event of the open instances, if it is later than `begin`: simulated time
    /// continues after it.
    pub fn last_event(
        &self,
        store: &Arc<dyn Store>,
        begin: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let archive = Archive::new(Arc::clone(store));
        let mut last = begin;
        if self.resumes() {
            for open in archive.open_instances()? {
                // A history that cannot be read does not continue.
                let history = archive.history(&open.id).unwrap_or_default();
                last = last.max(history.last().map_or(begin, |event| event.at));
            }
        }
        Ok(last)
    }
}
