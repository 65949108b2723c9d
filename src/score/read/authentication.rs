//! Authentication policies.

use super::{Map, Reader};
use crate::score::{
    Given,
    error::Problem,
    http::{Authentication, Policy, scalar},
    source::{Node, Value},
};

/// The standard's schemes.
const SCHEMES: [&str; 6] = ["basic", "bearer", "certificate", "digest", "oauth2", "oidc"];

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
            Some(policy) if policy.is_fixed() => Some(Authentication::Named(name.to_owned())),
            Some(policy) => Some(Authentication::Policy(policy.clone())),
            None => {
                let known: Vec<&String> = self.authentications.keys().collect();
                let problem = Problem::UnknownName {
                    kind: "authentication policy",
                    name: name.to_owned(),
                    scope: "under `use.authentications`",
                    hint: super::hint::hint(name, &known),
                };
                self.wrong(node.place, problem)
            }
        }
    }

    /// One policy: exactly one scheme.
    fn policy(&mut self, node: &Node) -> Option<Policy> {
        let map = self.map(node, "an authentication policy", &SCHEMES)?;
        let [entry] = map.entries else {
            return self.wrong_type(node, "one of `basic: { ... }`, `bearer: { ... }`");
        };
        match entry.key.as_str() {
            "basic" => {
                let with = self.scheme(&entry.node, "`basic`", &["username", "password"])?;
                let username = self.secret(with, "username");
                let password = self.secret(with, "password");
                Some(Policy::Basic {
                    username: username?,
                    password: password?,
                })
            }
            "bearer" => {
                let with = self.scheme(&entry.node, "`bearer`", &["token"])?;
                let token = self.secret(with, "token")?;
                Some(Policy::Bearer { token })
            }
            word if SCHEMES.contains(&word) => {
                let problem = Problem::Refused {
                    word: word.to_owned(),
                    reason: "Fermata knows `basic` and `bearer`; get a token with a `call: http` \
                              of its own and give it to `bearer`",
                };
                self.wrong(entry.place, problem)
            }
            // Told already: it is no word of a policy.
            _ => None,
        }
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
            let problem = super::unperformed("secrets")?;
            return self.wrong(entry.place, problem);
        }
        self.map(node, owner, known)
    }

    /// A text that nobody else is to see: errors do not repeat it.
    fn secret(&mut self, map: Map<'_>, key: &'static str) -> Option<Given<String>> {
        let node = self.need(map, key)?;
        if let Some(expression) = self.given_expression(node) {
            return expression.map(Given::Expression);
        }
        match scalar(&node.to_json()) {
            Some(text) => Some(Given::Fixed(text)),
            None => self.wrong_type(node, "text"),
        }
    }
}
