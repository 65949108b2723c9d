//! Calls of services: what `call: http` and `call: openapi` say, and what is asked of the performer
//! once their values are worked out.
//!
//! Working them out is pure. The performer does one call as one durable activity, [`HttpActivity`];
//! what it is given is in the history of the instance, and so is what it answers.
//!
//! **Credentials.** A policy of `use.authentications` whose values are fixed is given to the activity
//! by its name; its values stay in the score. A policy that stands in the call itself, or has
//! expressions, is worked out like any other value and is in the history. An OpenAPI document cannot send
//! credentials to another origin than its own, unless the policy's `origins` list that one.

mod call;
mod request;
mod uri;

pub use call::{Address, Authentication, InvalidCall, Policy, Scheme, Service, Target};
pub(super) use call::{header_name, is_header_value, scalar};
pub use request::{
    CallTarget, Credentials, HttpActivity, HttpCall, Method, Operation, OutputFormat, Redirects,
    Request,
};
pub use uri::{UriError, UriTemplate, escaped, uri};

#[cfg(test)]
mod tests;
