//! Failures that a test asks for. Only builds with debug assertions can be asked.

use std::{fs, path::PathBuf};

/// The variable that names the file in which a test asks for a failure.
const VARIABLE: &str = "FERMATA_FAIL_WINDOW_FILE";

/// Where the window is to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::stage) enum FailurePlace {
    /// In the code that paints the stage.
    Stage,
    /// In the code around it, such as the graphics backend.
    Around,
}

impl FailurePlace {
    fn name(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Around => "around",
        }
    }
}

/// A way for tests to let the window fail once.
#[derive(Debug, Default)]
pub(in crate::stage) struct ProvokedFailure(Option<PathBuf>);

impl ProvokedFailure {
    /// The one that the environment asks for, in a build for tests.
    pub(in crate::stage) fn of_environment() -> Self {
        Self(match cfg!(debug_assertions) {
            true => std::env::var_os(VARIABLE).map(PathBuf::from),
            false => None,
        })
    }

    /// Panics once if the file contains the name of the place.
    pub(in crate::stage) fn at(&self, place: FailurePlace) {
        let Some(file) = &self.0 else { return };
        let asked = fs::read_to_string(file).is_ok_and(|asked| asked.trim() == place.name());
        if asked && fs::remove_file(file).is_ok() {
            panic!("a test asked for a failure at {}", place.name());
        }
    }
}
