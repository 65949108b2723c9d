//! What the performer is asked for: one call of a service.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::engine::Activity;

/// The activity `http`: one call of a service. It answers with the output of the task, or fails with
/// problem details.
pub struct HttpActivity;
impl Activity for HttpActivity {
    const NAME: &'static str = "http";
    type Input = HttpCall;
    type Output = Value;
}

/// One call of a service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpCall {
    /// Name of the task in the score, for people.
    pub task: String,
    /// What is called.
    #[serde(flatten)]
    pub target: CallTarget,
    /// Who calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<Credentials>,
    /// The only origins to which the credentials may be sent; empty: the score does not restrict it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
    /// The same of the credentials for the document of an operation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub document_origins: Vec<String>,
    /// What of the answer is the output.
    #[serde(default)]
    pub output: OutputFormat,
    /// What becomes of redirections.
    #[serde(default)]
    pub redirect: Redirects,
    /// How long it may take, in milliseconds of real time; `None`: as long as is usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_millis: Option<u64>,
}

impl HttpCall {
    /// How long it may take in real time, if the score says so.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout_millis.map(Duration::from_millis)
    }
}

/// What is called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallTarget {
    /// An address.
    Request(Request),
    /// An operation of an OpenAPI document.
    Operation(Operation),
}

/// A request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Where to, query included.
    pub uri: String,
    /// Its headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A text is sent as it is, anything else in the manner of the content type: JSON, or a form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// An operation of an OpenAPI document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// Where the document is.
    pub document: String,
    /// Who fetches the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_authentication: Option<Credentials>,
    /// The operation.
    pub operation_id: String,
    /// Its parameters; `body` is the body.
    #[serde(default)]
    pub parameters: Map<String, Value>,
}

/// A method of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it all")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Patch,
        Self::Delete,
        Self::Options,
    ];

    /// As it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }

    /// The method of that name, in letters of any case.
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|method| method.as_str().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What of an answer is the output of the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputFormat {
    /// Its content: JSON as data, text as text, anything else in base64; nothing is null.
    #[default]
    Content,
    /// All of it: `request`, `statusCode`, `headers`, `content`.
    Response,
    /// The bytes of its content in base64.
    Raw,
}

impl OutputFormat {
    /// The form of that name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "content" => Some(Self::Content),
            "response" => Some(Self::Response),
            "raw" => Some(Self::Raw),
            _ => None,
        }
    }
}

/// What becomes of redirections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Redirects {
    /// They are errors.
    #[default]
    Refused,
    /// They are followed; one that leads nowhere is an answer.
    Followed,
}

/// Who calls. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Credentials {
    /// A policy of the score's `use.authentications` with fixed values.
    Use(String),
    /// A name and a password.
    Basic {
        /// The name.
        username: String,
        /// The password.
        password: String,
    },
    /// A token.
    Bearer {
        /// The token.
        token: String,
    },
    /// A header of its own.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Use(name) => write!(f, "Use({name:?})"),
            Self::Basic { .. } => f.write_str("Basic"),
            Self::Bearer { .. } => f.write_str("Bearer"),
            Self::Header { name, .. } => write!(f, "Header({name:?})"),
        }
    }
}
