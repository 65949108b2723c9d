//! Calls of services: `call: http` and `call: openapi`, and the activity behind them.
//!
//! Evaluating the arguments is pure. Each call is one durable activity,
//! [`HttpActivity`](super::calls::HttpActivity); its input and its output are in the history of the
//! instance.
//!
//! **Credentials.** A policy of `use.authentications` without expressions is passed to the activity by
//! name; its values stay in the score. A policy in the call itself, or one with expressions, is
//! evaluated like any other value, and its values are in the history. An OpenAPI document cannot send
//! credentials to another origin than its own, unless the policy's `origins` list that one.

mod call;
mod request;
mod uri;

pub use call::{Address, Authentication, InvalidCall, Policy, Scheme, Service, Target};
pub(super) use call::{header_name, is_header_value, scalar};
pub use request::{
    CallTarget, Credentials, HttpCall, Method, Operation, OutputFormat, Redirects, Request,
};
pub use uri::{UriError, UriTemplate, escaped, uri};

#[cfg(test)]
mod tests;
