//! Who may connect.

use std::hash::{BuildHasher, RandomState};

use tonic::codegen::http::HeaderMap;

use super::ServeError;

/// The metadata and header that carries the token.
const HEADER: &str = "dapr-api-token";

/// A secret that clients and workers must send.
#[derive(Clone)]
pub struct ApiToken(String);

impl std::fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiToken")
    }
}

impl ApiToken {
    /// The environment variable that Dapr's programs read it from.
    pub const VARIABLE: &str = "DAPR_API_TOKEN";

    /// A token; `None` if the text is empty, as in Dapr.
    ///
    /// # Errors
    ///
    /// [`ServeError::Token`] if it cannot be sent as a header.
    pub fn new(text: &str) -> Result<Option<Self>, ServeError> {
        let is_visible = |byte: u8| byte.is_ascii_graphic();
        match text {
            "" => Ok(None),
            text if text.bytes().all(is_visible) => Ok(Some(Self(text.to_owned()))),
            _ => Err(ServeError::Token),
        }
    }
}

/// What a request must have.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// The token that each request must carry; `None`: none.
    pub token: Option<ApiToken>,
}

impl Access {
    /// What is said to who has no access.
    pub(super) const REFUSAL: &str =
        "the token is missing or wrong: set DAPR_API_TOKEN to that of the server";

    /// Whether a request may be answered.
    pub(super) fn allows(&self, headers: &HeaderMap) -> bool {
        let Some(ApiToken(wanted)) = &self.token else {
            return true;
        };
        let sent = headers.get(HEADER);
        // Comparing hashes tells nothing about where two tokens differ.
        let hash = RandomState::new();
        sent.is_some_and(|sent| {
            hash.hash_one(sent.as_bytes()) == hash.hash_one(wanted.as_bytes())
                && sent.as_bytes() == wanted.as_bytes()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(token: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, token.parse().unwrap());
        headers
    }

    #[test]
    fn a_token_is_demanded_if_there_is_one() {
        let token = ApiToken::new("s3cret").unwrap();
        let access = Access { token };
        assert!(access.allows(&headers("s3cret")));
        assert!(!access.allows(&headers("s3cre")));
        assert!(!access.allows(&HeaderMap::new()));
        assert!(Access::default().allows(&HeaderMap::new()));
        assert!(ApiToken::new("").unwrap().is_none());
        assert!(ApiToken::new("two words").is_err());
    }
}
