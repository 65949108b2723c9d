//! A log of task progress, one line of JSON per step.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use serde_json::json;

use crate::{
    app::AppError,
    engine::{Committed, InstanceId},
    score::{TaskBook, TaskProgress},
};

/// Writes the progress of every task to a file, one line of JSON per step, in order.
pub struct TaskLog {
    path: PathBuf,
    file: BufWriter<File>,
    books: HashMap<InstanceId, TaskBook>,
}

impl TaskLog {
    /// Creates the file.
    ///
    /// # Errors
    ///
    /// [`AppError::Unwritable`] if the file cannot be created.
    pub fn create(path: &Path) -> Result<Self, AppError> {
        let file = File::create(path).map_err(|source| AppError::Unwritable {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::new(file),
            books: HashMap::new(),
        })
    }

    /// Appends the task progress in a commit.
    pub(super) fn write(&mut self, committed: &Committed) -> Result<(), AppError> {
        let annotations = committed.annotations.iter();
        let reported: Vec<TaskProgress> = annotations.filter_map(|a| a.decode().ok()).collect();
        let instance = &committed.instance;
        let book = self.books.entry(instance.id.clone()).or_default();
        for progress in book.follow(instance.status, reported) {
            let line = json!({
                "instance": committed.instance.id,
                "task": progress.task,
                "name": progress.name,
                "event": progress.event,
            });
            self.with_file(|file| writeln!(file, "{line}"))?;
        }
        self.with_file(BufWriter::flush)
    }

    fn with_file(
        &mut self,
        write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
    ) -> Result<(), AppError> {
        write(&mut self.file).map_err(|source| AppError::Unwritable {
            path: self.path.clone(),
            source,
        })
    }
}
