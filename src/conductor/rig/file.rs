//! The rig's file: read with exact complaints, changed without losing what people wrote into it.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use serde::Deserialize;
use toml_edit::DocumentMut;

use super::{Controls, PortRig, Rig};

/// Files that are longer are no rigs.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Why a rig cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RigError {
    /// There is no such file, or it cannot be read.
    #[error("the rig {} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// Something in it is wrong.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Wrong {
        /// Which file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong and what to write instead.
        message: String,
    },
    /// It cannot be written.
    #[error("the rig {} cannot be written: {source}; check the disk space and the file's permissions", path.display())]
    Unwritable {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
}

/// The tables of ports.
#[derive(Deserialize)]
struct Ports {
    #[serde(default, rename = "port")]
    all: Vec<PortRig>,
}

impl Rig {
    /// Reads a rig; the file must be there.
    pub fn read(path: &Path) -> Result<Self, RigError> {
        Self::parse(&text(path)?, path)
    }

    /// Reads a rig from its text; `path` is named in complaints.
    pub fn parse(text: &str, path: &Path) -> Result<Self, RigError> {
        // One after the other: each room reads its tables and leaves the others alone.
        let ports: Result<Ports, _> = toml_edit::de::from_str(text);
        let controls: Result<Controls, _> = toml_edit::de::from_str(text);
        let wrong = |error| wrong(text, path, &error);
        Ok(Self {
            ports: ports.map_err(wrong)?.all,
            controls: controls.map_err(wrong)?,
        })
    }

    /// Changes the file, which is made if it is not there. Comments, order and unknown tables stay
    /// as they are. All is written or nothing.
    pub fn edit(path: &Path, change: impl FnOnce(&mut DocumentMut)) -> Result<(), RigError> {
        let before = match text(path) {
            Err(RigError::Unreadable { source, .. }) if source.kind() == ErrorKind::NotFound => {
                String::new()
            }
            read => read?,
        };
        let document = before.parse::<DocumentMut>();
        let mut document = document.map_err(|error| {
            let (line, column) = place(&before, error.span());
            RigError::Wrong {
                path: path.to_owned(),
                line,
                column,
                message: error.message().to_owned(),
            }
        })?;
        change(&mut document);
        write(path, &document.to_string()).map_err(|source| RigError::Unwritable {
            path: path.to_owned(),
            source,
        })
    }
}

fn text(path: &Path) -> Result<String, RigError> {
    let unreadable = |source| RigError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let length = fs::metadata(path).map_err(unreadable)?.len();
    if length > MAX_FILE_BYTES {
        let problem = "it is longer than a megabyte, which no rig is";
        return Err(unreadable(std::io::Error::other(problem)));
    }
    fs::read_to_string(path).map_err(unreadable)
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut beside = tempfile::NamedTempFile::new_in(folder)?;
    beside.write_all(text.as_bytes())?;
    beside.as_file().sync_all()?;
    beside.persist(path)?;
    Ok(())
}

fn wrong(text: &str, path: &Path, error: &toml_edit::de::Error) -> RigError {
    let (line, column) = place(text, error.span());
    let message = error.message().trim();
    // The words of the format's reader, and behind them what may be written.
    let hint = match message.contains("unknown field") || message.contains("missing field") {
        true => {
            "; a port is written as [[port]] with `name` and, as needed, `offset`, `clock`, `pace` and `channels`"
        }
        false => "",
    };
    RigError::Wrong {
        path: path.to_owned(),
        line,
        column,
        message: format!("{message}{hint}"),
    }
}

/// Line and column of the beginning of a span, both from 1.
fn place(text: &str, span: Option<std::ops::Range<usize>>) -> (usize, usize) {
    let end = span.map_or(0, |span| span.start);
    let before = text.get(..end).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::music::{Channel, ClockOut, Offset, Pace};

    fn parse(text: &str) -> Result<Rig, String> {
        Rig::parse(text, Path::new("rig.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_rig_says_how_devices_are_played_to() {
        let rig = parse(
            "# my table\n[[port]]\nname = \"Volca\"\noffset = \"-5 ms\"\nclock = true\n\
             pace = \"din\"\nchannels = { 1 = 10 }\n\n[[port]]\nname = \"KeyStep\"\n\n[lights]\non = 1\n",
        )
        .unwrap();
        let channel = |number| Channel::from_number(number).unwrap();
        let volca = &rig.ports[0];
        assert!(volca.means("volca drum:volca drum MIDI 1") && !volca.means("KeyStep"));
        assert_eq!(
            volca.options.offset,
            Offset::Earlier(Duration::from_millis(5))
        );
        assert_eq!(volca.options.clock, ClockOut::On);
        assert_eq!(volca.options.pace, Pace::Din);
        assert_eq!(volca.channel(channel(1)), channel(10));
        assert_eq!(volca.channel(channel(2)), channel(2));
        assert_eq!(rig.ports[1].options, Default::default());
        assert_eq!(parse(""), Ok(Rig::default()));
    }

    #[test]
    fn the_built_in_port_is_known_by_both_of_its_names() {
        let rig = parse("[[port]]\nname = \"Fermata\"\nclock = true\n").unwrap();
        assert!(rig.ports[0].means("synth") && !rig.ports[0].means("Volca"));
        let rig = parse("[[port]]\nname = \"synth\"\n").unwrap();
        assert!(rig.ports[0].means("synth") && !rig.ports[0].means("USB Synth"));
    }

    #[test]
    fn complaints_name_the_place_and_what_to_write() {
        for (text, place, words) in [
            ("[[port]]\nname = \"a\"\noffset = \"fast\"\n", "3:", "-5 ms"),
            (
                "[[port]]\nname = \"a\"\nchannels = { 1 = 17 }\n",
                "3:",
                "1 to 16",
            ),
            ("[[port]]\nname = \" \"\n", "2:", "fermata ports"),
            ("[[port]]\nclock = true\n", "1:", "name"),
            ("[[port]]\nname = \"a\"\nclok = true\n", "3:1", "`clock`"),
            ("[[port]]\nname = \"a\"\npace = \"slow\"\n", "3:8", "din"),
            ("[[port]\n", "1:", ""),
        ] {
            let error = parse(text).unwrap_err();
            let expected = format!("rig.toml:{place}");
            assert!(error.starts_with(&expected), "{error}");
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn what_people_wrote_stays_when_the_file_is_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/rig.toml");
        Rig::edit(&path, |_| {}).unwrap();
        fs::write(
            &path,
            "# mine\n[[port]]\nname = \"a\" # the red one\n\n[lights]\non = 1\n",
        )
        .unwrap();
        Rig::edit(&path, |document| {
            document["more"] = toml_edit::value(3);
        })
        .unwrap();
        let text = fs::read_to_string(&path).unwrap();
        for line in [
            "# mine",
            "name = \"a\" # the red one",
            "[lights]",
            "on = 1",
            "more = 3",
        ] {
            assert!(text.contains(line), "{text}");
        }
        fs::write(&path, "[[").unwrap();
        assert!(Rig::edit(&path, |_| {}).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "[[", "nothing is lost");
    }
}
