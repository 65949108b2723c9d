//! `--supervised`: a parent process starts the program again when it crashes.

use std::process::ExitCode;

use clap::Args;

use super::{CliError, StoreArgs, terminal::message};
use crate::app::supervisor::{Supervised, supervise};

#[derive(Debug, Clone, Copy, Args)]
pub(super) struct SupervisedArgs {
    /// Start the program again when it crashes, at most 5 times within 10 s; what was playing continues
    #[arg(long)]
    supervised: bool,
}

impl SupervisedArgs {
    /// Runs the program as a child of this process. `None`: this process is the program. `store` is an error
    /// if nothing could be continued.
    pub fn supervise(self, store: Result<&StoreArgs, CliError>) -> Option<ExitCode> {
        if !self.supervised || Supervised::of_this_process().is_some() {
            return None;
        }
        let in_file = store.and_then(|store| match store.file()? {
            Some(_) => Ok(()),
            None => Err(CliError::Usage(
                "--supervised needs a store that outlives a crash: :memory: does not".into(),
            )),
        });
        let done = in_file.and_then(|()| Ok(supervise(message)?));
        Some(done.unwrap_or_else(|error| {
            message(&error.to_string());
            error.exit_code()
        }))
    }

    /// What the supervisor told, if the program was started again after a crash.
    pub fn restarted(self) -> Option<Supervised> {
        let supervised = Supervised::of_this_process();
        supervised.filter(|supervised| self.supervised && supervised.restarts > 0)
    }
}
