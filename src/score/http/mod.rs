//! Calls of services: what `call: http` and `call: openapi` say, and what is asked of the performer
//! once their values are worked out.
//!
//! Working them out is pure. The performer does one call as one durable activity, [`HttpActivity`];
//! what it is given is in the history of the instance, and so is what it answers.
//!
//! **Credentials.** A policy of `use.authentications` whose values are fixed is given to the activity
//! by its name; its values stay in the score. A policy that stands in the call itself, or has
//! expressions, is worked out like any other value and is in the history.

mod call;
mod request;
mod uri;

pub use call::{Address, Authentication, Policy, Service, Target, Unready};
pub(super) use call::{header_name, scalar};
pub use request::{
    Credentials, Form, HttpActivity, HttpCall, Method, Operation, Redirects, Request, Wanted,
};
pub use uri::{UriError, UriTemplate, escaped, uri};

#[cfg(test)]
mod tests;
