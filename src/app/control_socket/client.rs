//! The side of a command that inspects or controls a running program.

use std::{
    fs, io,
    os::unix::{fs::MetadataExt, net::UnixStream},
    path::Path,
    time::{Duration, Instant},
};

use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};

use super::{
    ClientError, FaultReport, FaultRequest, HistoryRequest, Operation, Outcome, Request,
    SearchRequest, VerifyReport, WindowRequest, WindowShown,
    lines::{Lines, write_line},
    location,
    protocol::{MAX_REPLY_BYTES, Reply, ReplyLine, RequestLine, VERSION},
};
use crate::engine::{Event, History, InstanceSummary};

/// How long the program may take for each reply.
const REPLY_TIMEOUT: Duration = Duration::from_secs(60);

/// How long it may take to read the request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Connects to the program that has a store open.
pub struct Client {
    store: std::path::PathBuf,
}

impl Client {
    /// The client of the program that has this store open; `None` if none listens.
    pub fn find(store: &Path) -> Option<Self> {
        connect(store).map(|_| Self {
            store: store.to_owned(),
        })
    }

    /// Instances that match a search, newest first.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn search(&self, request: &SearchRequest) -> Result<Vec<InstanceSummary>, ClientError> {
        let mut found = Vec::new();
        self.request(&Request::Search(request.clone()), |item| {
            found.push(read(item)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// The history of one run of an instance.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn history(&self, request: &HistoryRequest) -> Result<History, ClientError> {
        let mut events = Vec::new();
        self.request(&Request::History(request.clone()), |item| {
            let event = Event::from_json_text(item.get());
            events.push(event.map_err(|error| ClientError::Malformed(error.to_string()))?);
            Ok(())
        })?;
        let instance = request.id.clone();
        Ok(History { instance, events })
    }

    /// Reads the whole store.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn verify(&self) -> Result<VerifyReport, ClientError> {
        let mut report = None;
        self.request(&Request::Verify, |item| {
            report = Some(read(item)?);
            Ok(())
        })?;
        report.ok_or_else(|| ClientError::Malformed("the report is missing".into()))
    }

    /// Asks the program to show its window.
    ///
    /// # Errors
    ///
    /// [`ClientError`]; `Refused` if the program has no window.
    pub fn show_window(&self, request: WindowRequest) -> Result<WindowShown, ClientError> {
        let mut shown = None;
        self.request(&Request::ShowWindow(request), |item| {
            shown = Some(read(item)?);
            Ok(())
        })?;
        shown.ok_or_else(|| ClientError::Malformed("the reply is missing".into()))
    }

    /// Lists or changes the injected faults. Returns those that the answer is about.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn fault(&self, request: FaultRequest) -> Result<Vec<FaultReport>, ClientError> {
        let mut faults = Vec::new();
        self.request(&Request::Fault(request), |item| {
            faults.push(read(item)?);
            Ok(())
        })?;
        Ok(faults)
    }

    /// Sends a command to an instance.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn operate(&self, operation: Operation) -> Result<Outcome, ClientError> {
        self.request(&Request::Operate(operation), |_| Ok(()))
    }

    fn request(
        &self,
        request: &Request,
        mut each: impl FnMut(&RawValue) -> Result<(), ClientError>,
    ) -> Result<Outcome, ClientError> {
        let mut stream = connect(&self.store).ok_or(ClientError::Gone)?;
        let line = RequestLine {
            version: VERSION,
            request: to_raw_value(request).map_err(io::Error::from)?,
        };
        write_line(&mut stream, &line, REQUEST_TIMEOUT)?;
        let mut lines = Lines::new(stream, MAX_REPLY_BYTES);
        loop {
            let line = lines.next(Instant::now() + REPLY_TIMEOUT)?;
            let line = line.ok_or(ClientError::Gone)?;
            let malformed = |error: serde_json::Error| ClientError::Malformed(error.to_string());
            let line: ReplyLine = serde_json::from_slice(line).map_err(malformed)?;
            if line.version != VERSION {
                return Err(ClientError::Version(line.version));
            }
            match line.reply {
                Reply::Item(item) => each(&item)?,
                Reply::Done(outcome) => return Ok(outcome),
                Reply::Error(error) => return Err(ClientError::Refused(error)),
            }
        }
    }
}

fn read<T: DeserializeOwned>(item: &RawValue) -> Result<T, ClientError> {
    serde_json::from_str(item.get()).map_err(|error| ClientError::Malformed(error.to_string()))
}

/// Connects to the first path where a program listens. Sockets of other users are skipped: they could
/// answer anything.
fn connect(store: &Path) -> Option<UnixStream> {
    let uid = location::own_uid();
    let is_own = |path: &&std::path::PathBuf| {
        fs::symlink_metadata(path).is_ok_and(|found| found.uid() == uid || uid == 0)
    };
    let candidates = location::candidates(store);
    let mut own = candidates.iter().filter(is_own);
    own.find_map(|path| UnixStream::connect(path).ok())
}
