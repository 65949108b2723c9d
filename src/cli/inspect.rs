//! `fermata list` and `fermata history`: what a store holds.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::{CliError, StoreArgs};
use crate::engine::{Event, InstanceId, InstanceSummary};

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    store: StoreArgs,
    #[arg(short, value_name = "FORMAT", value_enum, default_value_t = Format::Table)]
    output: Format,
}

#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    /// The instance
    id: String,
    #[command(flatten)]
    store: StoreArgs,
    #[arg(short, value_name = "FORMAT", value_enum, default_value_t = Format::Table)]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
}

pub(super) fn list(args: &ListArgs) -> Result<ExitCode, CliError> {
    let instances = args.store.open()?.list()?;
    match args.output {
        Format::Json => print_json(&instances)?,
        Format::Table => {
            let rows = instances.iter().map(row);
            let heads = ["INSTANCE", "WORKFLOW", "STATUS", "STARTED", "TOOK", "NOTE"];
            print_table(heads, rows)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn history(args: &HistoryArgs) -> Result<ExitCode, CliError> {
    let archive = args.store.open()?;
    let id = InstanceId::new(&args.id).map_err(crate::engine::EngineError::from)?;
    let events = archive.history(&id)?;
    match args.output {
        Format::Json => {
            let events: Vec<_> = events.iter().map(Event::to_json_text).collect();
            print_json(&events)?;
        }
        Format::Table => {
            let begun = events.first().map(|event| event.at).unwrap_or_default();
            let rows = events.iter().map(|event| {
                let after = event.at.since(begun).as_secs_f64();
                [
                    event.id.to_string(),
                    format!("{after:.3} s"),
                    event.kind.name().to_owned(),
                    details(event),
                ]
            });
            print_table(["#", "AFTER", "EVENT", "WHAT"], rows)?;
        }
    }
    Ok(ExitCode::SUCCESS)
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

/// Which run of its id it is, where it comes from, and its tags.
fn note(instance: &InstanceSummary) -> String {
    let mut notes = Vec::new();
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

/// What is left of an event besides number, time and name, on one line.
fn details(event: &Event) -> String {
    let fields = event.to_json_text().fields();
    let fields = fields
        .iter()
        .filter(|(name, value)| {
            !["eventId", "timestamp", "type", "retry", "seed"].contains(&name.as_str())
                && says_something(&value.to_value())
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

/// There is something in it besides `null`.
fn says_something(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Null => false,
        serde_json::Value::Object(members) => members.values().any(says_something),
        _ => true,
    }
}

fn print_json<T: serde::Serialize>(value: &T) -> Result<(), CliError> {
    // Summaries and events are made of texts and numbers: they always become JSON.
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    super::report::print(&text)
}

/// Columns as wide as their widest cell.
fn print_table<const N: usize>(
    heads: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<(), CliError> {
    let rows: Vec<_> = std::iter::once(heads.map(str::to_owned))
        .chain(rows)
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
        super::report::print(line.trim_end())?;
    }
    Ok(())
}
