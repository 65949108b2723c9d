//! The root of a document and its `document` section.

use std::{collections::HashMap, sync::Arc};

use super::{Origin, Reader};
use crate::music::{MeterMap, Tempo};
use crate::score::{
    document::Document,
    error::Diagnostic,
    instrument::EventSound,
    listening::Listening,
    source::{Node, Value},
    task::Schemas,
};

/// `metadata.fermata`, without the instruments.
#[derive(Default)]
struct Settings {
    tempo: Tempo,
    meters: MeterMap,
    loops: bool,
    sounds: Vec<EventSound>,
    listening: Option<Listening>,
}

/// Reads a whole document.
pub(in crate::score) fn document(
    node: &Node,
    text: &str,
    origin: Origin<'_>,
) -> Result<(Document, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut reader = Reader::new(text, origin);
    if let Some(diagnostic) = earlier_version(node) {
        return Err(vec![diagnostic]);
    }
    let document = reader.document(node);
    match document {
        Some(document) if reader.diagnostics.is_empty() => {
            if !matches!(origin, Origin::History) {
                reader.warn_of_unused_instruments(node, &document.instruments);
                reader.warn_of_shared_channels(node, &document.instruments);
            }
            Ok((document, reader.warnings))
        }
        _ => Err(reader.diagnostics),
    }
}

/// One error for a document of the versions before 1.0, instead of one for each of its keys.
fn earlier_version(node: &Node) -> Option<Diagnostic> {
    let Value::Map(entries) = &node.value else {
        return None;
    };
    let has = |key: &str| entries.iter().find(|entry| entry.key == key);
    let old = has("specVersion").or_else(|| has("states"))?;
    if has("document").is_some() {
        return None;
    }
    let message = "this is a document of version 0.8 or earlier, and scores are documents of version 1.0: it \
                   begins with `document: { dsl: 1.0.3, namespace, name, version }`, and its states become \
                   tasks under `do`; `fermata new` writes one";
    Some(Diagnostic::new(old.place, message.into()))
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
        let head = self.require(root, "document");
        if let Some(used) = root.get("use") {
            self.reusable(used);
        }
        if let Some(evaluate) = root.get("evaluate") {
            self.evaluate(evaluate);
        }
        let head = head.and_then(|head| self.head(head));
        // Functions may use instruments, so they are read after them.
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
            .require(root, "do")
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
            secrets: self.all_secrets(),
            ..head?
        })
    }

    /// `document`, without tasks yet.
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
        let dsl = self.require(map, "dsl");
        let namespace = self.require(map, "namespace");
        let name = self.require(map, "name");
        let version = map.get("version");
        let dsl = self.text_of(dsl?, "version 1.0.x of the DSL", |text| {
            text.starts_with("1.0.") && is_version(text)
        });
        let host = "up to 63 letters, digits and `-`";
        let namespace = self.text_of(namespace?, host, is_host_name);
        let name = self.text_of(name?, host, is_host_name);
        // The standard requires it, but one of its own conformance scenarios leaves it out.
        let version = match version {
            Some(node) => self.text_of(node, "a version such as 1.0.0", is_version),
            None => Some("0.0.0".to_owned()),
        };
        let title = map.get("title").and_then(|n| self.string(n, "a string"));
        let summary = map.get("summary").and_then(|n| self.string(n, "a string"));
        let settings = match map.get("metadata") {
            Some(metadata) => self.settings(metadata)?,
            None => Settings::default(),
        };
        let name = name?;
        Some(Document {
            source: self.text.into(),
            dsl: dsl?,
            namespace: namespace?,
            title: title.unwrap_or(&name).to_owned(),
            name,
            version: version?,
            summary: summary.unwrap_or_default().trim().to_owned(),
            tempo: settings.tempo,
            meters: settings.meters,
            instruments: Vec::new(),
            sounds: settings.sounds,
            listening: settings.listening,
            input: None,
            output: None,
            timeout: None,
            loops: settings.loops,
            schemas: Schemas::default(),
            schedule: None,
            authentications: HashMap::new(),
            secrets: Vec::new(),
            tasks: Vec::new(),
            definition: Arc::default(),
            companions: Vec::new(),
            warnings: Vec::new(),
        })
    }

    /// `metadata.fermata`.
    fn settings(&mut self, metadata: &Node) -> Option<Settings> {
        let mut settings = Settings::default();
        let Some(ours) = self.any_map(metadata, "`metadata`")?.get("fermata") else {
            return Some(settings);
        };
        let known = ["tempo", "meter", "loop", "instruments", "sounds", "listen"];
        let ours = self.map(ours, "`metadata.fermata`", &known)?;
        if let Some(node) = ours.get("tempo") {
            let bpm = self.number(node, Tempo::MIN..=Tempo::MAX, Tempo::RANGE);
            settings.tempo = bpm.and_then(Tempo::new).unwrap_or_default();
        }
        if let Some(node) = ours.get("meter") {
            settings.meters = self.meters(node).unwrap_or_default();
        }
        if let Some(node) = ours.get("loop") {
            settings.loops = self.boolean(node).unwrap_or_default();
        }
        if let Some(node) = ours.get("instruments") {
            self.instruments(node);
        }
        if let Some(node) = ours.get("sounds") {
            settings.sounds = self.sounds(node).unwrap_or_default();
        }
        if let Some(node) = ours.get("listen") {
            settings.listening = self.listening(node);
        }
        Some(settings)
    }

    fn text_of(
        &mut self,
        node: &Node,
        expected: &'static str,
        is: impl Fn(&str) -> bool,
    ) -> Option<String> {
        self.parsed(node, expected, |text| is(text).then(|| text.to_owned()))
    }

    /// `evaluate`: only the defaults are supported.
    fn evaluate(&mut self, node: &Node) -> Option<()> {
        let map = self.map(node, "`evaluate`", &["language", "mode"])?;
        for (key, only) in [("language", "jq"), ("mode", "strict")] {
            if let Some(node) = map.get(key)
                && !matches!(&node.value, Value::String(text) if text == only)
            {
                let message = format!("unsupported `{key}`: only `{only}` is supported");
                self.report::<()>(node.place, message.into());
            }
        }
        Some(())
    }
}

/// Whether a text is a host name label, which the standard requires of names.
fn is_host_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphabetic() || c.is_ascii_digit() || c == '-';
    !text.is_empty()
        && text.len() <= 63
        && text.chars().all(fits)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether a text is a semantic version.
fn is_version(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or_default();
    let parts: Vec<&str> = core.split('.').collect();
    let number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(number)
}
