//! `fermata list` and `fermata history`: the contents of a store, or of another engine.

use std::{path::Path, process::ExitCode};

use clap::{Args, ValueEnum};

use super::{
    CliError,
    arguments::instance_id,
    backend::SourceArgs,
    replay::read_exported,
    source::Access,
    terminal::{print, print_json},
};
use crate::{
    app::control_socket::{HistoryRequest, SearchRequest},
    backend::{Imported, Private, SourceEngine},
    engine::{Event, InstanceSummary},
    view::{EarlyRetries, escape::escape_line, format::payload},
};

/// The most characters of a status.
const MAX_STATUS: usize = 60;

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Output format
    #[arg(short, value_name = "FORMAT", value_enum, default_value_t = Format::Table)]
    output: Format,
}

#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    /// Id of the instance, or an exported history: of `fermata export`, Temporal, Durable Task or Dapr
    #[arg(value_name = "ID|HISTORY")]
    history: String,
    /// Run, counted from 1 [default: the latest]
    #[arg(long, value_name = "N")]
    run: Option<u32>,
    /// Show users, hosts and stack traces in the history of another engine
    #[arg(long)]
    private: bool,
    #[command(flatten)]
    source: SourceArgs,
    /// Output format
    #[arg(short, value_name = "FORMAT", value_enum, default_value_t = Format::Table)]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Table,
    Json,
}

/// Prints all instances, oldest first.
pub(super) fn list(args: &ListArgs) -> Result<ExitCode, CliError> {
    let source = args.source.source(Access::Read)?;
    let mut instances = source.search(&SearchRequest::default())?;
    instances.reverse();
    print_instances(&instances, args.output)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints instances in the order given.
pub(super) fn print_instances(
    instances: &[InstanceSummary],
    format: Format,
) -> Result<(), CliError> {
    match format {
        Format::Json => print_pretty(&instances),
        Format::Table => {
            let rows = instances.iter().map(row);
            let heads = [
                "INSTANCE",
                "WORKFLOW",
                "STATUS",
                "STARTED (UTC)",
                "TOOK",
                "NOTE",
            ];
            print_table(heads, rows)
        }
    }
}

/// Prints the history of one run of an instance, or an exported one.
pub(super) fn history(args: &HistoryArgs) -> Result<ExitCode, CliError> {
    let path = Path::new(&args.history);
    let is_file = path.is_file() || args.history.ends_with(".json");
    let imported = match is_file && !args.source.is_backend() {
        true if args.run.is_some() => {
            let usage = "--run selects a run of a stored instance; a file has one run";
            return Err(CliError::Usage(usage.into()));
        }
        true => read_exported(path, private(args))?,
        false => stored(args)?,
    };
    match args.output {
        Format::Json => print_history_json(&imported)?,
        Format::Table => print_history(&imported)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn private(args: &HistoryArgs) -> Private {
    match args.private {
        true => Private::Shown,
        false => Private::Hidden,
    }
}

fn stored(args: &HistoryArgs) -> Result<Imported, CliError> {
    let request = HistoryRequest {
        id: instance_id(&args.history).map_err(CliError::Usage)?,
        run: args.run,
    };
    if args.private {
        let why = "it is for exported histories";
        args.source.refuse_for_backend("--private", why)?;
    }
    args.source.source(Access::Read)?.imported(&request)
}

/// Prints the events as JSON, those of another engine with what it recorded.
fn print_history_json(imported: &Imported) -> Result<(), CliError> {
    let events = &imported.history.events;
    if imported.engine == SourceEngine::Fermata {
        return print_pretty(&events.iter().map(Event::to_json_text).collect::<Vec<_>>());
    }
    let events = events.iter().zip(&imported.origins).map(|(event, origin)| {
        let mut json = event.to_json();
        if let Some(fields) = json.as_object_mut() {
            fields.insert("origin".to_owned(), origin.fields.clone());
        }
        json
    });
    print_pretty(&events.collect::<Vec<_>>())
}

/// Prints the events as a table. Those of another engine begin with what they were there.
fn print_history(imported: &Imported) -> Result<(), CliError> {
    let events = &imported.history.events;
    let started = events.first().map(|event| event.at).unwrap_or_default();
    let retries = EarlyRetries::of_run(events);
    let rows = events.iter().map(|event| {
        let early = retries.words(retries.run(), event.id);
        let early = early.map(|words| format!(" ({words})"));
        let after = event.at.since(started).as_secs_f64();
        [
            event.id.to_string(),
            format!("{after:.3} s"),
            event.kind.name().to_owned(),
            details(event) + &early.unwrap_or_default(),
        ]
    });
    if imported.engine == SourceEngine::Fermata {
        return print_table(["#", "AFTER", "EVENT", "DETAILS"], rows);
    }
    let rows = imported.origins.iter().zip(rows);
    let rows = rows.map(|(origin, [id, after, event, details])| {
        let name = origin.name.to_string();
        [origin.number.to_string(), name, id, after, event, details]
    });
    let engine = imported.engine.to_string().to_uppercase();
    print_table(
        [&engine, "RECORDED", "#", "AFTER", "EVENT", "DETAILS"],
        rows,
    )?;
    let (recorded, shown) = (imported.recorded(), events.len());
    print(&format!(
        "{recorded} events of {}, shown as {shown}",
        imported.engine
    ))
}

fn row(instance: &InstanceSummary) -> [String; 6] {
    let took = match instance.closed_at {
        Some(closed) => format!("{:.1} s", closed.since(instance.started_at).as_secs_f64()),
        None => "open".to_owned(),
    };
    let started = instance.started_at.to_string();
    [
        instance.id.to_string(),
        instance.workflow.clone(),
        instance.status.to_string(),
        started.get(..19).unwrap_or(&started).replace('T', " "),
        took,
        note(instance),
    ]
}

/// The status that an instance has set, its run, its parent or source, and its tags.
fn note(instance: &InstanceSummary) -> String {
    let mut notes = Vec::new();
    if let Some(status) = &instance.custom_status {
        notes.push(payload(status, MAX_STATUS));
    }
    if instance.run > 1 {
        notes.push(format!("run {}", instance.run));
    }
    if let Some(parent) = &instance.parent {
        notes.push(format!("child of {}", parent.instance));
    }
    if let Some(fork) = &instance.fork {
        notes.push(format!(
            "fork of {} from event {}",
            fork.instance, fork.from
        ));
    }
    let tags = instance.tags.iter();
    notes.extend(tags.map(|(name, value)| format!("{name}={value}")));
    notes.join(", ")
}

/// The fields of an event other than number, time and name, on one line.
fn details(event: &Event) -> String {
    let fields = event.to_json_text().fields();
    let fields = fields
        .iter()
        .filter(|(name, value)| {
            !["eventId", "timestamp", "type", "retry", "seed"].contains(&name.as_str())
                && has_content(&value.to_value())
        })
        .map(
            |(name, value)| match serde_json::from_str::<String>(value.as_str()) {
                Ok(text) => format!("{name}={text}"),
                Err(_) => format!("{name}={value}"),
            },
        );
    let line = fields.collect::<Vec<_>>().join(" ").replace('\n', " ");
    match line.char_indices().nth(160) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}

/// Whether a value contains anything but `null`.
fn has_content(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Null => false,
        serde_json::Value::Object(members) => members.values().any(has_content),
        _ => true,
    }
}

fn print_pretty<T: serde::Serialize>(value: &T) -> Result<(), CliError> {
    // Summaries and events are made of texts and numbers: they always become JSON.
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    print_json(&text)
}

/// Columns as wide as their widest cell.
fn print_table<const N: usize>(
    heads: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<(), CliError> {
    let one_line = |cell: String| escape_line(&cell).into_owned();
    let rows: Vec<_> = std::iter::once(heads.map(str::to_owned))
        .chain(rows.map(|row| row.map(one_line)))
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths);
        let line: String = cells
            .map(|(cell, width)| format!("{cell:width$}  "))
            .collect();
        print(line.trim_end())?;
    }
    Ok(())
}
