//! Calls of services: `call: http` and `call: openapi`, and the activity behind them.
//!
//! Evaluating the arguments is pure. Each call is one durable activity,
//! [`HttpActivity`](super::calls::HttpActivity); its input and its output are in the history of the
//! instance.
//!
//! **Credentials.** A policy of `use.authentications` whose values do not depend on data is passed to the
//! activity by name; its values stay in the score. A policy in the call itself, or one with other
//! expressions, is evaluated like any other value, and its values are in the history. An OpenAPI document
//! cannot send credentials to another origin than its own, unless the policy's `origins` list that one.
//!
//! **Secrets** are only named, here and in the history: see [`SealedText`](super::SealedText).

mod call;
mod credentials;
mod policy;
mod query;
mod request;
mod uri;

pub use call::is_header_value;
pub use call::{Address, InvalidCall, Service, Target};
pub(super) use call::{header_name, scalar};
pub use credentials::{
    Client, ClientAuthentication, Credentials, Grant, TokenEncoding, TokenProtocol, TokenRequest,
};
pub use policy::{Authentication, Given, Policy, Scheme, TokenPolicy};
pub use query::with_query;
pub use request::{CallTarget, HttpCall, Method, Operation, OutputFormat, Redirects, Request};
pub use uri::{UriError, UriTemplate, escaped, uri};

#[cfg(test)]
mod tests;
