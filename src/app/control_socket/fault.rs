//! Injecting faults into a running program.

use serde::{Deserialize, Serialize};

use crate::{
    app::supervisor::Supervised,
    conductor::{Conductor, Fault, FaultChange, FaultTarget},
};

/// A request about injected faults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum FaultRequest {
    /// Lists the faults that were set. Each item is a [`FaultReport`].
    List,
    /// Changes the fault of a target. The item is its [`FaultReport`].
    Set {
        /// What fails.
        target: FaultTarget,
        /// The change.
        change: FaultChange,
    },
    /// Ends the fault of a target; `None`: all faults, also those of the scores.
    End {
        /// What fails.
        target: Option<FaultTarget>,
    },
    /// Kills the program, which its supervisor starts again.
    Crash,
}

/// A fault that was set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FaultReport {
    /// What fails.
    pub target: FaultTarget,
    /// Its fault.
    pub fault: Fault,
}

/// Carries out a request, except the crash itself, which follows its answer.
///
/// # Errors
///
/// Why it cannot be carried out, in a sentence.
pub(super) fn apply_fault(
    conductor: &Conductor,
    request: FaultRequest,
) -> Result<Vec<FaultReport>, String> {
    match request {
        FaultRequest::List => {
            let mixer = conductor.watch_mixer();
            let mixer = mixer.borrow();
            let faults = mixer.active_faults().map(|(target, fault)| FaultReport {
                target: target.clone(),
                fault,
            });
            Ok(faults.collect())
        }
        FaultRequest::Set { target, change } => {
            let changed = conductor.change_fault(&target, change);
            changed.map_err(|error| error.to_string())?;
            let fault = conductor.watch_mixer().borrow().fault(&target);
            Ok(vec![FaultReport { target, fault }])
        }
        FaultRequest::End { target: None } => {
            conductor.end_faults();
            Ok(Vec::new())
        }
        FaultRequest::End {
            target: Some(target),
        } => {
            conductor.end_fault(&target);
            Ok(Vec::new())
        }
        FaultRequest::Crash if Supervised::of_this_process().is_none() => Err(
            "the program is not supervised, so nothing would start it again: start it with --supervised"
                .to_owned(),
        ),
        FaultRequest::Crash => Ok(Vec::new()),
    }
}
