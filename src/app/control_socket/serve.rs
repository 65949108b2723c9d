//! Serves one client: reads its request and answers it.

use std::{
    io,
    os::unix::net::UnixStream,
    sync::Arc,
    time::{Duration, Instant},
};

use serde::Serialize;
use serde_json::value::to_raw_value;
use tokio::runtime::Handle;

use super::{
    Controlled, FaultRequest, Operation, Outcome, ReadError, Request, ShowWindow, VerifyReport,
    lines::{Lines, write_line},
    protocol::{MAX_REQUEST_BYTES, Reply, ReplyLine, RequestLine, VERSION},
    read_history, read_instances,
};
use crate::app::crash::crash;

/// How long a client may take to send its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a client may take to read a reply.
const REPLY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an operation may take: a store that cannot be written keeps it waiting.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(20);

/// What requests are about.
#[derive(Clone)]
pub(super) struct Served {
    pub program: Controlled,
    pub window: Arc<dyn ShowWindow>,
    pub runtime: Handle,
}

/// Receives the request of a client, or why it cannot be answered; `None` if the client has gone.
///
/// # Errors
///
/// Those of the connection.
pub(super) fn receive(stream: &UnixStream) -> io::Result<Option<Result<Request, String>>> {
    let mut lines = Lines::new(stream.try_clone()?, MAX_REQUEST_BYTES);
    Ok(match lines.next(Instant::now() + REQUEST_TIMEOUT) {
        Ok(None) => None,
        Ok(Some(line)) => Some(parse(line)),
        Err(error) => Some(Err(format!("the request could not be read: {error}"))),
    })
}

/// Executes the request of a client and replies.
///
/// # Errors
///
/// Those of the connection. All other errors are sent to the client.
pub(super) fn reply(
    mut stream: UnixStream,
    request: Result<Request, String>,
    program: &Served,
) -> io::Result<()> {
    let crashes = matches!(request, Ok(Request::Fault(FaultRequest::Crash)));
    let reply = match request {
        Ok(request) => answer(&mut stream, request, program)?,
        Err(error) => Reply::Error(error),
    };
    let crashes = crashes && matches!(reply, Reply::Done(_));
    let sent = send(&mut stream, reply);
    if crashes {
        crash();
    }
    sent
}

fn parse(line: &[u8]) -> Result<Request, String> {
    let malformed = |error| format!("the request is malformed: {error}");
    let line: RequestLine = serde_json::from_slice(line).map_err(malformed)?;
    if line.version != VERSION {
        return Err(format!(
            "the request uses version {} of the protocol, the running program version {VERSION}: \
             use the same Fermata for both",
            line.version
        ));
    }
    serde_json::from_str(line.request.get()).map_err(malformed)
}

/// Sends the items of an answer; returns its end.
fn answer(stream: &mut UnixStream, request: Request, program: &Served) -> io::Result<Reply> {
    let archive = program.program.engine().archive();
    let read = match request {
        Request::Operate(operation) => return Ok(operate(operation, program)),
        Request::ShowWindow(request) => match program.window.show(&request) {
            Ok(shown) => item(stream, &shown).map_err(ReadError::Receiver),
            Err(error) => return Ok(Reply::Error(error)),
        },
        Request::Fault(request) => match program.program.apply_fault(request) {
            Ok(faults) => faults
                .iter()
                .try_for_each(|fault| item(stream, fault))
                .map_err(ReadError::Receiver),
            Err(error) => return Ok(Reply::Error(error)),
        },
        Request::Search(search) => {
            read_instances(archive, &search, |instance| item(stream, &instance))
        }
        Request::History(history) => read_history(archive, &history, |event| {
            item(stream, &Text(event.to_json_text()))
        }),
        Request::Verify => match archive.verify() {
            Ok(verified) => {
                item(stream, &VerifyReport::from(verified)).map_err(ReadError::Receiver)
            }
            Err(error) => return Ok(Reply::Error(error.to_string())),
        },
    };
    match read {
        Ok(()) => Ok(Reply::Done(Outcome::default())),
        Err(ReadError::Receiver(error)) => Err(error),
        Err(error) => Ok(Reply::Error(error.to_string())),
    }
}

fn operate(operation: Operation, program: &Served) -> Reply {
    let done = program.runtime.block_on(async {
        tokio::time::timeout(OPERATION_TIMEOUT, program.program.apply(operation)).await
    });
    match done {
        Ok(Ok(outcome)) => Reply::Done(outcome),
        Ok(Err(error)) => Reply::Error(error.to_string()),
        Err(_) => Reply::Error(
            "the program has not confirmed the request yet: check `fermata list` before repeating it"
            .into(),
        ),
    }
}

/// JSON text, as it is.
struct Text(crate::engine::JsonText);

impl Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &serde_json::value::RawValue =
            serde_json::from_str(self.0.as_str()).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

fn item(stream: &mut UnixStream, item: &impl Serialize) -> io::Result<()> {
    send(stream, Reply::Item(to_raw_value(item)?))
}

fn send(stream: &mut UnixStream, reply: Reply) -> io::Result<()> {
    write_line(stream, &ReplyLine::new(reply), REPLY_TIMEOUT)
}
