//! Figures in groups: those that are named on the command line are measured, or all.

use std::{error::Error, process::ExitCode};

use tokio::runtime::Runtime;

use super::table::Table;

/// Measures a group of figures.
pub type Measure = fn(&Runtime, &mut Table) -> Result<(), Box<dyn Error>>;

/// Measures the selected groups and prints the table.
pub fn run(groups: &[(&str, Measure)]) -> ExitCode {
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    // Cargo adds options of its own.
    let wanted: Vec<_> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let mut table = Table::default();
    for (name, measure) in groups {
        if !wanted.is_empty() && !wanted.iter().any(|group| group == name) {
            continue;
        }
        eprintln!("measuring: {name}");
        if let Err(error) = measure(&runtime, &mut table) {
            eprintln!("{name} could not be measured: {error}");
            return ExitCode::FAILURE;
        }
    }
    table.finish()
}
