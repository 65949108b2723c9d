//! The file next to the store in which the position in the set list is kept.
//!
//! It is a convenience: a show goes on without it. A file that cannot be read, or that a later version
//! wrote, is left alone.

use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::{
    app::{
        application::{App, AppEvent},
        replaced_file::replace,
    },
    engine::{InstanceId, Timestamp},
    view::{PieceKey, PieceNumber, SetlistPosition},
};

/// The version of the format that is written.
const VERSION: u32 = 1;
/// The longest file that is read, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// Where the position is kept.
#[derive(Clone)]
pub(super) struct PositionFile {
    /// `None`: it is kept only while the program runs.
    path: Option<PathBuf>,
    /// Why the file is not used.
    problem: Option<String>,
    latest: Arc<watch::Sender<Option<Kept>>>,
}

/// What is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    /// The file of the set list.
    pub setlist: String,
    /// Its pieces when this was written.
    pub pieces: Vec<PieceKey>,
    pub position: SetlistPosition,
    /// The lanes of scenes that were reset.
    pub put_away: Vec<InstanceId>,
}

/// The content of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Content {
    version: u32,
    setlist: String,
    /// The number of the current piece, counted from 1.
    current: usize,
    /// The piece that was started last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started: Option<usize>,
    /// Nanoseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<u64>,
    pieces: Vec<Line>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    put_away: Vec<String>,
}

/// A piece in the file.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    score: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    instances: Vec<String>,
}

impl PositionFile {
    /// The position is not kept.
    pub fn none() -> Self {
        Self {
            path: None,
            problem: None,
            latest: Arc::default(),
        }
    }

    /// That of a store: in the file with its name and `.setlist.json` after it.
    pub fn of_store(store: &Path) -> Self {
        let mut name = store.as_os_str().to_owned();
        name.push(".setlist.json");
        let path = PathBuf::from(name);
        match read(&path) {
            Ok(kept) => Self {
                path: Some(path),
                problem: None,
                latest: Arc::new(watch::Sender::new(kept)),
            },
            Err(why) => Self {
                problem: Some(format!(
                    "The position in {} is not used, and the new one is not kept: {why}",
                    path.display()
                )),
                ..Self::none()
            },
        }
    }

    /// What was kept of this set list.
    pub fn kept(&self, setlist: &str) -> Option<Kept> {
        let kept = self.latest.borrow().clone();
        kept.filter(|kept| kept.setlist == setlist)
    }

    /// Keeps this. It is written in the background.
    pub fn keep(&self, kept: Kept) {
        self.latest.send_if_modified(|latest| {
            let is_new = latest.as_ref() != Some(&kept);
            *latest = Some(kept);
            is_new
        });
    }
}

/// Writes every change until the program ends.
pub(super) async fn run(app: Arc<App>, file: PositionFile) {
    if let Some(problem) = &file.problem {
        app.emit(AppEvent::Notice(problem.clone()));
    }
    let Some(path) = file.path.clone() else {
        return;
    };
    let mut latest = file.latest.subscribe();
    // The other sender ends with the set list.
    drop(file);
    while latest.changed().await.is_ok() {
        let Some(kept) = latest.borrow_and_update().clone() else {
            continue;
        };
        let to = path.clone();
        let written = tokio::task::spawn_blocking(move || write(&to, &kept)).await;
        if let Ok(Err(error)) = written {
            let path = path.display();
            let notice = format!("The position in the set list cannot be kept in {path}: {error}");
            app.emit(AppEvent::Notice(notice));
        }
    }
}

fn read(path: &Path) -> Result<Option<Kept>, String> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("it cannot be read ({error})")),
    };
    let mut text = String::new();
    let read = file.take(MAX_BYTES + 1).read_to_string(&mut text);
    read.map_err(|error| format!("it cannot be read ({error})"))?;
    if text.len() as u64 > MAX_BYTES {
        return Err(format!("it is longer than {MAX_BYTES} bytes"));
    }
    let content: Content =
        serde_json::from_str(&text).map_err(|error| format!("it is not valid ({error})"))?;
    if content.version > VERSION {
        return Err("a later version of Fermata wrote it".to_owned());
    }
    Ok(Some(kept(content)))
}

fn kept(content: Content) -> Kept {
    let id = |id: &String| InstanceId::new(id.as_str()).ok();
    let number = |number: usize| PieceNumber::at(number.saturating_sub(1));
    let lines = || content.pieces.iter();
    let instances = lines().enumerate().filter_map(|(place, line)| {
        let instances: Vec<_> = line.instances.iter().filter_map(id).collect();
        (!instances.is_empty()).then(|| (PieceNumber::at(place), instances))
    });
    let names = lines().map(|line| (line.score.clone(), line.title.clone()));
    Kept {
        position: SetlistPosition {
            current: number(content.current),
            started: content.started.map(number),
            since: content.since.map(Timestamp),
            instances: instances.collect(),
        },
        pieces: PieceKey::numbered(names),
        put_away: content.put_away.iter().filter_map(id).collect(),
        setlist: content.setlist.clone(),
    }
}

fn write(path: &Path, kept: &Kept) -> std::io::Result<()> {
    let number = |piece: PieceNumber| piece.place() + 1;
    let position = &kept.position;
    let texts = |ids: &[InstanceId]| ids.iter().map(ToString::to_string).collect();
    let lines = kept.pieces.iter().enumerate().map(|(place, key)| Line {
        score: key.score.clone(),
        title: key.title.clone(),
        instances: texts(position.instances_of(PieceNumber::at(place))),
    });
    let content = Content {
        version: VERSION,
        setlist: kept.setlist.clone(),
        current: number(position.current),
        started: position.started.map(number),
        since: position.since.map(|since| since.0),
        pieces: lines.collect(),
        put_away: texts(&kept.put_away),
    };
    let mut text = serde_json::to_vec_pretty(&content)?;
    text.push(b'\n');
    replace(path, &text)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const GOLDEN: &str = include_str!("golden-1.json");

    #[test]
    fn a_position_of_the_first_version_can_still_be_read_and_is_written_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("history.redb");
        let path = folder.path().join("history.redb.setlist.json");
        fs::write(&path, GOLDEN).unwrap();
        let file = PositionFile::of_store(&store);
        assert_eq!(file.problem, None);
        let kept = file.kept("show/setlist.yaml").unwrap();
        let second = PieceNumber::at(1);
        assert_eq!(kept.position.current, second);
        assert_eq!(kept.position.started, Some(second));
        let since = Timestamp(1_800_000_001_500_000_000);
        assert_eq!(kept.position.since, Some(since));
        let ids: Vec<_> = kept.position.instances_of(second).iter().collect();
        assert_eq!(ids, [&InstanceId::new("duet-1").unwrap()]);
        assert_eq!(kept.pieces[2].nth, 1, "the same score again");
        assert_eq!(kept.put_away.len(), 1);
        write(&path, &kept).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), GOLDEN);
        assert_eq!(file.kept("another.yaml"), None);
    }

    #[test]
    fn a_file_of_a_later_version_or_with_errors_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("history.redb");
        let path = folder.path().join("history.redb.setlist.json");
        let later = GOLDEN.replace("\"version\": 1", "\"version\": 2");
        for text in ["{", "[]", "", &later] {
            fs::write(&path, text).unwrap();
            let file = PositionFile::of_store(&store);
            assert!(file.path.is_none(), "{text}");
            assert_eq!(file.kept("show/setlist.yaml"), None);
            let problem = file.problem.unwrap();
            assert!(problem.contains("is not used"), "{problem}");
        }
        assert!(
            PositionFile::of_store(&folder.path().join("other"))
                .problem
                .is_none()
        );
    }
}
