//! The performance as JSON lines, one message per line, for people and for test programs.
//!
//! ```json
//! {"due_ns":500000000,"sent_ns":500000210,"beat":1.0,"port":"synth","bytes":[144,60,96],"instance":"order-1","event_id":7}
//! ```

use std::{
    collections::HashMap,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{MusicError, Names, PortId, Sent, Sink, SinkError, volume::AsController};

/// Writes every message to a file at once: a killed process loses only the last moment.
pub struct Trace {
    path: PathBuf,
    file: File,
    names: Names,
    /// Of each port.
    volumes: HashMap<PortId, AsController>,
    line: Vec<u8>,
}

#[derive(Serialize)]
struct Line<'a> {
    due_ns: u64,
    sent_ns: u64,
    beat: f64,
    port: &'a str,
    bytes: &'a [u8],
    instance: Option<String>,
    event_id: Option<u64>,
}

impl Trace {
    /// Creates the file, replacing an existing one.
    pub fn create(path: &Path, names: Names) -> Result<Self, MusicError> {
        let file = File::create(path).map_err(|source| MusicError::File {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            file,
            names,
            volumes: HashMap::new(),
            line: Vec::new(),
        })
    }

    fn write(&mut self, message: &Sent) -> std::io::Result<()> {
        self.line.clear();
        let volumes = self.volumes.entry(message.port).or_default();
        let written = volumes.written(message.message);
        let line = Line {
            due_ns: message.due.0,
            sent_ns: message.sent.0,
            beat: message.beat.as_f64(),
            port: &self.names.port_name(message.port),
            bytes: &written.bytes(),
            instance: message.lane.map(|lane| self.names.lane_name(lane)),
            event_id: message.source,
        };
        serde_json::to_writer(&mut self.line, &line)?;
        self.line.push(b'\n');
        self.file.write_all(&self.line)
    }
}

impl Sink for Trace {
    fn send(&mut self, message: &Sent) -> Result<(), SinkError> {
        self.write(message).map_err(|source| {
            SinkError::Failed(MusicError::File {
                path: self.path.clone(),
                source,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Beat, Beats, Channel, Key, Message, Nanos, PortId, Velocity};

    #[test]
    fn every_message_is_written_as_a_line_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trace.jsonl");
        let names = Names::default();
        names.new_port("synth".into(), 1).unwrap();
        let mut trace = Trace::create(&path, names.clone()).unwrap();
        let channel = Channel::from_number(1).unwrap();
        let mut message = Sent {
            due: Nanos(500_000_000),
            sent: Nanos(500_000_210),
            beat: Beat(Beats::new(3, 2)),
            port: PortId(0),
            part: None,
            lane: Some(names.lane("order \"1\"")),
            source: Some(7),
            message: Message::NoteOn(channel, Key::new(60).unwrap(), Velocity::default()),
        };
        trace.send(&message).unwrap();
        message.lane = None;
        message.source = None;
        message.message = Message::Program(channel, 5);
        trace.send(&message).unwrap();
        // Read while the file is open: nothing is buffered.
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                r#"{"due_ns":500000000,"sent_ns":500000210,"beat":1.5,"port":"synth","bytes":[144,60,96],"instance":"order \"1\"","event_id":7}"#,
                r#"{"due_ns":500000000,"sent_ns":500000210,"beat":1.5,"port":"synth","bytes":[192,5],"instance":null,"event_id":null}"#,
            ]
        );
    }

    #[test]
    fn a_file_that_cannot_be_created_is_named() {
        let error = Trace::create(Path::new("/nowhere/at/all"), Names::default()).err();
        assert!(error.unwrap().to_string().contains("/nowhere/at/all"));
    }
}
