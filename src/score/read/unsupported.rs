//! Parts of the standard that scores do not have.

use crate::score::error::Problem;

/// Parts of the standard that Fermata does not support, and why.
const UNSUPPORTED: [(&str, &str); 8] = [
    (
        "container",
        "scores cannot run programs; use `run: { workflow: ... }` to run another score",
    ),
    (
        "script",
        "scores cannot run programs; use `run: { workflow: ... }` to run another score, or a jq expression \
         to transform data",
    ),
    (
        "shell",
        "scores cannot run programs; use `run: { workflow: ... }` to run another score",
    ),
    ("grpc", "Fermata only calls HTTP services; use `call: http`"),
    (
        "asyncapi",
        "Fermata only calls HTTP services; use `call: http`, or `emit` and `listen`",
    ),
    ("mcp", "Fermata only calls HTTP services; use `call: http`"),
    ("a2a", "Fermata only calls HTTP services; use `call: http`"),
    (
        "extensions",
        "write the tasks where they run, or use a function",
    ),
];

/// The problem with a part of the standard that Fermata does not support.
pub(super) fn unsupported(word: &str) -> Option<Problem> {
    let found = UNSUPPORTED.iter().find(|(known, _)| *known == word);
    found.map(|(word, reason)| Problem::Unsupported {
        word: (*word).to_owned(),
        reason,
    })
}
