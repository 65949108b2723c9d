//! The supervisor: a small parent process that starts the program again when it crashes.
//!
//! The program runs as a child of the supervisor, with the same arguments. What it played is in its store,
//! so the program that is started again continues it.
//!
//! | file | contents |
//! |---|---|
//! | this one | runs the child until its last end |
//! | `end` | how a child ended, and whether that was a crash |
//! | `restarts` | the limit of restarts |
//! | `supervised` | what the child knows of its supervisor |
//! | `started` | the scores that the program has started before its crash |

mod end;
mod restarts;
mod started;
mod supervised;

use std::{env, process::ExitCode, time::Instant};

use tokio::process::{Child, Command};

use self::{end::ChildEnd, restarts::Restarts};
pub use self::{
    restarts::{MAX_RESTARTS, RESTART_WINDOW},
    started::Started,
    supervised::Supervised,
};
use super::{AppError, Shutdown};

/// Runs this program with the same arguments as a child, and starts it again whenever it crashes. Returns
/// what the last child returned. `report` gets a message for each crash.
///
/// Signals that ask this process to end are passed on to the child, which is not started again then.
///
/// # Errors
///
/// [`AppError::Supervisor`] if the child cannot be started.
pub fn supervise(report: impl Fn(&str)) -> Result<ExitCode, AppError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(AppError::Threads)?;
    runtime.block_on(run(report)).map_err(AppError::Supervisor)
}

async fn run(report: impl Fn(&str)) -> std::io::Result<ExitCode> {
    let program = env::current_exe()?;
    let mut shutdowns = super::shutdown::Shutdowns::watch();
    let mut restarts = Restarts::default();
    let mut supervised = Supervised::first();
    loop {
        let mut child = Command::new(&program)
            .args(env::args_os().skip(1))
            .envs(supervised.environment())
            .spawn()?;
        let mut asked_to_end = false;
        let end = loop {
            tokio::select! {
                status = child.wait() => break ChildEnd::of(status?),
                signal = shutdowns.next() => {
                    asked_to_end = true;
                    pass_on(&child, signal);
                }
            }
        };
        if asked_to_end || !end.is_crash() {
            return Ok(end.exit_code());
        }
        if !restarts.may_restart(Instant::now()) {
            report(&format!(
                "the program {end}; it crashed more than {MAX_RESTARTS} times within {} s and is not \
                 started again: --log FILE shows more",
                RESTART_WINDOW.as_secs()
            ));
            return Ok(end.exit_code());
        }
        report(&format!("the program {end}; it is started again"));
        supervised = supervised.next(end.cause());
    }
}

/// Passes a signal on to the child. One that has ended needs none.
#[cfg(unix)]
fn pass_on(child: &Child, signal: Shutdown) {
    use rustix::process::{Pid, Signal, kill_process};
    let pid = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    let signal = match signal {
        Shutdown::Interrupt => Signal::INT,
        Shutdown::Terminate => Signal::TERM,
        Shutdown::HangUp => Signal::HUP,
    };
    if let Some(pid) = pid {
        let _ = kill_process(pid, signal);
    }
}

/// The console has told the child as well.
#[cfg(not(unix))]
fn pass_on(_: &Child, _: Shutdown) {}
