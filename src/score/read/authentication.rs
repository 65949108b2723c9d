//! Authentication policies.

use super::{Map, Reader, suggest};
use crate::score::{
    Argument,
    error::Problem,
    http::{Authentication, Policy, Scheme, header_name, is_header_value, scalar},
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
            let expected = "one of `basic: { ... }`, `bearer: { ... }`, `header: { ... }`";
            return self.wrong_type(node, expected);
        };
        let scheme = self.one_scheme(entry)?;
        Some(Policy { scheme, origins })
    }

    fn one_scheme(&mut self, entry: &Entry) -> Option<Scheme> {
        match entry.key.as_str() {
            "basic" => {
                let with = self.scheme(&entry.node, "`basic`", &["username", "password"])?;
                let username = self.secret(with, "username");
                let password = self.secret(with, "password");
                Some(Scheme::Basic {
                    username: username?,
                    password: password?,
                })
            }
            "bearer" => {
                let with = self.scheme(&entry.node, "`bearer`", &["token"])?;
                let token = self.secret(with, "token")?;
                Some(Scheme::Bearer { token })
            }
            "header" => {
                let with = self.scheme(&entry.node, "`header`", &["name", "value"])?;
                let name = self.require(with, "name").and_then(|node| {
                    let name = self.string(node, "the name of a header")?.to_owned();
                    match header_name(&name) {
                        Ok(()) => Some(name),
                        Err(error) => self.report(node.place, error.message.into()),
                    }
                });
                let value = self.secret(with, "value")?;
                Some(Scheme::Header { name: name?, value })
            }
            word if SCHEMES.contains(&word) => {
                let problem = Problem::Unsupported {
                    word: word.to_owned(),
                    reason: "use `basic`, `bearer` or `header`; fetch a token with `call: http` and \
                             pass it to `bearer`",
                };
                self.report(entry.place, problem)
            }
            // An unknown key, which is reported already.
            _ => None,
        }
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

    fn scheme<'n>(
        &mut self,
        node: &'n Node,
        owner: &'static str,
        known: &[&str],
    ) -> Option<Map<'n>> {
        if let Value::Map(entries) = &node.value
            && let Some(entry) = entries.iter().find(|entry| entry.key == "use")
        {
            let problem = super::unsupported("secrets")?;
            return self.report(entry.place, problem);
        }
        self.map(node, owner, known)
    }

    /// A secret: errors do not repeat it.
    fn secret(&mut self, map: Map<'_>, key: &'static str) -> Option<Argument<String>> {
        let node = self.require(map, key)?;
        if let Some(expression) = self.inline_expression(node) {
            return expression.map(Argument::Expression);
        }
        match scalar(&node.to_json()) {
            Some(text) if key != "value" || is_header_value(&text) => Some(Argument::Fixed(text)),
            _ => self.wrong_type(node, "a string"),
        }
    }
}
