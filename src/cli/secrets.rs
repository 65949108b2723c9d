//! The argument that names the file with the secrets.

use std::path::PathBuf;

use clap::Args;

use super::CliError;
use crate::{
    conductor::Secrets,
    score::{Diagnostic, Document, ScoreError},
};

#[derive(Debug, Default, Args)]
pub(super) struct SecretsArgs {
    /// TOML file with the secrets of scores that no environment variable FERMATA_SECRET_NAME has
    /// [default: secrets.toml in your config directory]
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
}

impl SecretsArgs {
    /// The sources of secrets. A secrets file must exist and must not be readable by other users.
    pub fn open(&self) -> Result<Secrets, CliError> {
        match &self.secrets {
            Some(path) => {
                let secrets = Secrets::with_file(path.clone());
                secrets.check()?;
                Ok(secrets)
            }
            None => Ok(Secrets::of_user()),
        }
    }
}

/// Adds a warning for each secret of a score that is not there.
pub(super) fn warn_of_missing(document: &mut Document, file: &str, secrets: &Secrets) {
    let missing = document.secrets.iter().filter_map(|(name, place)| {
        let error = secrets.find(name).err()?;
        let problem = error.to_string().into();
        let diagnostic = Diagnostic::new(*place, problem);
        Some(ScoreError::new(diagnostic, &file.into(), &document.source))
    });
    let missing: Vec<ScoreError> = missing.collect();
    document.warnings.extend(missing);
}
