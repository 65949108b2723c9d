//! The file next to the store in which the window's markers are kept, with the beginning of the show, the
//! numbers of the lanes, and how the user has arranged them.
//!
//! It is a convenience: a performance goes on without it. A file that cannot be read, or that a later
//! version wrote, is left alone.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{
    application::{App, AppEvent},
    replaced_file::replace,
};
use crate::{
    engine::{InstanceId, Timestamp},
    view::{Arrangement, Grouping, LaneNumbers, Marker, Markers},
};

/// The version of the format that is written.
const VERSION: u32 = 1;
/// The longest file that is read, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// Where the markers are kept.
pub(super) struct MarkersFile {
    /// `None`: they are kept only while the window is open.
    path: Option<PathBuf>,
    kept: Kept,
    /// Why the file is not used.
    problem: Option<String>,
    latest: watch::Sender<Kept>,
}

/// What is kept.
#[derive(Debug, Clone, Default)]
struct Kept {
    markers: Markers,
    /// When the show began.
    show_from: Option<Timestamp>,
    numbers: Vec<(u8, InstanceId)>,
    arrangement: Arrangement,
}

/// The content of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Content {
    version: u32,
    #[serde(default)]
    markers: Vec<Line>,
    /// Nanoseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    show_from: Option<u64>,
    /// Instances, by the numbers of their lanes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    numbers: BTreeMap<u8, String>,
    /// Instances whose lanes are pinned, from the top.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pinned: Vec<String>,
    /// Instances whose lanes were moved, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    order: Vec<String>,
    /// What lanes are grouped by: `workflow`, `status` or `tag:` and its name. Absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grouping: Option<String>,
}

/// A marker in the file.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    /// Nanoseconds since 1970.
    at: u64,
    name: String,
}

impl MarkersFile {
    /// The folder of the file, which is that of the store.
    pub fn folder(&self) -> Option<&Path> {
        self.path.as_deref().and_then(Path::parent)
    }

    /// Markers are not kept.
    pub fn none() -> Self {
        Self {
            path: None,
            kept: Kept::default(),
            problem: None,
            latest: watch::Sender::default(),
        }
    }

    /// The markers of a store: in the file with its name and `.markers.json` after it.
    pub fn of_store(store: &Path) -> Self {
        let mut name = store.as_os_str().to_owned();
        name.push(".markers.json");
        let path = PathBuf::from(name);
        match read(&path) {
            Ok(kept) => Self {
                path: Some(path),
                latest: watch::Sender::new(kept.clone()),
                kept,
                problem: None,
            },
            Err(why) => Self {
                problem: Some(format!(
                    "The markers in {} are not used, and new ones are not kept: {why}",
                    path.display()
                )),
                ..Self::none()
            },
        }
    }

    /// The markers that are kept.
    pub fn kept(&self) -> Markers {
        self.latest.borrow().markers.clone()
    }

    /// Keeps these markers. They are written in the background.
    pub fn keep(&self, markers: Markers) {
        self.latest.send_modify(|kept| kept.markers = markers);
    }

    /// When the show began that was kept.
    pub fn kept_show(&self) -> Option<Timestamp> {
        self.kept.show_from
    }

    /// The numbers of lanes that were kept.
    pub fn kept_numbers(&self) -> LaneNumbers {
        LaneNumbers::kept(self.kept.numbers.iter().cloned())
    }

    /// Keeps the numbers of lanes. They are written in the background.
    pub fn keep_numbers(&self, numbers: &LaneNumbers) {
        self.latest.send_if_modified(|kept| {
            let known = kept.numbers.iter().map(|(number, lane)| (*number, lane));
            if known.eq(numbers.iter()) {
                return false;
            }
            let numbers = numbers.iter().map(|(number, lane)| (number, lane.clone()));
            kept.numbers = numbers.collect();
            true
        });
    }

    /// The arrangement of the lanes that was kept.
    pub fn kept_arrangement(&self) -> Arrangement {
        self.kept.arrangement.clone()
    }

    /// Keeps the arrangement of the lanes. It is written in the background.
    pub fn keep_arrangement(&self, arrangement: Arrangement) {
        self.latest
            .send_modify(|kept| kept.arrangement = arrangement);
    }

    /// Keeps the beginning of a show. It is written in the background.
    pub fn keep_show(&self, from: Option<Timestamp>) {
        self.latest.send_modify(|kept| kept.show_from = from);
    }
}

/// Writes every change of the markers until the program ends.
pub(super) async fn run(app: Arc<App>) {
    if let Some(problem) = &app.markers.problem {
        app.emit(AppEvent::Notice(problem.clone()));
    }
    let Some(path) = app.markers.path.clone() else {
        return;
    };
    let mut latest = app.markers.latest.subscribe();
    // It ends with the application, which has the sender.
    while latest.changed().await.is_ok() {
        let kept = latest.borrow_and_update().clone();
        let to = path.clone();
        let written = tokio::task::spawn_blocking(move || write(&to, &kept)).await;
        if let Ok(Err(error)) = written {
            let path = path.display();
            let notice = format!("The markers cannot be kept in {path}: {error}");
            app.emit(AppEvent::Notice(notice));
        }
    }
}

fn read(path: &Path) -> Result<Kept, String> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Kept::default()),
        opened => opened.map_err(|error| error.to_string())?,
    };
    let mut text = Vec::new();
    let read = file.take(MAX_BYTES + 1).read_to_end(&mut text);
    read.map_err(|error| error.to_string())?;
    if text.len() as u64 > MAX_BYTES {
        return Err("it is larger than 1 MiB".to_owned());
    }
    let content: Content = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    if content.version > VERSION {
        return Err(format!(
            "a later version of Fermata has written it (format {})",
            content.version
        ));
    }
    let mut markers = Markers::new(content.markers.iter().map(|line| Marker {
        at: Timestamp(line.at),
        name: "".into(),
    }));
    for line in &content.markers {
        markers.rename(Timestamp(line.at), &line.name);
    }
    Ok(Kept {
        markers,
        show_from: content.show_from.map(Timestamp),
        numbers: content
            .numbers
            .into_iter()
            .filter_map(|(number, lane)| Some((number, InstanceId::new(lane).ok()?)))
            .collect(),
        arrangement: Arrangement::new(
            ids(content.pinned),
            ids(content.order),
            content.grouping.map_or(Grouping::None, grouping),
        ),
    })
}

fn ids(names: Vec<String>) -> impl Iterator<Item = InstanceId> {
    names.into_iter().filter_map(|id| InstanceId::new(id).ok())
}

/// Reads what lanes are grouped by. What a later version groups by is not known.
fn grouping(text: String) -> Grouping {
    match (text.as_str(), text.strip_prefix("tag:")) {
        ("workflow", _) => Grouping::Workflow,
        ("status", _) => Grouping::Status,
        (_, Some(tag)) => Grouping::Tag(tag.into()),
        (_, None) => Grouping::None,
    }
}

fn names(ids: &[InstanceId]) -> Vec<String> {
    ids.iter().map(InstanceId::to_string).collect()
}

fn write(path: &Path, kept: &Kept) -> std::io::Result<()> {
    let lines = kept.markers.iter().map(|marker| Line {
        at: marker.at.0,
        name: marker.name.to_string(),
    });
    let content = Content {
        version: VERSION,
        markers: lines.collect(),
        show_from: kept.show_from.map(|from| from.0),
        numbers: kept
            .numbers
            .iter()
            .map(|(number, lane)| (*number, lane.to_string()))
            .collect(),
        pinned: names(kept.arrangement.pinned()),
        order: names(kept.arrangement.order()),
        grouping: match &kept.arrangement.grouping {
            Grouping::None => None,
            Grouping::Workflow => Some("workflow".to_owned()),
            Grouping::Status => Some("status".to_owned()),
            Grouping::Tag(tag) => Some(format!("tag:{tag}")),
        },
    };
    let mut text = serde_json::to_vec_pretty(&content)?;
    text.push(b'\n');
    replace(path, &text)
}

#[cfg(test)]
mod tests;
