//! `fermata play`: plays scores to their end, without a window.

mod args;
mod recording;
mod restarted;
mod selection;

use std::{collections::BTreeSet, process::ExitCode, sync::Arc};

use serde_json::Value;

pub(super) use self::args::PlayArgs;
use self::{
    args::{ClockKind, Format},
    recording::{Begun, Recording},
    restarted::continue_started,
};
use super::{
    CliError, only_port,
    report::{Origins, Terminal, json_line, text_line},
    scores,
    terminal::{clear_progress_line, message, print, print_json},
};
use crate::{
    app::{
        follow_patches,
        play::{PlayEnd, PlayOptions, PlayRequest, RealTimeOptions, play, play_in_virtual_time},
        runtime,
    },
    conductor::setlist::is_setlist_file,
    engine::{
        Archive, EngineError, InstanceId, InstanceSummary, Recovery, Status, Store, Timestamp,
    },
    music::Bank,
    score::{Document, Recurrence},
};

/// The start of virtual time, the first moment of 2000: always the same, so that two performances are
/// identical to the byte.
const VIRTUAL_TIME_BEGINS: Timestamp = Timestamp(946_684_800_000_000_000);

pub(super) fn run(mut args: PlayArgs) -> Result<ExitCode, CliError> {
    if let Some(restarted) = args.supervision.restarted() {
        args.number_files(restarted);
    }
    // Before anything starts a thread.
    let runtime = match args.clock {
        ClockKind::Real => Some(runtime()?),
        ClockKind::Virtual => None,
    };
    let bank = args.sounds.open()?;
    follow_patches(&bank, |error| message(&error));
    let request = play_request(&args, &bank)?;
    let origins = Origins::new(&args.scores, &request.documents);
    let _services = args.services.start()?;
    let recording = Recording::reserve(&args)?;
    match runtime {
        Some(runtime) => {
            let rig_file = args.rig.file();
            let rig = rig_file.read()?;
            let options = options(&args, request, recording, bank)?;
            let real_time = RealTimeOptions {
                store_file: args.store.file()?,
                rig,
                rig_file,
            };
            let end = play(&runtime, options, real_time, &Terminal);
            clear_progress_line();
            match end? {
                PlayEnd::Ended(ends) => report(&args, &ends, &origins),
                PlayEnd::Signaled(signal) => Ok(ExitCode::from(signal.exit_code())),
            }
        }
        None => {
            let options = options(&args, request, recording, bank)?;
            let begins = args
                .selection
                .last_event(&options.store, VIRTUAL_TIME_BEGINS)?;
            let ends = play_in_virtual_time(options, begins, &Terminal)?;
            report(&args, &ends, &origins)
        }
    }
}

/// Opens everything that the performance needs. The store and the files come last: nothing is created if
/// an argument is wrong.
fn options(
    args: &PlayArgs,
    mut request: PlayRequest,
    recording: Recording,
    bank: Bank,
) -> Result<PlayOptions, CliError> {
    let secrets = args.secrets.open()?;
    let listening = args.listen.open(&bank)?;
    let only_port = only_port(args.port.as_deref())?;
    let (store, recovery) = open_store(args, &mut request)?;
    let Begun {
        journal,
        tasks,
        histories,
    } = recording.begin(args, &bank)?;
    Ok(PlayOptions {
        request,
        store,
        recovery,
        bank,
        secrets,
        listening,
        only_port,
        journal,
        tasks,
        histories,
    })
}

fn play_request(args: &PlayArgs, bank: &Bank) -> Result<PlayRequest, CliError> {
    if args.scores.is_empty() && !args.selection.resumes() {
        return Err(CliError::Usage("pass a score, or --resume".into()));
    }
    if args.id.is_some() && args.scores.len() != 1 {
        return Err(CliError::Usage("--id takes exactly one score".into()));
    }
    args.selection.recovery()?;
    let input = match &args.input {
        None => Value::Object(serde_json::Map::new()),
        Some(text) => serde_json::from_str(text)
            .map_err(|error| CliError::Usage(format!("--input is not JSON ({error})")))?,
    };
    if let Some(list) = args.scores.iter().find(|path| is_setlist_file(path)) {
        let list = list.display();
        let sentence = format!("{list} is a set list: `fermata {list}` opens it");
        return Err(CliError::Usage(sentence));
    }
    let id = args.id.as_ref().map(InstanceId::new).transpose();
    let documents = scores::read(&args.scores, bank).into_iter();
    let documents = documents.collect::<Result<Vec<_>, _>>()?;
    Ok(PlayRequest {
        runs: match args.clock {
            ClockKind::Real => args.runs,
            ClockKind::Virtual => args.runs.or(Some(simulated_runs(&documents))),
        },
        documents,
        id: id.map_err(EngineError::from)?,
        input,
        schedules: Vec::new(),
        recovered: Vec::new(),
        paused: BTreeSet::new(),
    })
}

/// How often a score with a schedule is played in virtual time, which nobody interrupts. A score that
/// waits for events is played once: it might wait forever for the second run.
fn simulated_runs(documents: &[Document]) -> u32 {
    let waits = |document: &Document| matches!(document.schedule, Some(Recurrence::On(_)));
    match documents.iter().any(waits) {
        true => 1,
        false => 10,
    }
}

/// Opens the store, and adds its instances and schedules that continue to the request.
fn open_store(
    args: &PlayArgs,
    request: &mut PlayRequest,
) -> Result<(Arc<dyn Store>, Recovery), CliError> {
    let store = args.store.create()?;
    let archive = Archive::new(Arc::clone(&store));
    let is_paused = |instance: &InstanceSummary| instance.status == Status::Suspended;
    let open = archive.open_instances()?.into_iter();
    request.paused = open.filter(is_paused).map(|paused| paused.id).collect();
    if let Some(restarted) = args.supervision.restarted() {
        let recovery = continue_started(&args.selection, &store, request, restarted)?;
        return Ok((store, recovery));
    }
    if let Some(id) = &request.id
        && store.find(id)?.is_some()
    {
        return Err(EngineError::AlreadyExists(id.clone()).into());
    }
    request.schedules = args.selection.schedules(&store)?;
    request.recovered = args.selection.continued(&store)?;
    Ok((store, args.selection.recovery()?))
}

/// Prints the results.
fn report(
    args: &PlayArgs,
    ends: &[InstanceSummary],
    origins: &Origins,
) -> Result<ExitCode, CliError> {
    for end in ends {
        match args.output {
            Format::Json => print_json(&json_line(end))?,
            Format::Text => print(&text_line(end, origins))?,
        }
    }
    // What becomes of a child is up to its parent.
    let is_child_of = |end: &InstanceSummary, other: &InstanceSummary| {
        let parent = end.parent.as_ref();
        parent.is_some_and(|parent| parent.instance == other.id)
    };
    let mut roots = ends
        .iter()
        .filter(|end| !ends.iter().any(|other| is_child_of(end, other)));
    Ok(match roots.all(|end| end.status == Status::Completed) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
