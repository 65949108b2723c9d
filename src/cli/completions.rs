//! `fermata completions` and `fermata man`: generated from the definition of the arguments.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{
    Cli, CliError,
    terminal::{print, print_bytes},
};

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// Shell to complete for
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write a page for each command to this folder [default: print the main page]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Prints the completion script of a shell.
pub(super) fn completions(args: &CompletionsArgs) -> Result<ExitCode, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "fermata", &mut script);
    print_bytes(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the man page, or writes all man pages.
pub(super) fn man(args: &ManArgs) -> Result<ExitCode, CliError> {
    match &args.output {
        None => {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(Cli::command()).render(&mut page);
            rendered.map_err(CliError::Output)?;
            print_bytes(&page)?;
        }
        Some(folder) => {
            let written = std::fs::create_dir_all(folder)
                .and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
            written.map_err(|source| CliError::unwritable(folder, source))?;
            print(&format!("created man pages in {}", folder.display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
