//! The head of a document: what it is, what it uses, how it sounds.

use std::{collections::HashMap, sync::Arc};

use super::{Origin, Reader};
use crate::music::{Meter, Tempo};
use crate::score::{
    document::{Document, Schemas},
    error::{Fault, Problem},
    source::{Node, Value},
};

/// Reads a whole document.
pub(in crate::score) fn document(
    node: &Node,
    text: &str,
    origin: Origin<'_>,
) -> Result<Document, Vec<Fault>> {
    let mut reader = Reader::new(text, origin);
    let document = reader.document(node);
    match document {
        Some(document) if reader.faults.is_empty() => Ok(document),
        _ => Err(reader.faults),
    }
}

impl Reader<'_> {
    fn document(&mut self, node: &Node) -> Option<Document> {
        let known = [
            "document", "input", "use", "do", "timeout", "output", "schedule", "evaluate",
        ];
        let root = self.map(node, "a score", &known)?;
        if let Some(tasks) = root.get("do") {
            super::task::collect_names(tasks, &mut self.task_names);
        }
        let head = self.need(root, "document");
        if let Some(used) = root.get("use") {
            self.reusable(used);
        }
        if let Some(evaluate) = root.get("evaluate") {
            self.evaluate(evaluate);
        }
        let head = head.and_then(|head| self.head(head));
        // Functions may play: they are read once the instruments are known.
        self.all_functions();
        let input = root.get("input").and_then(|input| self.input(input));
        let output = root.get("output").and_then(|output| self.output(output));
        let (input, input_schema) = input.unwrap_or_default();
        let (output, output_schema) = output.unwrap_or_default();
        let schedule = root.get("schedule").and_then(|node| self.schedule(node));
        let timeout = root
            .get("timeout")
            .and_then(|timeout| self.timeout(timeout));
        let tasks = self
            .need(root, "do")
            .and_then(|tasks| self.tasks(tasks, "/do"));
        Some(Document {
            input,
            output,
            timeout,
            schemas: Schemas {
                input: input_schema,
                output: output_schema,
                export: None,
            },
            schedule,
            tasks: tasks?,
            definition: Arc::new(node.to_json()),
            instruments: std::mem::take(&mut self.instruments),
            authentications: std::mem::take(&mut self.authentications),
            ..head?
        })
    }

    /// `document`, with no tasks yet.
    fn head(&mut self, node: &Node) -> Option<Document> {
        let known = [
            "dsl",
            "namespace",
            "name",
            "version",
            "title",
            "summary",
            "tags",
            "metadata",
        ];
        let map = self.map(node, "`document`", &known)?;
        let dsl = self.need(map, "dsl");
        let namespace = self.need(map, "namespace");
        let name = self.need(map, "name");
        let version = map.get("version");
        let dsl = self.text_of(dsl?, "the version 1.0.x of the DSL", |text| {
            text.starts_with("1.0.") && is_version(text)
        });
        let host = "a name of lower-case letters, digits and `-`";
        let namespace = self.text_of(namespace?, host, is_host_name);
        let name = self.text_of(name?, host, is_host_name);
        // The standard asks for it, and leaves it out in one of its own conformance scenarios.
        let version = match version {
            Some(node) => self.text_of(node, "a version such as 1.0.0", is_version),
            None => Some("0.0.0".to_owned()),
        };
        let title = map.get("title").and_then(|n| self.string(n, "text"));
        let summary = map.get("summary").and_then(|n| self.string(n, "text"));
        let (mut tempo, mut meter, mut sounds) = (Tempo::default(), Meter::default(), Vec::new());
        let mut loops = false;
        if let Some(metadata) = map.get("metadata") {
            let ours = self.any_map(metadata, "`metadata`")?.get("fermata");
            if let Some(ours) = ours {
                let known = ["tempo", "meter", "loop", "instruments", "sounds"];
                let ours = self.map(ours, "`metadata.fermata`", &known)?;
                if let Some(node) = ours.get("tempo") {
                    tempo = self
                        .number(node, 10.0..=400.0, "a tempo from 10 to 400 beats a minute")
                        .and_then(Tempo::new)
                        .unwrap_or_default();
                }
                if let Some(node) = ours.get("meter") {
                    meter = self
                        .word(node, "a meter such as 3/4", |text| {
                            text.parse::<Meter>().ok()
                        })
                        .unwrap_or_default();
                }
                if let Some(node) = ours.get("loop") {
                    loops = self.boolean(node).unwrap_or_default();
                }
                if let Some(node) = ours.get("instruments") {
                    self.instruments(node);
                }
                if let Some(node) = ours.get("sounds") {
                    sounds = self.sounds(node).unwrap_or_default();
                }
            }
        }
        let name = name?;
        Some(Document {
            source: self.text.into(),
            dsl: dsl?,
            namespace: namespace?,
            title: title.unwrap_or(&name).to_owned(),
            name,
            version: version?,
            summary: summary.unwrap_or_default().trim().to_owned(),
            tempo,
            meter,
            instruments: Vec::new(),
            sounds,
            input: None,
            output: None,
            timeout: None,
            loops,
            schemas: Schemas::default(),
            schedule: None,
            authentications: HashMap::new(),
            tasks: Vec::new(),
            definition: Arc::default(),
            companions: Vec::new(),
        })
    }

    fn text_of(
        &mut self,
        node: &Node,
        expected: &'static str,
        is: impl Fn(&str) -> bool,
    ) -> Option<String> {
        self.word(node, expected, |text| is(text).then(|| text.to_owned()))
    }

    /// `evaluate`: only what is so anyway.
    fn evaluate(&mut self, node: &Node) -> Option<()> {
        let map = self.map(node, "`evaluate`", &["language", "mode"])?;
        for (key, only) in [("language", "jq"), ("mode", "strict")] {
            if let Some(node) = map.get(key)
                && !matches!(&node.value, Value::String(text) if text == only)
            {
                let message = format!("`{key}` can only be `{only}`");
                self.wrong::<()>(node.place, Problem::Other(message));
            }
        }
        Some(())
    }
}

/// Lower-case letters, digits and `-`, as the standard asks of names.
fn is_host_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty()
        && text.len() <= 63
        && text.chars().all(fits)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Three numbers with points between them, perhaps followed by `-` or `+` and more.
fn is_version(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or_default();
    let parts: Vec<&str> = core.split('.').collect();
    let number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(number)
}
