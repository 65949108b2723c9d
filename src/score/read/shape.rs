//! `input`, `output`, `export`: what data must be like, and what is made of it.

use super::{Reader, task::whole};
use crate::score::{
    Schema, Template,
    error::Problem,
    source::{Node, Value},
};

/// What is made of data, and what it must be like.
pub(super) type Shape = (Option<Template>, Option<Schema>);

impl Reader<'_> {
    /// `input`: the schema is for what comes, before `from`.
    pub(super) fn input(&mut self, node: &Node) -> Option<Shape> {
        self.shape(node, "`input`", "from")
    }

    /// `output`: the schema is for what leaves, after `as`.
    pub(super) fn output(&mut self, node: &Node) -> Option<Shape> {
        self.shape(node, "`output`", "as")
    }

    /// `export`: the schema is for the new context, after `as`.
    pub(super) fn export(&mut self, node: &Node) -> Option<Shape> {
        self.shape(node, "`export`", "as")
    }

    fn shape(&mut self, node: &Node, owner: &'static str, word: &str) -> Option<Shape> {
        let map = self.map(node, owner, &[word, "schema"])?;
        let template = map.get(word).map(|node| self.transformation(node));
        let schema = map.get("schema").map(|node| self.schema(node));
        Some((whole(template)?, whole(schema)?))
    }

    fn schema(&mut self, node: &Node) -> Option<Schema> {
        let map = self.map(node, "a schema", &["format", "document", "resource"])?;
        if let Some(entry) = map.entry("resource") {
            let message = "`resource` is refused: nothing outside the score is fetched for its data; \
                           write the schema here, under `document`";
            return self.wrong(entry.place, Problem::Other(message.into()));
        }
        if let Some(format) = map.get("format") {
            // A version may follow: `json:2020-12`.
            let is_json = |text: &str| {
                let (format, _) = text.split_once(':').unwrap_or((text, ""));
                (format == "json").then_some(())
            };
            self.word(format, "`json`, the only format of schemas here", is_json)?;
        }
        let document = self.need(map, "document")?;
        if !matches!(document.value, Value::Map(_) | Value::Bool(_)) {
            return self.wrong_type(document, "a JSON Schema, a map");
        }
        match Schema::compile(document.to_json()) {
            Ok(schema) => Some(schema),
            Err(message) => {
                let message = format!("this schema {message}");
                self.wrong(document.place, Problem::Other(message))
            }
        }
    }
}
