//! Authentication policies.

use super::{Reader, suggest};
use crate::score::{
    SealedExpression, SecretName,
    error::Problem,
    http::{Authentication, Given, Policy, Scheme, TokenProtocol, header_name, is_header_value},
    source::{Entry, Node, Value},
};

/// The standard's schemes, and `header`.
const SCHEMES: [&str; 7] = [
    "basic",
    "bearer",
    "header",
    "certificate",
    "digest",
    "oauth2",
    "oidc",
];

impl Reader<'_> {
    /// `use.authentications`.
    pub(super) fn authentications(&mut self, node: &Node) -> Option<()> {
        for entry in self.any_map(node, "`use.authentications`")?.entries {
            if let Some(policy) = self.policy(&entry.node) {
                self.authentications.insert(entry.key.clone(), policy);
            }
        }
        Some(())
    }

    /// `authentication` of a call: `{ use: name }`, the name alone, or a policy.
    pub(super) fn authentication(&mut self, node: &Node) -> Option<Authentication> {
        if let Value::String(_) = node.value {
            return self.named_policy(node);
        }
        if let Some(name) = node.get("use") {
            self.map(node, "`authentication` with `use`", &["use"])?;
            return self.named_policy(name);
        }
        self.policy(node).map(Authentication::Policy)
    }

    fn named_policy(&mut self, node: &Node) -> Option<Authentication> {
        let name = self.string(node, "the name of one of `use.authentications`")?;
        match self.authentications.get(name) {
            Some(policy) if policy.is_fixed() => Some(Authentication::Named {
                name: name.to_owned(),
                origins: policy.origins.clone(),
            }),
            Some(policy) => Some(Authentication::Policy(policy.clone())),
            None => {
                let known: Vec<&String> = self.authentications.keys().collect();
                let problem = Problem::UnknownName {
                    kind: "authentication policy",
                    name: name.to_owned(),
                    scope: "under `use.authentications`",
                    suggestion: suggest(name, &known),
                };
                self.report(node.place, problem)
            }
        }
    }

    /// A policy: exactly one scheme, and where its credentials may be sent.
    fn policy(&mut self, node: &Node) -> Option<Policy> {
        let mut known = SCHEMES.to_vec();
        known.push("origins");
        let map = self.map(node, "an authentication policy", &known)?;
        let origins = match map.get("origins") {
            Some(node) => self.origins(node)?,
            None => Vec::new(),
        };
        let mut schemes = map.entries.iter().filter(|entry| entry.key != "origins");
        let (Some(entry), None) = (schemes.next(), schemes.next()) else {
            let expected =
                "one of `basic`, `bearer`, `digest`, `header`, `oauth2`, `oidc`, each with a map";
            return self.wrong_type(node, expected);
        };
        let scheme = self.one_scheme(entry)?;
        Some(Policy { scheme, origins })
    }

    fn one_scheme(&mut self, entry: &Entry) -> Option<Scheme> {
        match entry.key.as_str() {
            "basic" => {
                let (username, password) = self.user(&entry.node, "`basic`")?;
                Some(Scheme::Basic { username, password })
            }
            "digest" => {
                let (username, password) = self.user(&entry.node, "`digest`")?;
                Some(Scheme::Digest { username, password })
            }
            "bearer" => {
                if let Some(name) = self.named_secret(&entry.node, "`bearer`")? {
                    let token = part_of(name, "token");
                    return Some(Scheme::Bearer { token });
                }
                let with = self.map(&entry.node, "`bearer`", &["token"])?;
                let token = self.require(with, "token")?;
                let token = self.given(token)?;
                Some(Scheme::Bearer { token })
            }
            "header" => {
                let with = self.map(&entry.node, "`header`", &["name", "value"])?;
                let name = self.require(with, "name").and_then(|node| {
                    let name = self.string(node, "the name of a header")?.to_owned();
                    match header_name(&name) {
                        Ok(()) => Some(name),
                        Err(error) => self.report(node.place, error.message.into()),
                    }
                });
                let value = self.require(with, "value").and_then(|node| {
                    let value = self.given(node)?;
                    match &value {
                        Given::Fixed(text) if !is_header_value(text) => {
                            self.wrong_type(node, "a string")
                        }
                        _ => Some(value),
                    }
                });
                let (name, value) = (name?, value?);
                Some(Scheme::Header { name, value })
            }
            "oauth2" => self.token_policy(&entry.node, TokenProtocol::OAuth2),
            "oidc" => self.token_policy(&entry.node, TokenProtocol::Oidc),
            word if SCHEMES.contains(&word) => {
                let problem = Problem::Unsupported {
                    word: word.to_owned(),
                    reason: "use `basic`, `digest`, `bearer`, `header`, `oauth2` or `oidc`",
                };
                self.report(entry.place, problem)
            }
            // An unknown key, which is reported already.
            _ => None,
        }
    }

    /// `username` and `password`, or `use` with the name of a secret that has both.
    fn user(&mut self, node: &Node, owner: &'static str) -> Option<(Given, Given)> {
        if let Some(name) = self.named_secret(node, owner)? {
            let username = part_of(name.clone(), "username");
            return Some((username, part_of(name, "password")));
        }
        let with = self.map(node, owner, &["username", "password"])?;
        let mut given = |key| {
            let node = self.require(with, key)?;
            self.given(node)
        };
        let (username, password) = (given("username"), given("password"));
        Some((username?, password?))
    }

    /// The name of a secret in `{ use: name }`. `None` outside: an error; inside: it is something else.
    pub(super) fn named_secret(
        &mut self,
        node: &Node,
        owner: &'static str,
    ) -> Option<Option<String>> {
        let Some(name) = node.get("use") else {
            return Some(None);
        };
        self.map(node, owner, &["use"])?;
        let text = self.string(name, "the name of one of `use.secrets`")?;
        self.use_secret(name.place, text)?;
        Some(Some(text.to_owned()))
    }

    /// `origins` of a policy: addresses without a path.
    fn origins(&mut self, node: &Node) -> Option<Vec<String>> {
        const EXPECTED: &str = "a list of origins such as https://api.example.com";
        let Value::List(items) = &node.value else {
            return self.wrong_type(node, EXPECTED);
        };
        let mut origins = Vec::new();
        for item in items {
            let text = self.string(item, "an origin such as https://api.example.com")?;
            let url = url::Url::parse(text).ok();
            let origin = url.as_ref().map(|url| url.origin().ascii_serialization());
            let is_bare = origin.as_deref() == Some(text.trim_end_matches('/'));
            match origin.filter(|origin| is_bare && origin != "null") {
                Some(origin) => origins.push(origin),
                None => return self.wrong_type(item, EXPECTED),
            }
        }
        Some(origins)
    }
}

/// A part of a secret.
fn part_of(secret: String, key: &str) -> Given {
    let key = vec![key.to_owned()];
    Given::Sealed(SealedExpression::of(SecretName { secret, key }))
}
