//! The secrets of scores: from the environment and from a file. They are read when a request is sent, and
//! are nowhere else.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use serde_json::Value;
use toml_edit::{DocumentMut, Item, TableLike};

use crate::score::SecretName;

/// What the names of environment variables with secrets begin with.
const PREFIX: &str = "FERMATA_SECRET_";

/// The key of a secret for a token. A secret that is a text is its own token.
const TOKEN: &str = "token";

/// Where secrets come from: an environment variable such as `FERMATA_SECRET_API_KEY` for `api-key`, or
/// else a TOML file.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    file: Option<PathBuf>,
    presence: Presence,
}

/// Whether the file must exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Presence {
    #[default]
    Optional,
    Required,
}

/// Why a secret cannot be read. The messages never contain its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It is nowhere.
    #[error("the secret `{name}` is set nowhere: set the environment variable {variable}{}", or_file(.file))]
    Missing {
        /// Its name.
        name: String,
        /// The variable that was looked for.
        variable: String,
        /// The file that was looked into.
        file: Option<PathBuf>,
    },
    /// It is a map, or not one with that key.
    #[error("the secret `{name}` cannot be used here, because it is not a text: {remedy}")]
    WrongKind {
        /// Its name, with the keys.
        name: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The file cannot be read.
    #[error("the secrets in {path} cannot be read: {reason}", path = .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Others can read the file.
    #[error("other users can read the secrets in {path}: run `chmod 600 {path}`", path = .path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
}

impl Secrets {
    /// With a file, which must exist.
    pub fn with_file(file: PathBuf) -> Self {
        Self {
            file: Some(file),
            presence: Presence::Required,
        }
    }

    /// With `secrets.toml` in the user's config directory, which need not exist.
    pub fn of_user() -> Self {
        let dirs = directories::ProjectDirs::from("", "", "fermata");
        Self {
            file: dirs.map(|dirs| dirs.config_dir().join("secrets.toml")),
            presence: Presence::Optional,
        }
    }

    /// Checks that the file can be read, and that other users cannot read it.
    ///
    /// # Errors
    ///
    /// [`SecretError::Unreadable`], [`SecretError::Exposed`].
    pub fn check(&self) -> Result<(), SecretError> {
        self.read().map(|_| ())
    }

    /// Checks that there is a secret.
    ///
    /// # Errors
    ///
    /// [`SecretError::Missing`], or what is wrong with the file.
    pub fn find(&self, name: &str) -> Result<(), SecretError> {
        if of_environment(name).is_some() {
            return Ok(());
        }
        match self.read()?.is_some_and(|file| file.contains_key(name)) {
            true => Ok(()),
            false => Err(self.missing(name)),
        }
    }

    /// The value of a secret, or of a part of one.
    ///
    /// # Errors
    ///
    /// Any [`SecretError`].
    pub fn reveal(&self, name: &SecretName) -> Result<String, SecretError> {
        if let Some(text) = of_environment(&name.secret) {
            return part_of_text(text, name);
        }
        let file = self.read()?;
        let item = file.as_ref().and_then(|file| file.get(&name.secret));
        match item {
            Some(item) => part_of_item(item, name),
            None => Err(self.missing(&name.secret)),
        }
    }

    /// All texts of a secret: itself, or its parts. None if it is not there.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let mut texts = Vec::new();
        if let Some(text) = of_environment(name) {
            texts.push(text);
        } else if let Ok(Some(file)) = self.read()
            && let Some(item) = file.get(name)
        {
            each_text(item, &mut texts);
        }
        texts
    }

    fn missing(&self, name: &str) -> SecretError {
        SecretError::Missing {
            name: name.to_owned(),
            variable: variable(name),
            file: self.file.clone(),
        }
    }

    fn read(&self) -> Result<Option<DocumentMut>, SecretError> {
        let Some(path) = &self.file else {
            return Ok(None);
        };
        let unreadable = |reason: String| SecretError::Unreadable {
            path: path.clone(),
            reason,
        };
        let text = match private_text(path) {
            Ok(text) => text,
            Err(error)
                if error.kind() == io::ErrorKind::NotFound
                    && self.presence == Presence::Optional =>
            {
                return Ok(None);
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && is_exposed(path) => {
                return Err(SecretError::Exposed { path: path.clone() });
            }
            Err(error) => return Err(unreadable(error.to_string())),
        };
        let document = text.parse::<DocumentMut>().map_err(|error| {
            // The parser's own message quotes the line.
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.unwrap_or_default().matches('\n').count() + 1;
            unreadable(format!(
                "line {line} is not TOML, such as `name = \"value\"`"
            ))
        })?;
        Ok(Some(document))
    }
}

/// The variable for a secret.
fn variable(name: &str) -> String {
    let letter = |letter: char| match letter {
        '-' | '.' => '_',
        other => other.to_ascii_uppercase(),
    };
    format!("{PREFIX}{}", name.chars().map(letter).collect::<String>())
}

fn of_environment(name: &str) -> Option<String> {
    env::var(variable(name))
        .ok()
        .filter(|text| !text.is_empty())
}

/// The text of a file that only its owner can read.
fn private_text(path: &Path) -> io::Result<String> {
    if is_exposed(path) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    fs::read_to_string(path)
}

#[cfg(unix)]
fn is_exposed(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_exposed(_: &Path) -> bool {
    false
}

/// A variable holds a text; with keys, the text is a JSON object.
fn part_of_text(text: String, name: &SecretName) -> Result<String, SecretError> {
    if name.key.is_empty() {
        return Ok(text);
    }
    let mut value = match serde_json::from_str::<Value>(&text) {
        Ok(value @ Value::Object(_)) => value,
        _ if name.key == [TOKEN] => return Ok(text),
        _ => {
            return wrong_kind(name, "its variable must hold a JSON object with that key");
        }
    };
    for key in &name.key {
        value = value.get_mut(key).map(Value::take).unwrap_or_default();
    }
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => wrong_kind(
            name,
            "its variable must hold a JSON object with a text under that key",
        ),
    }
}

fn part_of_item(item: &Item, name: &SecretName) -> Result<String, SecretError> {
    if let (Some(text), [TOKEN]) = (
        item.as_str(),
        &name.key.iter().map(String::as_str).collect::<Vec<_>>()[..],
    ) {
        return Ok(text.to_owned());
    }
    let mut part = Some(item);
    for key in &name.key {
        part = part
            .and_then(Item::as_table_like)
            .and_then(|table: &dyn TableLike| table.get(key));
    }
    match part {
        Some(part) => match (part.as_str(), part.as_integer()) {
            (Some(text), _) => Ok(text.to_owned()),
            (None, Some(number)) => Ok(number.to_string()),
            (None, None) if part.is_table_like() => {
                wrong_kind(name, "name one of its keys, as in `$secrets.name.key`")
            }
            (None, None) => wrong_kind(name, "put it in quotes in the file"),
        },
        None => wrong_kind(name, "the file has no such key"),
    }
}

fn each_text(item: &Item, texts: &mut Vec<String>) {
    match (item.as_str(), item.as_integer(), item.as_table_like()) {
        (Some(text), ..) => texts.push(text.to_owned()),
        (_, Some(number), _) => texts.push(number.to_string()),
        (.., Some(table)) => table.iter().for_each(|(_, part)| each_text(part, texts)),
        _ => {}
    }
}

fn wrong_kind(name: &SecretName, remedy: &'static str) -> Result<String, SecretError> {
    Err(SecretError::WrongKind {
        name: name.to_string(),
        remedy,
    })
}

fn or_file(file: &Option<PathBuf>) -> String {
    match file {
        Some(path) => format!(", or write it to {}", path.display()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(text: &str) -> (tempfile::TempDir, Secrets) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.toml");
        // Temporary files are private.
        tempfile::NamedTempFile::new_in(&folder)
            .unwrap()
            .persist(&path)
            .unwrap();
        fs::write(&path, text).unwrap();
        (folder, Secrets::with_file(path))
    }

    fn name(secret: &str, key: &[&str]) -> SecretName {
        SecretName {
            secret: secret.into(),
            key: key.iter().map(|key| (*key).to_owned()).collect(),
        }
    }

    #[test]
    fn a_file_has_texts_and_maps() {
        let (_folder, secrets) =
            secrets("\"api.key\" = 'k-1'\npin = 1234\n[pets]\nusername = 'me'\n");
        let reveal = |secret: &str, key: &[&str]| secrets.reveal(&name(secret, key));
        assert_eq!(reveal("api.key", &[]).unwrap(), "k-1");
        assert_eq!(reveal("api.key", &["token"]).unwrap(), "k-1");
        assert_eq!(reveal("pin", &[]).unwrap(), "1234");
        assert_eq!(reveal("pets", &["username"]).unwrap(), "me");
        assert!(reveal("pets", &[]).unwrap_err().to_string().contains("key"));
        assert!(reveal("pets", &["no"]).is_err());
        let missing = reveal("other", &[]).unwrap_err().to_string();
        assert!(missing.contains("FERMATA_SECRET_OTHER"), "{missing}");
        assert!(missing.contains("secrets.toml"), "{missing}");
        assert_eq!(secrets.texts("pets"), ["me"]);
        assert_eq!(secrets.texts("other"), [""; 0]);
        assert!(secrets.find("pets").is_ok() && secrets.find("other").is_err());
    }

    #[test]
    fn a_variable_holds_a_text_or_a_json_object() {
        assert_eq!(
            variable("my-oauth2.secret"),
            "FERMATA_SECRET_MY_OAUTH2_SECRET"
        );
        let part = |text: &str, key: &[&str]| part_of_text(text.to_owned(), &name("a", key));
        let object = r#"{"username":"me","pin":12}"#;
        assert_eq!(part(object, &["username"]).unwrap(), "me");
        assert_eq!(part(object, &["pin"]).unwrap(), "12");
        assert_eq!(part(object, &[]).unwrap(), object);
        assert_eq!(part("tok", &["token"]).unwrap(), "tok");
        assert!(part("tok", &["username"]).is_err());
    }

    /// An error in the file is reported without the line, which has a secret.
    #[test]
    fn errors_do_not_repeat_secrets() {
        let (_folder, secrets) = secrets("a = 'x'\nb = hush-hush\n");
        let error = secrets.check().unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
        assert!(!format!("{error:?}{error}").contains("hush"), "{error:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, secrets) = secrets("a = 'x'\n");
        let path = folder.path().join("secrets.toml");
        for mode in [0o640, 0o604, 0o644] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = secrets.reveal(&name("a", &[])).unwrap_err();
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(secrets.reveal(&name("a", &[])).unwrap(), "x");
    }

    #[test]
    fn only_a_named_file_must_exist() {
        let gone = PathBuf::from("gone/secrets.toml");
        assert!(Secrets::with_file(gone.clone()).check().is_err());
        let optional = Secrets {
            file: Some(gone),
            presence: Presence::Optional,
        };
        assert!(optional.check().is_ok());
    }
}
