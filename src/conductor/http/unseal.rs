//! Puts the secrets into a call, right before it is sent.

use serde_json::Value;

use super::{error::HttpError, redaction::Redactor};
use crate::{
    conductor::secrets::Secrets,
    score::{
        SecretName,
        http::{CallTarget, HttpCall, is_header_value, uri, with_query},
    },
};

/// Which parts of a request have secrets. They are not sent to another origin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SecretParts {
    /// The names of headers.
    pub headers: Vec<String>,
    pub body: Body,
}

/// Whether a body has secrets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Body {
    #[default]
    Open,
    Secret,
}

/// The call with its secrets, and which parts have some. The redactor hides them from now on.
pub(super) fn unsealed(
    call: HttpCall,
    secrets: &Secrets,
    redactor: &mut Redactor,
) -> Result<(HttpCall, SecretParts), HttpError> {
    if call.secrets.is_empty() {
        return Ok((call, SecretParts::default()));
    }
    let parts = secret_parts(&call);
    let unusable = || HttpError::configuration("the call has secrets in unknown places".into());
    let mut data = serde_json::to_value(&call).map_err(|_| unusable())?;
    for (pointer, text) in call.secrets.iter() {
        let mut reveal = |name: &SecretName| {
            let value = secrets.reveal(name)?;
            redactor.hide(&value);
            Ok(value)
        };
        let resolved = text
            .resolved(&mut reveal)
            .map_err(HttpError::authorization)?;
        let place = data.pointer_mut(pointer).ok_or_else(unusable)?;
        *place = Value::String(resolved);
    }
    let mut call: HttpCall = serde_json::from_value(data).map_err(|_| unusable())?;
    check(&mut call)?;
    Ok((call, parts))
}

fn secret_parts(call: &HttpCall) -> SecretParts {
    let headers = match &call.target {
        CallTarget::Request(request) => request.headers.keys(),
        CallTarget::Operation(_) => {
            return SecretParts {
                headers: Vec::new(),
                body: body_of(call, "/operation/parameters"),
            };
        }
    };
    let is_secret = |name: &&String| {
        let mut sealed = call.secrets.below("/request/headers/");
        sealed.any(|below| below == name.replace('~', "~0"))
    };
    SecretParts {
        headers: headers.filter(is_secret).cloned().collect(),
        body: body_of(call, "/request/body"),
    }
}

fn body_of(call: &HttpCall, pointer: &str) -> Body {
    match call.secrets.below(pointer).next() {
        Some(_) => Body::Secret,
        None => Body::Open,
    }
}

/// Checks what could not be checked without the secrets.
fn check(call: &mut HttpCall) -> Result<(), HttpError> {
    let invalid = |error: &dyn std::fmt::Display| HttpError::validation(error.to_string());
    match &mut call.target {
        CallTarget::Request(request) => {
            let address = uri(&request.uri).map_err(|error| invalid(&error))?;
            let query = std::mem::take(&mut request.query);
            request.uri = with_query(&address, query.iter()).map_err(|error| invalid(&error))?;
            for (name, value) in &request.headers {
                if !is_header_value(value) {
                    return Err(invalid(&format_args!(
                        "the secret in the header `{name}` must be one line"
                    )));
                }
            }
        }
        CallTarget::Operation(operation) => {
            uri(&operation.document).map_err(|error| invalid(&error))?;
        }
    }
    Ok(())
}
