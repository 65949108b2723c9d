//! The credentials of a call.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Credentials. `Debug` hides them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Credentials {
    /// The name of a policy in the score's `use.authentications` whose values do not depend on data.
    Use(String),
    /// A name and a password.
    Basic {
        /// The name.
        username: String,
        /// The password.
        password: String,
    },
    /// A name and a password, of which a service sees only digests.
    Digest {
        /// The name.
        username: String,
        /// The password.
        password: String,
    },
    /// A token.
    Bearer {
        /// The token.
        token: String,
    },
    /// A header of its own.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// A token that an authority gives.
    OAuth2(Box<TokenRequest>),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Use(name) => write!(f, "Use({name:?})"),
            Self::Basic { .. } => f.write_str("Basic"),
            Self::Digest { .. } => f.write_str("Digest"),
            Self::Bearer { .. } => f.write_str("Bearer"),
            Self::Header { name, .. } => write!(f, "Header({name:?})"),
            Self::OAuth2(_) => f.write_str("OAuth2"),
        }
    }
}

/// What an authority is asked for a token with. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenRequest {
    /// How the address of the authority leads to the endpoint that gives tokens.
    pub protocol: TokenProtocol,
    /// The address of the authority.
    pub authority: String,
    /// `endpoints.token`: the path of that endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<String>,
    /// Why the caller may have a token.
    pub grant: Grant,
    /// The client.
    pub client: Client,
    /// The encoding of the request.
    #[serde(default)]
    pub encoding: TokenEncoding,
    /// The issuers whose tokens are taken; empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issuers: Vec<String>,
    /// What the token is for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Whom the token is for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<String>,
    /// The user, for the grant `password`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The user's password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenRequest({:?})", self.authority)
    }
}

/// A client of an authority.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Client {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// How it identifies itself.
    #[serde(default)]
    pub authentication: ClientAuthentication,
}

/// The protocol of an authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenProtocol {
    /// `oauth2`: the score names the endpoint.
    OAuth2,
    /// `oidc`: the authority's configuration names it.
    Oidc,
}

/// Why a caller may have a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// The client acts for itself.
    ClientCredentials,
    /// The client knows a user's password.
    Password,
}

/// How a client identifies itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// Id and secret are in the request's body.
    #[default]
    ClientSecretPost,
    /// Id and secret are in the header `Authorization`.
    ClientSecretBasic,
    /// It has no secret.
    None,
}

/// The encoding of a request for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum TokenEncoding {
    /// A form.
    #[default]
    #[serde(rename = "application/x-www-form-urlencoded")]
    Form,
    /// JSON.
    #[serde(rename = "application/json")]
    Json,
}
