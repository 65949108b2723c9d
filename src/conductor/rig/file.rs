//! The rig file: errors have positions, and changes keep comments and formatting.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use serde::Deserialize;
use toml_edit::DocumentMut;

use super::{Controls, PortRig, Rig};
use crate::conductor::ReplayRoute;

/// The largest size of a rig file.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// An error of a rig file.
#[derive(Debug, thiserror::Error)]
pub enum RigError {
    /// It does not exist or cannot be read.
    #[error(
        "the rig file {} cannot be read: {source}; check that it exists and that you may read it",
        path.display()
    )]
    Unreadable {
        /// Path of the file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// It has an error.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Invalid {
        /// Path of the file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// The error and what to write instead.
        message: String,
    },
    /// It cannot be written.
    #[error(
        "the rig file {} cannot be written: {source}; check the disk space and the file's permissions",
        path.display()
    )]
    Unwritable {
        /// Path of the file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
}

/// The `[[port]]` tables.
#[derive(Deserialize)]
struct Ports {
    #[serde(default, rename = "port")]
    all: Vec<PortRig>,
}

/// The `[replay]` table.
#[derive(Deserialize)]
struct Replay {
    #[serde(default, rename = "replay")]
    to: ReplayRoute,
}

impl Rig {
    /// Reads a rig file, which must exist.
    pub fn read(path: &Path) -> Result<Self, RigError> {
        Self::parse(&text(path)?, path)
    }

    /// Reads a rig from its text; `path` is for errors.
    pub fn parse(text: &str, path: &Path) -> Result<Self, RigError> {
        // Each part reads its own tables and ignores the others.
        let ports: Result<Ports, _> = toml_edit::de::from_str(text);
        let controls: Result<Controls, _> = toml_edit::de::from_str(text);
        let replay: Result<Replay, _> = toml_edit::de::from_str(text);
        let invalid = |error| invalid(text, path, &error);
        Ok(Self {
            ports: ports.map_err(invalid)?.all,
            controls: controls.map_err(invalid)?,
            replay: replay.map_err(invalid)?.to,
        })
    }

    /// Changes the file, or creates it. Comments, order and unknown tables are kept. A failed write
    /// leaves the file unchanged.
    pub fn edit(path: &Path, change: impl FnOnce(&mut DocumentMut)) -> Result<(), RigError> {
        let before = match text(path) {
            Err(RigError::Unreadable { source, .. }) if source.kind() == ErrorKind::NotFound => {
                String::new()
            }
            read => read?,
        };
        let document = before.parse::<DocumentMut>();
        let mut document = document.map_err(|error| {
            let (line, column) = position(&before, error.span());
            RigError::Invalid {
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
        let problem = "it is larger than 1 MiB";
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
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    temporary.write_all(text.as_bytes())?;
    temporary.as_file().sync_all()?;
    temporary.persist(path)?;
    Ok(())
}

fn invalid(text: &str, path: &Path, error: &toml_edit::de::Error) -> RigError {
    let (line, column) = position(text, error.span());
    let message = error.message().trim();
    let is_field = message.contains("unknown field") || message.contains("missing field");
    let hint = match is_field {
        true if message.contains("`to`") => {
            "; [replay] has only `to`: part of an output's name, \"synth\" or \"off\""
        }
        true => "; a [[port]] has a `name` and optionally `offset`, `clock`, `pace` and `channels`",
        false => "",
    };
    RigError::Invalid {
        path: path.to_owned(),
        line,
        column,
        message: format!("{message}{hint}"),
    }
}

/// Line and column of the start of a span, both counted from 1.
fn position(text: &str, span: Option<std::ops::Range<usize>>) -> (usize, usize) {
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
    fn a_rig_has_options_for_each_port() {
        let rig = parse(
            "# my table\n[[port]]\nname = \"Volca\"\noffset = \"-5 ms\"\nclock = true\n\
             pace = \"din\"\nchannels = { 1 = 10 }\n\n[[port]]\nname = \"KeyStep\"\n\n[lights]\non = 1\n",
        )
        .unwrap();
        let channel = |number| Channel::from_number(number).unwrap();
        let volca = &rig.ports[0];
        assert!(volca.matches("volca drum:volca drum MIDI 1") && !volca.matches("KeyStep"));
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
    fn the_built_in_port_has_two_names() {
        let rig = parse("[[port]]\nname = \"Fermata\"\nclock = true\n").unwrap();
        assert!(rig.ports[0].matches("synth") && !rig.ports[0].matches("Volca"));
        let rig = parse("[[port]]\nname = \"synth\"\n").unwrap();
        assert!(rig.ports[0].matches("synth") && !rig.ports[0].matches("USB Synth"));
    }

    #[test]
    fn replay_sounds_on_the_synth_unless_the_rig_says_otherwise() {
        let replay = |text| parse(text).map(|rig| rig.replay);
        assert_eq!(replay(""), Ok(ReplayRoute::Synth));
        assert_eq!(replay("[replay]\nto = \"synth\"\n"), Ok(ReplayRoute::Synth));
        assert_eq!(replay("[replay]\nto = \"off\"\n"), Ok(ReplayRoute::Off));
        let volca = ReplayRoute::Port("Volca".into());
        assert_eq!(replay("[replay]\nto = \"Volca\"\n"), Ok(volca));
        let error = replay("[replay]\nport = \"Volca\"\n").unwrap_err();
        assert!(error.starts_with("rig.toml:2:1: "), "{error}");
    }

    #[test]
    fn errors_have_a_position_and_say_what_to_write() {
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
    fn comments_and_other_tables_survive_a_change() {
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
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "[[",
            "an invalid file is not overwritten"
        );
    }
}
