//! The header that carries credentials: the first one, and another one after a service refused it.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    caller::Caller,
    client::{HttpResponse, Outgoing},
    digest,
    error::HttpError,
    exchange::Sending,
};
use crate::score::http::Credentials;

const AUTHORIZATION: &str = "Authorization";

/// What a bearer token stands behind.
const BEARER: &str = "Bearer ";

/// A header: its name and its value.
pub(super) type Header = (String, String);

/// The header that a request is first sent with.
pub(super) fn first(
    caller: &Caller,
    sending: &mut Sending<'_>,
) -> Result<Option<Header>, HttpError> {
    let Some(credentials) = &caller.credentials else {
        return Ok(None);
    };
    Ok(match credentials {
        Credentials::Basic { username, password } => {
            let both = STANDARD.encode(format!("{username}:{password}"));
            authorization(format!("Basic {both}"))
        }
        Credentials::Bearer { token } => authorization(format!("{BEARER}{token}")),
        Credentials::Header { name, value } => Some((name.clone(), value.clone())),
        Credentials::OAuth2(request) => {
            let token = sending.tokens.token(
                sending.client,
                request,
                sending.redactor,
                sending.deadline,
            )?;
            authorization(format!("{BEARER}{token}"))
        }
        // A service asks for digests. The name of a policy has no values.
        Credentials::Digest { .. } | Credentials::Use(_) => None,
    })
}

/// The authorization header for a second attempt after a refusal; `None` if there is nothing else to try.
pub(super) fn next(
    caller: &Caller,
    sending: &mut Sending<'_>,
    sent: &Outgoing,
    answer: &HttpResponse,
) -> Result<Option<Header>, HttpError> {
    if answer.status != 401 {
        return Ok(None);
    }
    match &caller.credentials {
        Some(Credentials::OAuth2(request)) => {
            let header = sent.header(AUTHORIZATION);
            let Some(refused) = header.and_then(|value| value.strip_prefix(BEARER)) else {
                return Ok(None);
            };
            sending.tokens.forget(request, refused);
            first(caller, sending)
        }
        Some(Credentials::Digest { username, password }) => {
            let answer = digest::answer(username, password, sent, answer)?;
            Ok(answer.and_then(authorization))
        }
        _ => Ok(None),
    }
}

fn authorization(value: String) -> Option<Header> {
    Some((AUTHORIZATION.to_owned(), value))
}
