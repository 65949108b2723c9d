//! `fermata play --supervised`, started again after a crash: what it had started continues.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{args::PlayArgs, selection::SelectionArgs};
use crate::{
    app::{
        play::PlayRequest,
        supervisor::{Started, Supervised},
    },
    cli::CliError,
    conductor::schedule_name,
    engine::{Archive, InstanceId, Recovery, Store},
    score::Recurrence,
};

impl PlayArgs {
    /// Gives the files of this start names of their own: those of the starts before stay as they are.
    /// `trace.jsonl` becomes `trace-2.jsonl`.
    pub(super) fn number_files(&mut self, restarted: Supervised) {
        let start = restarted.restarts.saturating_add(1);
        let files = [
            &mut self.record,
            &mut self.render,
            &mut self.trace,
            &mut self.tasks,
        ];
        for path in files.into_iter().flatten() {
            if !path.is_dir() {
                *path = numbered(path, start);
            }
        }
    }
}

fn numbered(path: &Path, start: u32) -> PathBuf {
    let Some(stem) = path.file_stem() else {
        return path.to_owned();
    };
    let mut name = OsString::from(stem);
    name.push(format!("-{start}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

/// Removes from the request what has been started before the crash, and adds it to what continues.
pub(super) fn continue_started(
    selection: &SelectionArgs,
    store: &Arc<dyn Store>,
    request: &mut PlayRequest,
    restarted: Supervised,
) -> Result<Recovery, CliError> {
    let archive = Archive::new(Arc::clone(store));
    let mut started = Started::since(&archive, restarted.since)?;
    let schedules = store.opening()?.schedules;
    let documents = std::mem::take(&mut request.documents);
    for document in documents {
        let name = schedule_name(&document);
        let is_timed = matches!(document.schedule, Some(Recurrence::At(_)));
        let is_set = is_timed && schedules.iter().any(|(set, _)| *set == name);
        if is_set {
            request.schedules.push(name);
        }
        match started.take(&document.name) {
            Some(id) => request.recovered.push(id),
            None if is_set => {}
            None => request.documents.push(document),
        }
    }
    if request.documents.is_empty() {
        request.id = None;
    }
    let open: BTreeSet<InstanceId> = archive
        .open_instances()?
        .into_iter()
        .map(|i| i.id)
        .collect();
    let named = selection.recovery()?;
    let recovery = match named {
        Recovery::Only(ids) => only(ids, &open, request),
        Recovery::Nothing => only(BTreeSet::new(), &open, request),
        whole => whole,
    };
    // Without them a score with times would end with its present performance.
    let recovery = match (recovery, request.schedules.is_empty()) {
        (Recovery::Only(_), false) => Recovery::OpenInstances,
        (recovery, _) => recovery,
    };
    let (continued, _) = recovery.split(archive.open_instances()?);
    for instance in continued {
        if !request.recovered.contains(&instance.id) {
            request.recovered.push(instance.id);
        }
    }
    Ok(recovery)
}

/// The named and the started instances that are still open.
fn only(
    mut ids: BTreeSet<InstanceId>,
    open: &BTreeSet<InstanceId>,
    request: &PlayRequest,
) -> Recovery {
    ids.extend(request.recovered.iter().cloned());
    ids.retain(|id| open.contains(id));
    Recovery::Only(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_restart_are_numbered() {
        let of = |path: &str| numbered(Path::new(path), 2);
        assert_eq!(of("a/trace.jsonl"), Path::new("a/trace-2.jsonl"));
        assert_eq!(of("trace"), Path::new("trace-2"));
    }
}
