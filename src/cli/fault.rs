//! `fermata fault`: injects faults into the program that plays.

use std::{process::ExitCode, time::Duration};

use clap::{Args, Subcommand, ValueEnum};

use super::{
    CliError, StoreArgs,
    arguments::instance_id,
    terminal::{print, print_json},
};
use crate::{
    app::control_socket::{Client, FaultReport, FaultRequest},
    conductor::{FaultChange, FaultTarget},
    engine::InstanceId,
};

#[derive(Debug, Args)]
pub(super) struct FaultArgs {
    #[command(subcommand)]
    command: FaultCommand,
}

#[derive(Debug, Subcommand)]
enum FaultCommand {
    /// List the faults that were set
    List {
        /// Format of the list; json: one line per fault
        #[arg(short, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
        output: Format,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Inject a fault, or change it
    Set(SetArgs),
    /// Break the code of a lane: it no longer matches its history, and the lane is stalled
    Break {
        /// The lane: the id of an instance
        #[arg(value_name = "LANE", value_parser = instance_id)]
        lane: InstanceId,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Unplug a MIDI port, as if its cable were pulled
    Unplug {
        /// A part of the port's name, in any case
        port: String,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// End all faults, also those of the scores, or only that of TARGET
    End {
        /// instrument:NAME, activity:NAME, service:NAME, port:NAME, lane:NAME or disk
        target: Option<FaultTarget>,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Kill the program, which must have been started with --supervised: it starts again and continues
    Crash {
        #[command(flatten)]
        store: StoreArgs,
    },
}

#[derive(Debug, Args)]
struct SetArgs {
    /// instrument:NAME, activity:NAME (play, http or emit), service:NAME (its host, or on this machine the first
    /// part of the path), or disk
    target: FaultTarget,
    /// Share of attempts that fail: 30%, or 0.3
    #[arg(long, value_name = "SHARE", value_parser = share)]
    rate: Option<f64>,
    /// Each attempt begins this much later: 200ms, or 1.5s; at most 60s
    #[arg(long, value_name = "TIME", value_parser = latency)]
    latency: Option<Duration>,
    /// Every attempt fails, until it is off
    #[arg(long, value_name = "on|off", hide_possible_values = true)]
    outage: Option<OnOff>,
    /// The next N attempts fail
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=1000))]
    fail_next: Option<u32>,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnOff {
    On,
    Off,
}

pub(super) fn run(args: FaultArgs) -> Result<ExitCode, CliError> {
    match args.command {
        FaultCommand::List { output, store } => {
            let faults = client(&store)?.fault(FaultRequest::List)?;
            if faults.is_empty() && output == Format::Text {
                print("no faults")?;
            }
            for report in &faults {
                print_report(report, output)?;
            }
        }
        FaultCommand::Set(set) => {
            let change = FaultChange {
                rate: set.rate,
                latency: set.latency,
                outage: set.outage.map(|outage| outage == OnOff::On),
                fail_next: set.fail_next,
            };
            if change == FaultChange::default() {
                return Err(CliError::Usage(
                    "pass --rate, --latency, --outage or --fail-next".into(),
                ));
            }
            inject(set.target, change, &set.store)?;
        }
        FaultCommand::Break { lane, store } => inject(FaultTarget::Lane(lane), OUTAGE, &store)?,
        FaultCommand::Unplug { port, store } => {
            inject(FaultTarget::Port(port.into()), OUTAGE, &store)?;
        }
        FaultCommand::End { target, store } => {
            let ended = match &target {
                Some(target) => format!("{target}: ended"),
                None => "all faults ended".to_owned(),
            };
            client(&store)?.fault(FaultRequest::End { target })?;
            print(&ended)?;
        }
        FaultCommand::Crash { store } => {
            client(&store)?.fault(FaultRequest::Crash)?;
            print("the program was killed; its supervisor starts it again")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The fault of what is either whole or not.
const OUTAGE: FaultChange = FaultChange {
    rate: None,
    latency: None,
    outage: Some(true),
    fail_next: None,
};

fn inject(target: FaultTarget, change: FaultChange, store: &StoreArgs) -> Result<(), CliError> {
    for report in client(store)?.fault(FaultRequest::Set { target, change })? {
        print_report(&report, Format::Text)?;
    }
    Ok(())
}

fn client(store: &StoreArgs) -> Result<Client, CliError> {
    let path = store.file()?.ok_or_else(|| {
        CliError::Usage("a store in memory has no program to reach: use --store PATH".into())
    })?;
    Client::find(&path).ok_or(CliError::NotPlaying(path))
}

fn print_report(report: &FaultReport, format: Format) -> Result<(), CliError> {
    match format {
        // Names and numbers always become JSON.
        Format::Json => print_json(&serde_json::to_string(report).unwrap_or_default()),
        Format::Text => print(&format!(
            "{}: {}",
            report.target,
            report.target.words(&report.fault)
        )),
    }
}

/// A share: `30%`, or `0.3`.
fn share(text: &str) -> Result<f64, String> {
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
        None => text.parse::<f64>(),
    };
    let share = share.ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "write it as 30%, or as 0.3; it is 0 to 100 %".to_owned())
}

/// A latency: `200ms`, or `1.5s`.
fn latency(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1e-3),
        None => (text.strip_suffix('s').unwrap_or(""), 1.0),
    };
    let seconds = number
        .trim()
        .parse::<f64>()
        .ok()
        .map(|number| number * unit);
    let seconds = seconds.filter(|seconds| (0.0..=60.0).contains(seconds));
    let latency = seconds.map(Duration::from_secs_f64);
    latency.ok_or_else(|| "write it as 200ms, or as 1.5s; it is at most 60s".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_latencies_are_read_as_people_write_them() {
        assert_eq!(share("30%"), Ok(0.3));
        assert_eq!(share("0.25"), Ok(0.25));
        assert!(share("130%").is_err() && share("NaN").is_err() && share("").is_err());
        assert_eq!(latency("200ms"), Ok(Duration::from_millis(200)));
        assert_eq!(latency("1.5s"), Ok(Duration::from_millis(1500)));
        assert!(latency("200").is_err() && latency("2h").is_err() && latency("61s").is_err());
    }
}
