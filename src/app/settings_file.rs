//! The file in the config folder in which the window's settings are kept.
//!
//! It is a convenience: the window opens without it. A file that is damaged is put aside and replaced.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::sync::watch;

use super::{
    application::{App, AppEvent},
    replaced_file::replace,
};
use crate::view::Settings;

/// The longest file that is read, in bytes.
const MAX_BYTES: u64 = 256 * 1024;
/// How long changes are collected: a window that is being resized changes all the time.
const CALM: Duration = Duration::from_millis(500);

/// Where the settings are kept.
pub(super) struct SettingsFile {
    /// `None`: they are kept only while the program runs.
    path: Option<PathBuf>,
    /// What was wrong with the file.
    problem: Option<String>,
    latest: watch::Sender<Settings>,
    /// What the file contains.
    written: std::sync::Mutex<Settings>,
}

impl SettingsFile {
    /// Defaults, which are not kept.
    pub fn none() -> Self {
        Self::new(None, Settings::default(), None)
    }

    /// `settings.json` in the user's config folder.
    pub fn of_user() -> Self {
        match directories::ProjectDirs::from("", "", "fermata") {
            Some(dirs) => Self::at(dirs.config_dir().join("settings.json")),
            None => Self::none(),
        }
    }

    /// The settings in a file, which need not exist.
    pub fn at(path: PathBuf) -> Self {
        match read(&path) {
            Ok(settings) => Self::new(Some(path), settings, None),
            Err(ReadError::Unreadable(error)) => {
                let problem = format!(
                    "The settings in {} cannot be read and are not kept: {error}",
                    path.display()
                );
                Self::new(None, Settings::default(), Some(problem))
            }
            Err(ReadError::Damaged(why)) => {
                let problem = put_aside(&path, &why);
                Self::new(Some(path), Settings::default(), Some(problem))
            }
        }
    }

    fn new(path: Option<PathBuf>, settings: Settings, problem: Option<String>) -> Self {
        Self {
            path,
            problem,
            latest: watch::Sender::new(settings.clone()),
            written: std::sync::Mutex::new(settings),
        }
    }

    /// The settings that are kept.
    pub fn kept(&self) -> Settings {
        self.latest.borrow().clone()
    }

    /// Keeps these settings. They are written in the background.
    pub fn keep(&self, settings: Settings) {
        self.latest.send_replace(settings);
    }

    /// Writes the latest settings, unless the file contains them.
    pub fn write(&self) -> io::Result<()> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let latest = self.kept();
        let written = self.written.lock();
        let mut written = written.unwrap_or_else(std::sync::PoisonError::into_inner);
        if *written != latest {
            write(path, &latest)?;
            *written = latest;
        }
        Ok(())
    }
}

/// Writes every change of the settings until the program ends.
pub(super) async fn run(app: Arc<App>) {
    if let Some(problem) = &app.settings.problem {
        app.emit(AppEvent::Notice(problem.clone()));
    }
    let mut latest = app.settings.latest.subscribe();
    let mut last_error: Option<String> = None;
    // It ends with the application, which has the sender.
    while latest.changed().await.is_ok() {
        tokio::time::sleep(CALM).await;
        latest.mark_unchanged();
        let writer = Arc::clone(&app);
        let written = tokio::task::spawn_blocking(move || writer.settings.write()).await;
        let error = match written {
            Ok(Err(error)) => Some(error.to_string()),
            _ => None,
        };
        // The same error is not told at every change.
        if error.is_some()
            && error != last_error
            && let Some(error) = &error
        {
            let notice = format!("The settings of the window cannot be kept: {error}");
            app.emit(AppEvent::Notice(notice));
        }
        last_error = error;
    }
}

enum ReadError {
    Unreadable(io::Error),
    Damaged(String),
}

fn read(path: &Path) -> Result<Settings, ReadError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Settings::default()),
        opened => opened.map_err(ReadError::Unreadable)?,
    };
    let mut text = Vec::new();
    let read = file.take(MAX_BYTES + 1).read_to_end(&mut text);
    read.map_err(ReadError::Unreadable)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(ReadError::Damaged("it is larger than 256 KiB".to_owned()));
    }
    Settings::parse(&text).map_err(|error| ReadError::Damaged(error.to_string()))
}

/// Moves a damaged file out of the way. Returns what the user should know.
fn put_aside(path: &Path, why: &str) -> String {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".damaged");
    let aside = PathBuf::from(aside);
    let place = path.display();
    match fs::rename(path, &aside) {
        Ok(()) => format!(
            "The settings in {place} are damaged ({why}): the window starts with the usual ones, and \
             the file is now {}",
            aside.display()
        ),
        Err(error) => format!(
            "The settings in {place} are damaged ({why}) and cannot be put aside ({error}): the window \
             starts with the usual ones"
        ),
    }
}

fn write(path: &Path, settings: &Settings) -> io::Result<()> {
    replace(path, settings.to_text().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Panel;

    fn open_meters() -> Settings {
        Settings {
            meters: Panel::Open,
            ..Settings::default()
        }
    }

    #[test]
    fn settings_are_there_the_next_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fermata/settings.json");
        let file = SettingsFile::at(path.clone());
        assert_eq!(file.kept(), Settings::default());
        assert_eq!(file.problem, None);
        file.write().unwrap();
        assert!(!path.exists(), "nothing had changed");
        file.keep(open_meters());
        file.write().unwrap();
        assert_eq!(SettingsFile::at(path).kept(), open_meters());
    }

    #[test]
    fn a_damaged_file_is_put_aside_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        for text in ["{", "", "[1]"] {
            fs::write(&path, text).unwrap();
            let file = SettingsFile::at(path.clone());
            assert_eq!(file.kept(), Settings::default());
            let problem = file.problem.clone().unwrap();
            assert!(problem.contains("settings.json.damaged"), "{problem}");
            let aside = fs::read_to_string(folder.path().join("settings.json.damaged"));
            assert_eq!(aside.unwrap(), text);
            file.keep(open_meters());
            file.write().unwrap();
            assert_eq!(SettingsFile::at(path.clone()).kept(), open_meters());
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        // A folder can be opened and not read.
        let file = SettingsFile::at(folder.path().to_owned());
        assert!(file.problem.is_some());
        file.keep(open_meters());
        file.write().unwrap();
        assert!(folder.path().is_dir());
    }
}
