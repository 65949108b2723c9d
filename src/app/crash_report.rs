//! Reports of failures of the window: text files beside the store.
//!
//! A report is for the developers. It contains nothing of scores and histories: versions, what the panic
//! said and where, the graphics, and the kinds of the last actions.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use jiff::Timestamp;

use crate::stage::WindowFailure;

/// What the names of reports have after that of the store.
const INFIX: &str = ".crash-";
/// How long a report is recent.
pub(crate) const RECENT: Duration = Duration::from_secs(7 * 24 * 3600);
/// The most reports in one second.
const MOST: u32 = 100;

/// The path that the names of reports begin with: that of the store, or of a file in the data folder.
pub(super) fn stem(store: Option<&Path>) -> Option<PathBuf> {
    match store {
        Some(store) => Some(store.to_owned()),
        None => {
            let dirs = directories::ProjectDirs::from("", "", "fermata")?;
            Some(dirs.data_dir().join("fermata"))
        }
    }
}

/// Writes a report to a new file. Returns its path, or why it cannot be written.
pub(super) fn write(
    stem: Option<&Path>,
    failure: &WindowFailure,
    now: SystemTime,
) -> Result<PathBuf, String> {
    let stem = stem.ok_or("this system has no data folder for users")?;
    let text = text(failure, now);
    create(stem, &stamp(now), text.as_bytes())
        .map_err(|error| format!("{} cannot be written: {error}", stem.display()))
}

/// The newest report beside a store that is at most a week old.
pub fn newest_crash_report(store: &Path) -> Option<PathBuf> {
    let name = store.file_name()?.to_str()?;
    let folder = match store.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let is_report = |path: &PathBuf| {
        let file = path.file_name().and_then(|file| file.to_str());
        let rest = file.and_then(|file| file.strip_prefix(name)?.strip_prefix(INFIX));
        rest.is_some_and(|rest| rest.ends_with(".txt"))
    };
    let files = fs::read_dir(folder).ok()?.flatten().map(|file| file.path());
    let reports = files.filter(is_report).filter_map(|path| {
        let written = fs::metadata(&path).ok()?.modified().ok()?;
        let age = SystemTime::now()
            .duration_since(written)
            .unwrap_or_default();
        (age <= RECENT).then_some((written, path))
    });
    reports.max().map(|(_, path)| path)
}

/// A file that did not exist.
fn create(stem: &Path, stamp: &str, text: &[u8]) -> io::Result<PathBuf> {
    if let Some(folder) = stem.parent() {
        fs::create_dir_all(folder)?;
    }
    for number in 1..=MOST {
        let mut name = stem.as_os_str().to_owned();
        name.push(INFIX);
        name.push(stamp);
        if number > 1 {
            name.push(format!("-{number}"));
        }
        name.push(".txt");
        match File::create_new(&name) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(mut file) => {
                file.write_all(text)?;
                return Ok(PathBuf::from(name));
            }
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// A moment without characters that file names cannot have.
fn stamp(now: SystemTime) -> String {
    let now = Timestamp::try_from(now).unwrap_or_default();
    now.strftime("%Y-%m-%dT%H-%M-%SZ").to_string()
}

fn text(failure: &WindowFailure, now: SystemTime) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name}: {value}");
    };
    line("Fermata", env!("CARGO_PKG_VERSION"));
    line("time", &stamp(now));
    line("system", &system());
    line("graphics", &failure.graphics);
    line("message", &failure.message);
    line("location", &failure.location);
    text.push_str("\nLast actions and commands, the latest last:\n");
    for kind in &failure.trail {
        let _ = writeln!(text, "  {kind}");
    }
    let _ = write!(text, "\nBacktrace:\n{}", failure.backtrace.trim_end());
    text.push('\n');
    text
}

fn system() -> String {
    let (name, processor) = (std::env::consts::OS, std::env::consts::ARCH);
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{name} {processor} {}", release.trim())
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> WindowFailure {
        WindowFailure {
            message: "index out of bounds".into(),
            location: "src/stage/lane.rs:7:3".into(),
            backtrace: "  0: paint\n".into(),
            graphics: "glow, OpenGL 4.5".into(),
            trail: vec!["action Inspector".into(), "command Engine Suspend".into()],
        }
    }

    #[test]
    fn a_report_is_written_beside_the_store_and_never_over_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("history.redb");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let first = write(Some(&store), &failure(), now).unwrap();
        let second = write(Some(&store), &failure(), now).unwrap();
        assert_eq!(
            first,
            folder
                .path()
                .join("history.redb.crash-2027-01-15T08-00-00Z.txt")
        );
        assert_ne!(first, second);
        let text = fs::read_to_string(&first).unwrap();
        for part in [
            "Fermata: ",
            "system: ",
            "graphics: glow, OpenGL 4.5",
            "message: index out of bounds",
            "location: src/stage/lane.rs:7:3",
            "  action Inspector\n  command Engine Suspend\n",
            "0: paint",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(newest_crash_report(&store), Some(second));
        assert_eq!(newest_crash_report(&folder.path().join("other.redb")), None);
    }

    #[test]
    fn a_report_that_cannot_be_written_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = write(Some(&file.join("store")), &failure(), SystemTime::now());
        assert!(error.unwrap_err().contains("cannot be written"));
    }
}
