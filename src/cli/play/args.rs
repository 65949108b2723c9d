//! The arguments of `fermata play`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::selection::SelectionArgs;
use crate::cli::{
    CliError, StoreArgs, listen::ListenArgs, new_file::Overwrite, rig::RigArgs,
    secrets::SecretsArgs, services::WithServicesArgs, sounds::SoundArgs,
    supervised::SupervisedArgs,
};

#[derive(Debug, Args)]
pub(in crate::cli) struct PlayArgs {
    /// Scores: YAML, JSON or MIDI files
    #[arg(value_name = "SCORE")]
    pub(super) scores: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) store: StoreArgs,
    #[command(flatten)]
    pub(super) sounds: SoundArgs,
    #[command(flatten)]
    pub(super) selection: SelectionArgs,
    /// Clock: real, or virtual (as fast as possible, and the same result every time)
    #[arg(long, value_enum, default_value_t = ClockKind::Real, hide_possible_values = true)]
    pub(super) clock: ClockKind,
    /// Record a Standard MIDI File with the tempo map and one track per part, or, into a folder (DIR/),
    /// also the sound and the histories
    #[arg(long, value_name = "FILE.mid|DIR/")]
    pub(super) record: Option<PathBuf>,
    /// Render the built-in synth to a file, 48 kHz stereo
    #[arg(long, value_name = "FILE.wav")]
    pub(super) render: Option<PathBuf>,
    /// Write one line of JSON per MIDI message sent
    #[arg(long, value_name = "FILE.jsonl")]
    pub(super) trace: Option<PathBuf>,
    /// Write one line of JSON per step of a task
    #[arg(long, value_name = "FILE.jsonl")]
    pub(super) tasks: Option<PathBuf>,
    #[command(flatten)]
    pub(super) overwrite: Overwrite,
    /// Send everything to the first MIDI output whose name contains PATTERN
    #[arg(long, value_name = "PATTERN")]
    pub(super) port: Option<String>,
    #[command(flatten)]
    pub(super) rig: RigArgs,
    #[command(flatten)]
    pub(super) secrets: SecretsArgs,
    #[command(flatten)]
    pub(super) services: WithServicesArgs,
    #[command(flatten)]
    pub(in crate::cli) supervision: SupervisedArgs,
    #[command(flatten)]
    pub(super) listen: ListenArgs,
    /// Id of the instance (one SCORE only) [default: generated from the name of the score]
    #[arg(long)]
    pub(super) id: Option<String>,
    /// Input of the workflow [default: {}]
    #[arg(long, value_name = "JSON")]
    pub(super) input: Option<String>,
    /// How often to play a score that has a schedule [default: until interrupted; 10 in virtual time]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) runs: Option<u32>,
    /// Format of the report at the end; json: one line per instance
    #[arg(short, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    pub(super) output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ClockKind {
    Real,
    Virtual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

impl PlayArgs {
    /// The store, if the performance can be continued after a crash.
    pub(in crate::cli) fn supervised_store(&self) -> Result<&StoreArgs, CliError> {
        match self.clock {
            ClockKind::Real => Ok(&self.store),
            ClockKind::Virtual => Err(CliError::Usage(
                "--supervised takes the real clock: in virtual time nothing is kept waiting".into(),
            )),
        }
    }
}
