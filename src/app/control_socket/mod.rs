//! A local socket next to the store, for other processes of the same user: they inspect the instances
//! of a running program and send them commands.
//!
//! A store has one program at a time. While it runs, `fermata list`, `history`, `pause` and the like
//! reach its instances through this socket.
//!
//! - Only the owner can connect: the socket has mode 0600 from the moment that it has its name.
//! - Requests are served on threads of their own, never on the engine's or the player's thread.
//! - Everything has a limit: clients at once, bytes of a request, time to send it, time to read the
//!   answer. A stuck or malicious client is disconnected.
//!
//! | file | contents |
//! |---|---|
//! | `protocol` | requests and replies, one line of JSON each |
//! | `lines` | lines of a connection, with a limit and a deadline |
//! | `location` | the path of the socket, derived from that of the store |
//! | `server`, `serve` | the running program's side: connections; one client |
//! | `client` | the other side |
//! | `operation` | commands to instances, also used on a store that no program has open |
//! | `fault` | injecting faults into the running program |
//! | `show_window` | showing the window of the running program |
//! | `read` | histories and searches, page by page; the same |

#[cfg(unix)]
mod client;
mod controlled;
mod error;
mod fault;
#[cfg(unix)]
mod lines;
#[cfg(unix)]
mod location;
mod operation;
mod protocol;
mod read;
#[cfg(unix)]
mod serve;
#[cfg(unix)]
mod server;
mod show_window;
#[cfg(not(unix))]
mod unavailable;

#[cfg(unix)]
pub use client::Client;
pub use controlled::Controlled;
pub use error::ClientError;
pub use fault::{FaultReport, FaultRequest};
use operation::apply_to_engine;
pub use operation::{Operation, Outcome, apply, apply_offline};
pub use protocol::{DamageReport, HistoryRequest, Request, SearchRequest, VerifyReport};
pub use read::{ReadError, read_history, read_instances};
#[cfg(unix)]
pub use server::ControlSocket;
pub use show_window::{NoWindow, ShowWindow, WindowRequest, WindowShown};
#[cfg(not(unix))]
pub use unavailable::{Client, ControlSocket};

use std::{io, path::Path, sync::Arc};

use tokio::runtime::Handle;

/// Opens the socket of a store that this process has open. If that fails, `report` gets a message and the
/// program runs without a socket. Systems without such sockets get no message.
pub fn open(
    store: &Path,
    program: impl Into<Controlled>,
    window: Arc<dyn ShowWindow>,
    runtime: Handle,
    report: impl FnOnce(&str),
) -> Option<ControlSocket> {
    match ControlSocket::open(store, program.into(), window, runtime) {
        Ok(socket) => Some(socket),
        Err(error) if error.kind() == io::ErrorKind::Unsupported => None,
        Err(error) => {
            report(&format!(
                "no control socket ({error}): `fermata list`, `pause` and the like cannot reach this \
                 program"
            ));
            None
        }
    }
}
