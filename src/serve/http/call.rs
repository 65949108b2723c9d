//! What a request asks for.

use hyper::{Method, StatusCode};
use percent_encoding::percent_decode_str;

use super::Answer;
use crate::serve::durable_task::Extent;

/// The versions of Dapr's API that have workflows.
const VERSIONS: [&str; 3] = ["v1.0", "v1.0-beta1", "v1.0-alpha1"];

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Call {
    /// Whether the server is there.
    Health,
    /// What the server is.
    Metadata,
    /// Start an instance; its input is the body.
    Start {
        workflow: String,
        /// Empty: any id.
        id: String,
    },
    /// The state of an instance.
    Get(String),
    /// The ids of instances.
    List {
        /// The token of the page.
        token: String,
        /// The most ids; 0: as many as the server likes.
        size: u32,
    },
    /// The history of an instance, as `fermata export` writes it.
    History(String),
    /// Raise an event; its data is the body.
    Raise { id: String, event: String },
    /// End an instance.
    Terminate { id: String, extent: Extent },
    /// Suspend an instance.
    Pause(String),
    /// Resume an instance.
    Resume(String),
    /// Delete an instance that has closed.
    Purge(String),
    /// Run an instance again from an event.
    Rerun {
        id: String,
        event: u32,
        /// Empty: any id.
        new_id: String,
    },
}

impl Call {
    /// What a request asks for.
    pub fn of(method: &Method, path: &str, query: &str) -> Result<Self, Answer> {
        let unknown = || {
            let message = format!("there is no {path}: see docs/serve.md for what there is");
            Answer::error(StatusCode::NOT_FOUND, "ERR_NOT_FOUND", message)
        };
        let trimmed = path.strip_suffix('/').unwrap_or(path);
        let segments: Vec<String> = trimmed.split('/').skip(1).map(decoded).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let (version, rest) = segments.split_first().ok_or_else(unknown)?;
        if !VERSIONS.contains(version) {
            return Err(unknown());
        }
        let is_get = *method == Method::GET;
        let own = str::to_owned;
        let (call, wants_get) = match rest {
            ["healthz"] | ["healthz", "outbound"] => (Self::Health, true),
            ["metadata"] => (Self::Metadata, true),
            ["workflows", _] => {
                let size = parameter(query, "pageSize");
                let size = size.and_then(|size| size.parse().ok()).unwrap_or_default();
                let token = parameter(query, "continuationToken").unwrap_or_default();
                (Self::List { token, size }, true)
            }
            ["workflows", _, workflow, "start"] => {
                let id = parameter(query, "instanceID").unwrap_or_default();
                let workflow = own(workflow);
                (Self::Start { workflow, id }, false)
            }
            ["workflows", _, id] => (Self::Get(own(id)), true),
            ["workflows", _, id, "history"] => (Self::History(own(id)), true),
            ["workflows", _, id, "raiseEvent", event] => {
                let (id, event) = (own(id), own(event));
                (Self::Raise { id, event }, false)
            }
            ["workflows", _, id, "terminate"] => {
                let alone = parameter(query, "non_recursive").is_some_and(|value| value == "true");
                let extent = match alone {
                    true => Extent::Alone,
                    false => Extent::WithChildren,
                };
                (
                    Self::Terminate {
                        id: own(id),
                        extent,
                    },
                    false,
                )
            }
            ["workflows", _, id, "pause"] => (Self::Pause(own(id)), false),
            ["workflows", _, id, "resume"] => (Self::Resume(own(id)), false),
            ["workflows", _, id, "purge"] => (Self::Purge(own(id)), false),
            ["workflows", _, id, "rerun"] => {
                let event = parameter(query, "eventID");
                let event = event
                    .and_then(|event| event.parse().ok())
                    .unwrap_or_default();
                let new_id = parameter(query, "newInstanceID").unwrap_or_default();
                let id = own(id);
                (Self::Rerun { id, event, new_id }, false)
            }
            _ => return Err(unknown()),
        };
        if is_get == wants_get && (is_get || *method == Method::POST) {
            return Ok(call);
        }
        let wanted = if wants_get { "GET" } else { "POST" };
        let message = format!("{path} wants {wanted}");
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Err(Answer::error(status, "ERR_METHOD", message))
    }
}

fn decoded(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// The value of a parameter.
fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    Some(decoded(&value.replace('+', " ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_all_versions_are_known() {
        let post = |path: &str, query: &str| Call::of(&Method::POST, path, query);
        for version in VERSIONS {
            let path = format!("/{version}/workflows/dapr/play_song/start");
            let start = Call::Start {
                workflow: "play_song".into(),
                id: "größe 1".into(),
            };
            assert_eq!(post(&path, "x=1&instanceID=gr%C3%B6%C3%9Fe+1"), Ok(start));
        }
        let raise = Call::Raise {
            id: "a/b".into(),
            event: "go".into(),
        };
        assert_eq!(
            post("/v1.0/workflows/dapr/a%2Fb/raiseEvent/go", ""),
            Ok(raise)
        );
        let terminate = Call::Terminate {
            id: "a".into(),
            extent: Extent::Alone,
        };
        let path = "/v1.0-beta1/workflows/dapr/a/terminate";
        assert_eq!(post(path, "non_recursive=true"), Ok(terminate));
    }

    #[test]
    fn other_paths_and_methods_are_refused() {
        for path in [
            "/",
            "",
            "/v2.0/workflows/dapr/a",
            "/v1.0/state/x",
            "/v1.0/workflows/dapr/a/dance",
        ] {
            assert_eq!(
                Call::of(&Method::GET, path, "").unwrap_err().status,
                404,
                "{path}"
            );
        }
        let path = "/v1.0/workflows/dapr/a/purge";
        for method in [Method::GET, Method::DELETE, Method::PUT] {
            assert_eq!(Call::of(&method, path, "").unwrap_err().status, 405);
        }
    }
}
