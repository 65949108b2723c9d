//! Commands to instances: in a running program, in a store that no program has open, or in another engine.

use std::process::ExitCode;

use clap::Args;

use super::{
    CliError, StoreArgs,
    arguments::{instance_id, payload},
    backend::SourceArgs,
    selection::Selection,
    source::{Access, Operated, Source},
    terminal::{message, print},
};
use crate::{
    app::control_socket::{Operation, SearchRequest},
    engine::{EventId, InstanceId, Payload, RedbStore, Runs, Status, StoreError},
};

/// Instances, and why something is done to them.
#[derive(Debug, Args)]
pub(super) struct InstancesArgs {
    /// Ids of the instances
    #[arg(value_name = "ID", value_parser = instance_id, required_unless_present = "selection",
        conflicts_with = "selection")]
    ids: Vec<InstanceId>,
    #[command(flatten)]
    selection: Selection,
    /// Recorded in their histories
    #[arg(long, value_name = "TEXT", default_value = "from the command line")]
    reason: String,
    #[command(flatten)]
    source: SourceArgs,
}

#[derive(Debug, Args)]
pub(super) struct RetryArgs {
    /// Ids of the instances
    #[arg(value_name = "ID", value_parser = instance_id, required_unless_present = "selection",
        conflicts_with = "selection")]
    ids: Vec<InstanceId>,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
pub(super) struct RaiseArgs {
    /// Id of the instance
    #[arg(value_parser = instance_id)]
    id: InstanceId,
    /// Name (CloudEvents type) of the event
    event: String,
    /// Data of the event
    #[arg(long, value_name = "JSON", default_value = "null", value_parser = payload)]
    data: Payload,
    #[command(flatten)]
    source: SourceArgs,
}

#[derive(Debug, Args)]
pub(super) struct RerunArgs {
    /// Id of the instance
    #[arg(value_parser = instance_id)]
    id: InstanceId,
    /// First event that is not copied: the fork continues from there
    #[arg(long, value_name = "EVENT", value_parser = clap::value_parser!(u64).range(1..))]
    from: u64,
    /// Run to fork, counted from 1 [default: the latest]
    #[arg(long, value_name = "N")]
    run: Option<u32>,
    /// Id of the fork [default: generated]
    #[arg(long = "id", value_name = "NEW-ID", value_parser = instance_id)]
    new_id: Option<InstanceId>,
    /// Another input for the fork
    #[arg(long, value_name = "JSON", value_parser = payload)]
    input: Option<Payload>,
    #[command(flatten)]
    source: SourceArgs,
}

#[derive(Debug, Args)]
pub(super) struct RestartArgs {
    /// Ids of the instances
    #[arg(value_name = "ID", value_parser = instance_id, required_unless_present = "selection",
        conflicts_with = "selection")]
    ids: Vec<InstanceId>,
    #[command(flatten)]
    selection: Selection,
    /// Start under another id (one ID only) [default: the next run of the same id]
    #[arg(long = "id", value_name = "NEW-ID", value_parser = instance_id)]
    new_id: Option<InstanceId>,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
pub(super) struct PurgeArgs {
    /// Ids of the instances
    #[arg(value_name = "ID", value_parser = instance_id, required_unless_present = "selection",
        conflicts_with = "selection")]
    ids: Vec<InstanceId>,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
pub(super) struct CompactArgs {
    #[command(flatten)]
    store: StoreArgs,
}

/// What is printed of a command.
struct Words {
    /// It is in the history.
    done: &'static str,
    /// What was asked for.
    asked: &'static str,
}

impl Words {
    /// What became of it.
    fn of(&self, operated: &Operated) -> String {
        match operated {
            Operated::Recorded(_) => self.done.to_owned(),
            Operated::Requested => format!("requested: {}", self.asked),
        }
    }
}

pub(super) fn pause(args: InstancesArgs) -> Result<ExitCode, CliError> {
    let (done, asked) = ("paused", "pause");
    args.each(Words { done, asked }, |id, reason| Operation::Pause {
        id,
        reason,
    })
}

pub(super) fn resume(args: InstancesArgs) -> Result<ExitCode, CliError> {
    let (done, asked) = ("resumed", "resume");
    args.each(Words { done, asked }, |id, reason| Operation::Resume {
        id,
        reason,
    })
}

pub(super) fn cancel(args: InstancesArgs) -> Result<ExitCode, CliError> {
    let (done, asked) = ("asked to cancel", "cancel");
    args.each(Words { done, asked }, |id, reason| Operation::Cancel {
        id,
        reason,
    })
}

pub(super) fn terminate(args: InstancesArgs) -> Result<ExitCode, CliError> {
    let (done, asked) = ("terminated", "terminate");
    args.each(Words { done, asked }, |id, reason| Operation::Terminate {
        id,
        reason,
    })
}

pub(super) fn retry(args: RetryArgs) -> Result<ExitCode, CliError> {
    let source = args.store.source(Access::Write)?;
    let is_open = |status: Status| !status.is_closed();
    let ids = selected(&source, args.ids, args.selection, is_open)?;
    each(ids, |id| {
        source.operate(Operation::Retry { id: id.clone() })?;
        print(&format!("{id}: retried"))
    })
}

pub(super) fn raise(args: RaiseArgs) -> Result<ExitCode, CliError> {
    let source = args.source.source(Access::Write)?;
    let operated = source.operate(Operation::Raise {
        id: args.id.clone(),
        event: args.event.clone(),
        data: args.data,
    })?;
    let (id, event) = (&args.id, &args.event);
    print(&match operated {
        Operated::Recorded(_) => format!("{id}: raised {event}"),
        Operated::Requested => format!("{id}: requested: raise {event}"),
    })?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn rerun(args: RerunArgs) -> Result<ExitCode, CliError> {
    let for_stores = [
        ("--run", args.run.is_some()),
        ("--id", args.new_id.is_some()),
        ("--input", args.input.is_some()),
    ];
    for (option, _) in for_stores.into_iter().filter(|(_, is_given)| *is_given) {
        let why = "a run that starts there is the next one of its workflow, with the same input";
        args.source.refuse_for_backend(option, why)?;
    }
    let source = args.source.source(Access::Write)?;
    let operated = source.operate(Operation::Rerun {
        id: args.id.clone(),
        run: args.run,
        from: EventId(args.from),
        new_id: args.new_id,
        input: args.input,
    })?;
    print_started(&source, &args.id, &operated)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn restart(args: RestartArgs) -> Result<ExitCode, CliError> {
    if args.new_id.is_some() && args.ids.len() != 1 {
        return Err(CliError::Usage("--id takes exactly one instance".into()));
    }
    let source = args.store.source(Access::Write)?;
    let ids = selected(&source, args.ids, args.selection, Status::is_closed)?;
    each(ids, |id| {
        let new_id = args.new_id.clone();
        let operated = source.operate(Operation::Restart {
            id: id.clone(),
            new_id,
        })?;
        print_started(&source, id, &operated)
    })
}

pub(super) fn purge(args: PurgeArgs) -> Result<ExitCode, CliError> {
    let source = args.store.source(Access::Write)?;
    if args.ids.is_empty() {
        let search = args.selection.search(Runs::All);
        let operated = source.operate(Operation::PurgeMatching { search })?;
        print(&format!("purged {} runs", operated.purged()))?;
        return Ok(ExitCode::SUCCESS);
    }
    each(args.ids, |id| {
        let operated = source.operate(Operation::Purge { id: id.clone() })?;
        let runs = operated.purged();
        print(&format!("{id}: purged, {runs} runs"))
    })
}

/// Compacts a store. All reads and commits wait meanwhile, so no program may have it open.
pub(super) fn compact(args: &CompactArgs) -> Result<ExitCode, CliError> {
    let Some(path) = args.store.file()? else {
        return Err(CliError::Usage(
            "a store in memory has no file to compact".into(),
        ));
    };
    let store = match RedbStore::open(&path) {
        Err(StoreError::InUse(path)) => return Err(CliError::NotWhilePlaying(path)),
        Err(StoreError::Missing(path)) => return Err(CliError::NoStore(path)),
        opened => opened?,
    };
    let bytes = || path.metadata().map_or(0, |file| file.len());
    let before = bytes();
    store.compact()?;
    print(&format!(
        "{}: {:.1} MB before, {:.1} MB now",
        path.display(),
        before as f64 / 1e6,
        bytes() as f64 / 1e6
    ))?;
    Ok(ExitCode::SUCCESS)
}

impl InstancesArgs {
    fn each(
        self,
        words: Words,
        operation: impl Fn(InstanceId, String) -> Operation,
    ) -> Result<ExitCode, CliError> {
        let source = self.source.source(Access::Write)?;
        let is_open = |status: Status| !status.is_closed();
        let ids = selected(&source, self.ids, self.selection, is_open)?;
        each(ids, |id| {
            let operated = source.operate(operation(id.clone(), self.reason.clone()))?;
            print(&format!("{id}: {}", words.of(&operated)))
        })
    }
}

/// The given instances, or those that match the selection and are in a fitting status.
fn selected(
    source: &Source,
    ids: Vec<InstanceId>,
    selection: Selection,
    fits: impl Fn(Status) -> bool,
) -> Result<Vec<InstanceId>, CliError> {
    if !ids.is_empty() {
        return Ok(ids);
    }
    let mut search = selection.search(Runs::Latest);
    let given = std::mem::take(&mut search.statuses);
    let fitting = Status::ALL.into_iter().filter(|status| fits(*status));
    search.statuses = fitting
        .filter(|status| given.is_empty() || given.contains(status))
        .collect();
    if search.statuses.is_empty() {
        return Ok(Vec::new());
    }
    let request = SearchRequest {
        search,
        limit: None,
    };
    let found = source.search(&request)?;
    Ok(found.into_iter().map(|instance| instance.id).collect())
}

/// Does something to each instance. One that fails does not keep the others from it.
fn each(
    ids: Vec<InstanceId>,
    act: impl Fn(&InstanceId) -> Result<(), CliError>,
) -> Result<ExitCode, CliError> {
    let mut code = ExitCode::SUCCESS;
    for id in ids {
        match act(&id) {
            Ok(()) => {}
            Err(error @ CliError::Output(_)) => return Err(error),
            Err(error) => {
                message(&error.to_string());
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

fn print_started(source: &Source, id: &InstanceId, operated: &Operated) -> Result<(), CliError> {
    if *operated == Operated::Requested {
        return print(&format!("{id}: requested: rerun"));
    }
    let Some(started) = operated.started() else {
        return Ok(());
    };
    print(&match source {
        Source::Program(_) => format!("{id}: started {started}"),
        Source::Backend(_) if started == id => format!("{id}: started its next run"),
        Source::Backend(_) => format!("{id}: started {started}"),
        Source::Store(_) => {
            format!("{id}: created {started}; start it with `fermata play --resume={started}`")
        }
    })
}
