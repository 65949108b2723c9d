//! `input`, `output` and `export`: schemas and transformations of data.

use super::{Reader, task::optional};
use crate::score::{
    Schema, Template,
    source::{Node, Value},
};

/// A transformation and a schema of data.
pub(super) type Shape = (Option<Template>, Option<Schema>);

impl Reader<'_> {
    /// `input`: the schema applies before `from`.
    pub(super) fn input(&mut self, node: &Node) -> Option<Shape> {
        self.shape(node, "`input`", "from")
    }

    /// `output`: the schema applies after `as`.
    pub(super) fn output(&mut self, node: &Node) -> Option<Shape> {
        self.shape(node, "`output`", "as")
    }

    /// `export`: the schema applies to the new context, after `as`.
    pub(super) fn export(&mut self, node: &Node) -> Option<Shape> {
        self.shape(node, "`export`", "as")
    }

    fn shape(&mut self, node: &Node, owner: &'static str, word: &str) -> Option<Shape> {
        let map = self.map(node, owner, &[word, "schema"])?;
        let template = map.get(word).map(|node| self.transformation(node));
        let schema = map.get("schema").map(|node| self.schema(node));
        Some((optional(template)?, optional(schema)?))
    }

    fn schema(&mut self, node: &Node) -> Option<Schema> {
        let map = self.map(node, "a schema", &["format", "document", "resource"])?;
        if let Some(entry) = map.entry("resource") {
            let message = "`resource` is not supported: Fermata fetches nothing from outside the score; \
                           write the schema under `document`";
            return self.report(entry.place, message.into());
        }
        if let Some(format) = map.get("format") {
            // A version may follow, as in `json:2020-12`.
            let is_json = |text: &str| {
                let (format, _) = text.split_once(':').unwrap_or((text, ""));
                (format == "json").then_some(())
            };
            self.parsed(format, "`json`, the only supported format", is_json)?;
        }
        let document = self.require(map, "document")?;
        if !matches!(document.value, Value::Map(_) | Value::Bool(_)) {
            return self.wrong_type(document, "a JSON Schema, a map");
        }
        match Schema::compile(document.to_json()) {
            Ok(schema) => Some(schema),
            Err(error) => self.wrong_value(document, error),
        }
    }
}
