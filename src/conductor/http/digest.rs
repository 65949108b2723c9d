//! Digests of a name and a password (RFC 7616), for services that ask for them.

use digest_auth::{AuthContext, HttpMethod};

use super::{
    client::{HttpResponse, Outgoing},
    error::{HttpError, named},
};

/// The value of the header `Authorization`, if the answer to what was sent asks for a digest.
pub(super) fn answer(
    username: &str,
    password: &str,
    sent: &Outgoing,
    answer: &HttpResponse,
) -> Result<Option<String>, HttpError> {
    let challenges = answer.headers.get_all("www-authenticate").iter();
    let mut challenges = challenges
        .filter_map(|value| value.to_str().ok())
        .filter(|text| {
            let scheme = text.split_whitespace().next().unwrap_or_default();
            scheme.eq_ignore_ascii_case("digest")
        })
        .peekable();
    if challenges.peek().is_none() {
        return Ok(None);
    }
    let url = &sent.url;
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let method = HttpMethod(sent.method.as_str().into());
    let context =
        AuthContext::new_with_method(username, password, target, sent.body.as_deref(), method);
    // The first challenge that can be answered: a service lists them by preference.
    let answered = challenges
        .filter_map(|text| digest_auth::parse(text).ok())
        .find_map(|mut challenge| challenge.respond(&context).ok());
    match answered {
        Some(answer) => Ok(Some(answer.to_header_string())),
        None => Err(HttpError::communication(format!(
            "{} asks for a digest that cannot be made: only MD5 and SHA-2 are known",
            named(sent.method, url.as_str())
        ))),
    }
}

#[cfg(test)]
mod tests {
    use ureq::http::{HeaderMap, HeaderValue};
    use url::Url;

    use super::*;
    use crate::score::http::Method;

    fn answered(challenges: &[&str]) -> Result<Option<String>, HttpError> {
        let mut headers = HeaderMap::new();
        for challenge in challenges {
            if let Ok(value) = HeaderValue::from_str(challenge) {
                headers.append("www-authenticate", value);
            }
        }
        let response = HttpResponse {
            status: 401,
            headers,
            content: Vec::new(),
        };
        let sent = Outgoing {
            method: Method::Get,
            url: Url::parse("http://localhost/dir/index.html?a=b").unwrap(),
            headers: Vec::new(),
            body: None,
            private: Vec::new(),
        };
        answer("Mufasa", "Circle Of Life", &sent, &response)
    }

    #[test]
    fn a_challenge_is_answered_without_the_password() {
        let challenge = "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"";
        let header = answered(&["Basic realm=\"r\"", challenge])
            .unwrap()
            .unwrap();
        assert!(header.starts_with("Digest username=\"Mufasa\""), "{header}");
        assert!(header.contains("uri=\"/dir/index.html?a=b\""), "{header}");
        assert!(!header.contains("Circle"), "{header}");
        assert_eq!(answered(&["Basic realm=\"r\""]), Ok(None));
        assert!(answered(&["Digest realm=\"r\", nonce=\"n\", algorithm=ROT13"]).is_err());
    }

    proptest::proptest! {
        #![proptest_config(crate::seed::cases(256))]

        #[test]
        fn no_challenge_panics(text in "[dD]igest [a-z=\", \\\\]{0,40}") {
            let _ = answered(&[&text]);
        }
    }
}
