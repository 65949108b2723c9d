//! Requests and answers, without sockets.

use std::time::Duration;

use serde_json::{Value, json};

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates or changes something.
    Post,
    /// Sets something.
    Put,
    /// Removes something.
    Delete,
}

impl Method {
    /// The method with a name in capitals; `None`: the services use no such method.
    pub fn of(name: &str) -> Option<Self> {
        [Self::Get, Self::Post, Self::Put, Self::Delete]
            .into_iter()
            .find(|method| method.name() == name)
    }

    /// Its name in capitals.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What is asked to be done.
    pub method: Method,
    /// The path without the query, as it was sent.
    pub path: String,
    /// The header `Idempotency-Key`.
    pub key: Option<String>,
    /// The body, as it was sent.
    pub body: Vec<u8>,
}

/// What else a log says about an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// It is the answer to an earlier request with the same key, and had no second effect.
    pub repeated: bool,
    /// It is an injected failure, and had no effect.
    pub injected: bool,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The content, which is JSON.
    pub body: Value,
    /// How long the service takes before it sends the answer.
    pub delay: Duration,
    /// What is special about it.
    pub marks: Marks,
    /// The methods that the path has, if the request used none of them.
    pub allowed: Vec<Method>,
}

impl Answer {
    /// An answer that comes at once.
    pub fn of(status: u16, body: Value) -> Self {
        Self {
            status,
            body,
            delay: Duration::ZERO,
            marks: Marks::default(),
            allowed: Vec::new(),
        }
    }

    /// An error as problem details (RFC 9457).
    pub fn problem(status: u16, detail: impl Into<String>) -> Self {
        let body = json!({
            "type": "about:blank",
            "title": title(status),
            "status": status,
            "detail": detail.into(),
        });
        Self::of(status, body)
    }

    /// Whether the status is an error.
    pub fn is_problem(&self) -> bool {
        self.status >= 400
    }
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Content Too Large",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        503 => "Service Unavailable",
        _ => "Error",
    }
}
