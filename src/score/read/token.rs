//! `oauth2` and `oidc`: policies whose token an authority gives.

use super::{Map, Reader};
use crate::score::{
    error::Problem,
    http::{
        ClientAuthentication, Given, Grant, Scheme, TokenEncoding, TokenPolicy, TokenProtocol, uri,
    },
    source::{Node, Value},
};

/// Parts of the standard that are not supported, with what to do instead.
const UNSUPPORTED: [(&str, &str); 5] = [
    (
        "authorization_code",
        "nobody can log in while a score plays: use `client_credentials` or `password`",
    ),
    (
        "refresh_token",
        "a new token is requested when one expires: use `client_credentials` or `password`",
    ),
    (
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "use `client_credentials`, or exchange the token with a `call: http`",
    ),
    (
        "client_secret_jwt",
        "Fermata signs no tokens: use `client_secret_basic` or `client_secret_post`",
    ),
    (
        "private_key_jwt",
        "Fermata signs no tokens: use `client_secret_basic` or `client_secret_post`",
    ),
];

/// Keys of the standard that only unsupported parts use.
const UNUSED_KEYS: [&str; 3] = ["subject", "actor", "assertion"];

impl Reader<'_> {
    /// The policy of `oauth2` or `oidc`.
    pub(super) fn token_policy(&mut self, node: &Node, protocol: TokenProtocol) -> Option<Scheme> {
        let (owner, endpoints) = match protocol {
            TokenProtocol::OAuth2 => ("`oauth2`", Some("endpoints")),
            TokenProtocol::Oidc => ("`oidc`", None),
        };
        if let Some(used) = node.get("use") {
            let message = format!(
                "{owner} cannot be a secret as a whole: write it out, with `client: {{ id: ..., secret: ${{ \
                 $secrets.name }} }}`"
            );
            return self.report(used.place, message.into());
        }
        let mut known = vec![
            "authority",
            "grant",
            "client",
            "request",
            "issuers",
            "scopes",
            "audiences",
            "username",
            "password",
        ];
        known.extend(endpoints);
        self.refuse_unused(node)?;
        let with = self.map(node, owner, &known)?;
        let authority = self
            .require(with, "authority")
            .and_then(|node| self.authority(node));
        let grant = self.require(with, "grant").and_then(|node| {
            self.choice(
                node,
                "`client_credentials` or `password`",
                |text| match text {
                    "client_credentials" | "client-credentials" => Some(Grant::ClientCredentials),
                    "password" => Some(Grant::Password),
                    _ => None,
                },
            )
        });
        let token_endpoint = match with.get("endpoints") {
            Some(node) => self.token_endpoint(node)?,
            None => None,
        };
        let encoding = match with.get("request") {
            Some(node) => self.encoding(node)?,
            None => TokenEncoding::default(),
        };
        let client = with.get("client").map(|node| self.client(node));
        let client = client.unwrap_or_else(|| Some(Client::default()));
        let mut list = |key| match with.get(key) {
            Some(node) => self.givens(node),
            None => Some(Vec::new()),
        };
        let (issuers, scopes, audiences) = (list("issuers"), list("scopes"), list("audiences"));
        let username = self.maybe_given(with, "username");
        let password = self.maybe_given(with, "password");
        let (grant, client) = (grant?, client?);
        self.check_client(with, &client)?;
        let (username, password) = (username?, password?);
        if grant == Grant::Password && (username.is_none() || password.is_none()) {
            let message = "the grant `password` needs `username` and `password`";
            return self.report(with.node.place, message.into());
        }
        Some(Scheme::Token(Box::new(TokenPolicy {
            protocol,
            authority: authority?,
            token_endpoint,
            grant,
            client_id: client.id,
            client_secret: client.secret,
            client_authentication: client.authentication,
            encoding,
            issuers: issuers?,
            scopes: scopes?,
            audiences: audiences?,
            username,
            password,
        })))
    }

    /// An address of which a part of the path may lead to the configuration of the authority.
    fn authority(&mut self, node: &Node) -> Option<Given> {
        let authority = self.given(node)?;
        let Given::Fixed(text) = &authority else {
            return Some(authority);
        };
        if text.contains('{') {
            let message = "an authority takes no `{ }`: make the whole address an expression";
            return self.report(node.place, message.into());
        }
        match uri(text) {
            Ok(_) => Some(authority),
            Err(error) => self.report(node.place, error.message.into()),
        }
    }

    fn token_endpoint(&mut self, node: &Node) -> Option<Option<Given>> {
        let known = ["token", "revocation", "introspection"];
        let endpoints = self.map(node, "`endpoints`", &known)?;
        self.maybe_given(endpoints, "token")
    }

    fn encoding(&mut self, node: &Node) -> Option<TokenEncoding> {
        const EXPECTED: &str = "`application/x-www-form-urlencoded` or `application/json`";
        let request = self.map(node, "`request`", &["encoding"])?;
        match request.get("encoding") {
            None => Some(TokenEncoding::default()),
            Some(node) => self.parsed(node, EXPECTED, |text| match text {
                "application/x-www-form-urlencoded" => Some(TokenEncoding::Form),
                "application/json" => Some(TokenEncoding::Json),
                _ => None,
            }),
        }
    }

    fn client(&mut self, node: &Node) -> Option<Client> {
        const EXPECTED: &str = "`client_secret_post`, `client_secret_basic` or `none`";
        self.refuse_unused(node)?;
        let client = self.map(node, "`client`", &["id", "secret", "authentication"])?;
        let id = self.maybe_given(client, "id");
        let secret = self.maybe_given(client, "secret");
        let authentication = match client.get("authentication") {
            None => Some(ClientAuthentication::default()),
            Some(node) => self.choice(node, EXPECTED, |text| match text {
                "client_secret_post" => Some(ClientAuthentication::ClientSecretPost),
                "client_secret_basic" => Some(ClientAuthentication::ClientSecretBasic),
                "none" => Some(ClientAuthentication::None),
                _ => None,
            }),
        };
        Some(Client {
            id: id?,
            secret: secret?,
            authentication: authentication?,
        })
    }

    fn check_client(&mut self, with: Map<'_>, client: &Client) -> Option<()> {
        let place = with
            .entry("client")
            .map_or(with.node.place, |entry| entry.place);
        if client.authentication == ClientAuthentication::None {
            return Some(());
        }
        match (&client.id, &client.secret) {
            (Some(_), Some(_)) => Some(()),
            _ => {
                let message = "`client` needs `id` and `secret`, or `authentication: none`";
                self.report(place, message.into())
            }
        }
    }

    /// A word that `read` knows; others of the standard are reported with a remedy.
    fn choice<T>(
        &mut self,
        node: &Node,
        expected: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        if let Value::String(text) = &node.value
            && let Some((word, reason)) = UNSUPPORTED.iter().find(|(word, _)| word == text)
        {
            let word = (*word).to_owned();
            return self.report(node.place, Problem::Unsupported { word, reason });
        }
        self.parsed(node, expected, read)
    }

    fn refuse_unused(&mut self, node: &Node) -> Option<()> {
        let Value::Map(entries) = &node.value else {
            return Some(());
        };
        let unused = entries
            .iter()
            .find(|entry| UNUSED_KEYS.contains(&entry.key.as_str()));
        match unused {
            None => Some(()),
            Some(entry) => self.report(
                entry.place,
                Problem::Unsupported {
                    word: entry.key.clone(),
                    reason: "tokens are neither exchanged nor signed: use `client.secret`",
                },
            ),
        }
    }

    fn maybe_given(&mut self, map: Map<'_>, key: &str) -> Option<Option<Given>> {
        match map.get(key) {
            Some(node) => self.given(node).map(Some),
            None => Some(None),
        }
    }

    fn givens(&mut self, node: &Node) -> Option<Vec<Given>> {
        let items = self.list(node, "a list of strings")?;
        items.iter().map(|item| self.given(item)).collect()
    }
}

/// `client`.
#[derive(Default)]
struct Client {
    id: Option<Given>,
    secret: Option<Given>,
    authentication: ClientAuthentication,
}
