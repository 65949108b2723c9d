//! The arguments of `call: http` and `call: openapi`.

use super::{Map, Reader, suggest, task::optional};
use crate::score::{
    Argument, Template,
    error::Problem,
    http::{
        Address, Authentication, Method, OutputFormat, Redirects, Service, Target, UriTemplate,
    },
    http::{header_name, scalar},
    source::{Node, Value},
    task::TaskKind,
    value_error::ValueError,
};

impl Reader<'_> {
    /// The arguments of `call: http`.
    pub(super) fn http(&mut self, node: &Node) -> Option<TaskKind> {
        let known = [
            "method", "endpoint", "headers", "query", "body", "output", "redirect",
        ];
        let with = self.map(node, "`call: http`", &known)?;
        let method = self
            .require(with, "method")
            .and_then(|node| self.method(node));
        let endpoint = self
            .require(with, "endpoint")
            .and_then(|node| self.endpoint(node));
        let headers = with.get("headers").map(|node| self.headers(node));
        let query = with.get("query").map(|node| self.query(node));
        let body = with
            .get("body")
            .map(|node| self.with_secrets(|reader| reader.template(node)));
        let (output, redirect) = self.answer(with);
        let (endpoint, authentication) = endpoint?;
        Some(TaskKind::Http(Box::new(Service {
            target: Target::Request {
                method: method?,
                endpoint,
                headers: optional(headers)?,
                query: optional(query)?,
                body: optional(body)?,
            },
            authentication,
            output: output?,
            redirect: redirect?,
        })))
    }

    /// The arguments of `call: openapi`.
    pub(super) fn openapi(&mut self, node: &Node) -> Option<TaskKind> {
        let known = [
            "document",
            "operationId",
            "parameters",
            "authentication",
            "output",
            "redirect",
        ];
        let with = self.map(node, "`call: openapi`", &known)?;
        let document = self.require(with, "document").and_then(|node| {
            let document = self.map(node, "`document`", &["name", "endpoint"])?;
            let endpoint = self.require(document, "endpoint")?;
            self.endpoint(endpoint)
        });
        let operation_id = self.require(with, "operationId").and_then(|node| {
            self.argument(node, |value| {
                let text = scalar(value).filter(|text| !text.is_empty());
                text.ok_or_else(|| ValueError::from("expected the id of an operation"))
            })
        });
        let parameters = with.get("parameters").map(|node| self.map_template(node));
        let authentication = with
            .get("authentication")
            .map(|node| self.authentication(node));
        let (output, redirect) = self.answer(with);
        let (document, document_authentication) = document?;
        Some(TaskKind::Http(Box::new(Service {
            target: Target::Operation {
                document,
                document_authentication,
                operation_id: operation_id?,
                parameters: optional(parameters)?,
            },
            authentication: optional(authentication)?,
            output: output?,
            redirect: redirect?,
        })))
    }

    /// `output` and `redirect`.
    fn answer(&mut self, with: Map<'_>) -> (Option<OutputFormat>, Option<Redirects>) {
        let output = match with.get("output") {
            Some(node) => self.parsed(node, "`content`, `response` or `raw`", OutputFormat::named),
            None => Some(OutputFormat::default()),
        };
        let redirect = match with.get("redirect") {
            Some(node) => self.boolean(node).map(|follow| match follow {
                true => Redirects::Followed,
                false => Redirects::Refused,
            }),
            None => Some(Redirects::default()),
        };
        (output, redirect)
    }

    fn method(&mut self, node: &Node) -> Option<Argument<Method>> {
        if let Some(expression) = self.inline_expression(node) {
            return expression.map(Argument::Expression);
        }
        let name = self.string(node, "an HTTP method")?;
        if let Some(method) = Method::named(name) {
            return Some(Argument::Fixed(method));
        }
        let problem = Problem::UnknownName {
            kind: "HTTP method",
            name: name.to_owned(),
            scope: "is supported",
            suggestion: suggest(name, &Method::ALL.map(Method::as_str)),
        };
        self.report(node.place, problem)
    }

    /// An endpoint: an address, or `{ uri, authentication }`.
    fn endpoint(&mut self, node: &Node) -> Option<(Address, Option<Authentication>)> {
        let Value::Map(_) = node.value else {
            return self.address(node).map(|address| (address, None));
        };
        let map = self.map(node, "an endpoint", &["uri", "authentication"])?;
        let uri = self.require(map, "uri").and_then(|node| self.address(node));
        let authentication = map
            .get("authentication")
            .map(|node| self.authentication(node));
        Some((uri?, optional(authentication)?))
    }

    fn address(&mut self, node: &Node) -> Option<Address> {
        if let Some(expression) = self.with_secrets(|reader| reader.sealed_expression(node)) {
            return expression.map(Address::Sealed);
        }
        if let Some(expression) = self.inline_expression(node) {
            return expression.map(Address::Expression);
        }
        let text = self.string(node, "an address such as https://example.com/pets/{petId}")?;
        match UriTemplate::parse(text) {
            Ok(template) => Some(Address::Template(template)),
            Err(error) => {
                let place = self.inside(node, text, error.at);
                self.report(place, error.message.into())
            }
        }
    }

    /// A map that may contain expressions, with secrets too, or an expression that returns a map.
    fn map_template(&mut self, node: &Node) -> Option<Template> {
        if let Some(expression) = self.with_secrets(|reader| reader.sealed_expression(node)) {
            return expression.map(Template::Sealed);
        }
        if let Some(expression) = self.inline_expression(node) {
            return expression.map(Template::Expression);
        }
        match node.value {
            Value::Map(_) => self.with_secrets(|reader| reader.template(node)),
            _ => self.wrong_type(node, "a map or an expression"),
        }
    }

    fn headers(&mut self, node: &Node) -> Option<Template> {
        if let Value::Map(entries) = &node.value {
            for entry in entries {
                if let Err(error) = header_name(&entry.key) {
                    self.report::<()>(entry.place, error.message.into());
                }
                self.single(&entry.node, "a string");
            }
        }
        self.map_template(node)
    }

    fn query(&mut self, node: &Node) -> Option<Template> {
        if let Value::Map(entries) = &node.value {
            for entry in entries {
                match &entry.node.value {
                    Value::List(items) => {
                        for item in items {
                            self.single(item, "a string or a number");
                        }
                    }
                    _ => self.single(&entry.node, "a string, a number or a list of them"),
                }
            }
        }
        self.map_template(node)
    }

    /// Reports a list or a map.
    fn single(&mut self, node: &Node, expected: &'static str) {
        if matches!(node.value, Value::List(_) | Value::Map(_)) {
            self.wrong_type::<()>(node, expected);
        }
    }
}
