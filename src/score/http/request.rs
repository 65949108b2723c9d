//! Requests: one call of a service.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Credentials;
use crate::score::Seals;

/// One call of a service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpCall {
    /// The name of the task in the score, for display.
    pub task: String,
    /// The target.
    #[serde(flatten)]
    pub target: CallTarget,
    /// The credentials of the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<Credentials>,
    /// The only origins to which the credentials may be sent; empty: the score does not restrict it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
    /// The same of the credentials for the document of an operation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub document_origins: Vec<String>,
    /// Which part of the response is the output.
    #[serde(default)]
    pub output: OutputFormat,
    /// How redirects are handled.
    #[serde(default)]
    pub redirect: Redirects,
    /// The texts with secrets, by their places in this call: they are resolved when the request is sent.
    #[serde(default, skip_serializing_if = "Seals::is_empty")]
    pub secrets: Seals,
    /// The names of all secrets of the score: none of them is in what comes back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
    /// The timeout in milliseconds of real time. `None`: the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_millis: Option<u64>,
}

impl HttpCall {
    /// The timeout in real time, if the score has one.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout_millis.map(Duration::from_millis)
    }
}

/// The target of a call, with evaluated arguments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallTarget {
    /// A request to an address.
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
    /// Its address, query included unless a secret is in it.
    pub uri: String,
    /// More of the query, if a secret is in the address or the query: names and values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<(String, String)>,
    /// Its headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Its body. A string is sent as it is, anything else as the content type says: JSON or a form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// An operation of an OpenAPI document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// The address of the document.
    pub document: String,
    /// The credentials for fetching the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_authentication: Option<Credentials>,
    /// The id of the operation.
    pub operation_id: String,
    /// Its parameters; `body` is the request body.
    #[serde(default)]
    pub parameters: Map<String, Value>,
}

/// An HTTP method.
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
    /// All methods.
    pub const ALL: [Self; 7] = [
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Patch,
        Self::Delete,
        Self::Options,
    ];

    /// Its name.
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

    /// The method with this name, ignoring case.
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

/// The part of a response that is the output of the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputFormat {
    /// Its content: JSON as data, text as text, anything else in base64; empty content is null.
    #[default]
    Content,
    /// The whole response: `request`, `statusCode`, `headers`, `content`.
    Response,
    /// The bytes of its content in base64.
    Raw,
}

impl OutputFormat {
    /// The format with this name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "content" => Some(Self::Content),
            "response" => Some(Self::Response),
            "raw" => Some(Self::Raw),
            _ => None,
        }
    }
}

/// How redirects are handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Redirects {
    /// They are errors.
    #[default]
    Refused,
    /// They are followed; one without a target is a response.
    Followed,
}
