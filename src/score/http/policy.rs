//! Authentication policies: the credentials of a call as a score writes them.

use serde_json::Value;

use super::credentials::{
    Client, ClientAuthentication, Credentials, Grant, TokenEncoding, TokenProtocol, TokenRequest,
};
use crate::score::{Expression, SealedExpression, Seals, Variables, expression::SealedValue};

/// The authentication of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Authentication {
    /// A policy in `use.authentications` whose values do not depend on data.
    Named {
        /// Its name.
        name: String,
        /// The policy's `origins`.
        origins: Vec<String>,
    },
    /// A policy that is evaluated when the task starts.
    Policy(Policy),
}

impl Authentication {
    /// Where its credentials may be sent, if the score restricts it.
    pub(super) fn origins(&self) -> &[String] {
        match self {
            Self::Named { origins, .. } => origins,
            Self::Policy(policy) => &policy.origins,
        }
    }
}

/// An authentication policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// How the caller identifies itself.
    pub scheme: Scheme,
    /// `origins`: where the credentials may be sent. Empty: to the endpoint of a `call: http`, and to
    /// the origin of the document of a `call: openapi`.
    pub origins: Vec<String>,
}

/// The scheme of an authentication policy.
#[derive(Debug, Clone, PartialEq)]
pub enum Scheme {
    /// `basic`.
    Basic {
        /// `username`.
        username: Given,
        /// `password`.
        password: Given,
    },
    /// `digest`.
    Digest {
        /// `username`.
        username: Given,
        /// `password`.
        password: Given,
    },
    /// `bearer`.
    Bearer {
        /// `token`.
        token: Given,
    },
    /// `header`: a header of its own, such as an API key.
    Header {
        /// `name`.
        name: String,
        /// `value`.
        value: Given,
    },
    /// `oauth2` and `oidc`.
    Token(Box<TokenPolicy>),
}

/// `oauth2` and `oidc`: where a token comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenPolicy {
    /// Which of them.
    pub protocol: TokenProtocol,
    /// `authority`.
    pub authority: Given,
    /// `endpoints.token`.
    pub token_endpoint: Option<Given>,
    /// `grant`.
    pub grant: Grant,
    /// `client.id`.
    pub client_id: Option<Given>,
    /// `client.secret`.
    pub client_secret: Option<Given>,
    /// `client.authentication`.
    pub client_authentication: ClientAuthentication,
    /// `request.encoding`.
    pub encoding: TokenEncoding,
    /// `issuers`.
    pub issuers: Vec<Given>,
    /// `scopes`.
    pub scopes: Vec<Given>,
    /// `audiences`.
    pub audiences: Vec<Given>,
    /// `username`.
    pub username: Option<Given>,
    /// `password`.
    pub password: Option<Given>,
}

/// A text of a policy.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// The text itself.
    Fixed(String),
    /// An expression that gives it.
    Expression(Expression),
    /// An expression with secrets.
    Sealed(SealedExpression),
}

impl Given {
    /// Whether it does not depend on data.
    fn is_fixed(&self) -> bool {
        match self {
            Self::Fixed(_) => true,
            Self::Expression(_) => false,
            Self::Sealed(expression) => expression.is_constant(),
        }
    }
}

/// Evaluates the texts of a policy: their names, their places in the credentials, and what is given.
type Evaluate<'e, E> = &'e mut dyn FnMut(&'static str, String, &Given) -> Result<String, E>;

impl Policy {
    /// Whether its values do not depend on data.
    pub fn is_fixed(&self) -> bool {
        let mut is_fixed = true;
        let mut look = |_: &'static str, _: String, given: &Given| {
            is_fixed &= given.is_fixed();
            Ok::<_, ()>(String::new())
        };
        // Looking does not fail.
        let _ = self.credentials(&mut look);
        is_fixed
    }

    /// Its values, if they do not depend on data, and the secrets in them.
    pub fn fixed(&self) -> Option<(Credentials, Seals)> {
        let mut seals = Seals::default();
        let mut evaluate = |_: &'static str, pointer: String, given: &Given| match given {
            Given::Fixed(text) => Ok(text.clone()),
            Given::Sealed(expression) if expression.is_constant() => {
                let value = expression.evaluate(&Value::Null, &Variables::new());
                match value.map_err(|_| ())? {
                    SealedValue::Text(text) => Ok(seals.add(pointer, text)),
                    _ => Err(()),
                }
            }
            _ => Err(()),
        };
        let credentials = self.credentials(&mut evaluate).ok()?;
        Some((credentials, seals))
    }

    /// Its values. `evaluate` gives each of its texts.
    pub(super) fn credentials<E>(&self, evaluate: Evaluate<'_, E>) -> Result<Credentials, E> {
        Ok(match &self.scheme {
            Scheme::Basic { username, password } => Credentials::Basic {
                username: evaluate("username", "/basic/username".into(), username)?,
                password: evaluate("password", "/basic/password".into(), password)?,
            },
            Scheme::Digest { username, password } => Credentials::Digest {
                username: evaluate("username", "/digest/username".into(), username)?,
                password: evaluate("password", "/digest/password".into(), password)?,
            },
            Scheme::Bearer { token } => Credentials::Bearer {
                token: evaluate("token", "/bearer/token".into(), token)?,
            },
            Scheme::Header { name, value } => Credentials::Header {
                name: name.clone(),
                value: evaluate("value", "/header/value".into(), value)?,
            },
            Scheme::Token(policy) => Credentials::OAuth2(policy.request(evaluate)?.into()),
        })
    }
}

impl TokenPolicy {
    fn request<E>(&self, evaluate: Evaluate<'_, E>) -> Result<TokenRequest, E> {
        let mut maybe = |name: &'static str, at: &str, given: &Option<Given>| {
            let given = given.as_ref();
            given
                .map(|given| evaluate(name, format!("/oauth2{at}"), given))
                .transpose()
        };
        let token_endpoint = maybe("endpoints.token", "/tokenEndpoint", &self.token_endpoint)?;
        let id = maybe("client.id", "/client/id", &self.client_id)?;
        let secret = maybe("client.secret", "/client/secret", &self.client_secret)?;
        let username = maybe("username", "/username", &self.username)?;
        let password = maybe("password", "/password", &self.password)?;
        let mut list = |name: &'static str, items: &[Given]| {
            let items = (0..).zip(items);
            items
                .map(|(index, item): (usize, _)| {
                    evaluate(name, format!("/oauth2/{name}/{index}"), item)
                })
                .collect::<Result<Vec<_>, _>>()
        };
        let issuers = list("issuers", &self.issuers)?;
        let scopes = list("scopes", &self.scopes)?;
        let audiences = list("audiences", &self.audiences)?;
        Ok(TokenRequest {
            protocol: self.protocol,
            authority: evaluate("authority", "/oauth2/authority".into(), &self.authority)?,
            token_endpoint,
            grant: self.grant,
            client: Client {
                id,
                secret,
                authentication: self.client_authentication,
            },
            encoding: self.encoding,
            issuers,
            scopes,
            audiences,
            username,
            password,
        })
    }
}
