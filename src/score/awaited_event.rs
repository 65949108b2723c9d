//! What a score says about the data of the events that it listens to.
//!
//! The standard has no schema for the data of an event. What follows from a `listen` is the schema of its
//! output, if that is the data of its event, and the literals that its filters ask for.

use serde_json::{Map, Value, json};

use super::{Document, Filter, Listen, ReadAs, Recurrence, Task, TaskKind, Template};

/// An event that a score listens to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwaitedEvent {
    /// Its type.
    pub kind: String,
    /// Data that filters ask for, each once. Other data may match as well, if a filter without data or
    /// with an expression has the same type.
    pub samples: Vec<Value>,
    /// Whether every filter of this type asks for one of the samples.
    pub needs_sample: bool,
    /// The JSON Schema of its data, if the score says one.
    pub schema: Option<Value>,
}

/// Attributes that an event raised by hand has by itself.
const OWN_ATTRIBUTES: [&str; 5] = ["specversion", "id", "source", "type", "data"];

impl AwaitedEvent {
    /// The events that a score listens to, in the order of its tasks. Events whose type is computed are
    /// left out.
    pub fn of(document: &Document) -> Vec<Self> {
        let mut found = Found::default();
        if let Some(Recurrence::On(listen)) = &document.schedule {
            found.add(listen, None);
        }
        document.each_task(&mut |task| {
            if let TaskKind::Listen(listen) = &task.kind {
                found.add(listen, schema_of(document, task, listen));
            }
        });
        found.0.into_iter().map(|(event, _)| event).collect()
    }
}

/// Events with the schemas that were found for each.
#[derive(Default)]
struct Found(Vec<(AwaitedEvent, Vec<Value>)>);

impl Found {
    fn add(&mut self, listen: &Listen, schema: Option<Value>) {
        for filter in listen.to.filters() {
            let Some(kind) = filter.kind() else {
                continue;
            };
            let known = self.0.iter().position(|(event, _)| event.kind == kind);
            let place = known.unwrap_or_else(|| {
                let event = AwaitedEvent {
                    kind: kind.to_owned(),
                    samples: Vec::new(),
                    needs_sample: true,
                    schema: None,
                };
                self.0.push((event, Vec::new()));
                self.0.len() - 1
            });
            let Some((event, schemas)) = self.0.get_mut(place) else {
                continue;
            };
            match sample(filter) {
                Some(sample) if !event.samples.contains(&sample) => event.samples.push(sample),
                Some(_) => {}
                None => event.needs_sample = false,
            }
            schemas.extend(schema.clone().filter(|schema| !schemas.contains(schema)));
            // Of two that contradict each other none can be asked for.
            event.schema = match schemas.as_slice() {
                [only] => Some(only.clone()),
                _ => None,
            };
        }
    }
}

/// The data that a filter asks for, if it is literal. The members of the data of an event raised by hand
/// count as attributes.
fn sample(filter: &Filter) -> Option<Value> {
    let mut data = Map::new();
    for (name, expected) in &filter.with {
        match expected {
            Template::Literal(Value::Object(members)) if name == "data" => {
                data.extend(members.clone());
            }
            Template::Literal(literal) if name == "data" => return Some(literal.clone()),
            Template::Literal(literal) if !OWN_ATTRIBUTES.contains(&name.as_str()) => {
                data.insert(name.clone(), literal.clone());
            }
            Template::Literal(_) => {}
            _ => return None,
        }
    }
    (!data.is_empty()).then(|| data.into())
}

/// The schema of the data of an event: from the output of the task that listens to it.
fn schema_of(document: &Document, task: &Task, listen: &Listen) -> Option<Value> {
    if listen.foreach.is_some() || listen.until.is_some() || listen.to.filters().len() != 1 {
        return None;
    }
    let schema = task.schemas.output.as_ref()?.document();
    let output = document.definition.pointer(&task.pointer)?.get("output")?;
    let path = match output.get("as") {
        None => None,
        Some(selected) => Some(path_in_first(selected.as_str()?)?),
    };
    let (item, path) = match path {
        // The output is the list of what was heard.
        None => {
            let first = schema.get("prefixItems").and_then(|items| items.get(0));
            (first.or_else(|| schema.get("items"))?, Vec::new())
        }
        Some(path) => (schema, path),
    };
    let path = match (listen.read, path.split_first()) {
        (ReadAs::Data | ReadAs::Raw, _) => path,
        (ReadAs::Envelope, Some((&"data", inner))) => inner.to_vec(),
        (ReadAs::Envelope, _) => return None,
    };
    let around = path.iter().rev();
    let mut whole = around.fold(item.clone(), |inner, name| {
        json!({ "type": "object", "properties": { *name: inner }, "required": [name] })
    });
    // References point to definitions at the root.
    if let (Some(definitions), Some(whole)) = (schema.get("$defs"), whole.as_object_mut()) {
        whole.insert("$defs".to_owned(), definitions.clone());
    }
    Some(whole)
}

/// The members that an expression such as `${ .[0].decision }` descends to in the first event.
fn path_in_first(expression: &str) -> Option<Vec<&str>> {
    let inner = expression.trim().strip_prefix("${")?.strip_suffix('}')?;
    let rest = inner.trim().strip_prefix(".[0]")?;
    if rest.is_empty() {
        return Some(Vec::new());
    }
    let names: Vec<_> = rest.strip_prefix('.')?.split('.').collect();
    let is_name = |name: &&str| {
        let mut chars = name.chars();
        let first = chars.next();
        first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    names.iter().all(is_name).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::parse;

    fn events(tasks: &str) -> Vec<AwaitedEvent> {
        let head = "document: { dsl: 1.0.0, namespace: test, name: ask, version: 1.0.0 }\ndo:\n";
        AwaitedEvent::of(&parse(&format!("{head}{tasks}"), "ask.yaml").unwrap())
    }

    #[test]
    fn the_schema_of_what_a_listen_returns_is_that_of_its_event() {
        let decision = json!({ "enum": ["allow", "skip"] });
        let object = json!({
            "type": "object", "properties": { "decision": decision }, "required": ["decision"]
        });
        let listen = "listen: { to: { one: { with: { type: approval } } } }";
        for (output, schema) in [
            (
                "{ as: '${ .[0].decision }', schema: { document: { enum: [allow, skip] } } }",
                &object,
            ),
            (
                "{ as: '${ .[0] }', schema: { document: { enum: [allow, skip] } } }",
                &decision,
            ),
            (
                "{ schema: { document: { type: array, items: { enum: [allow, skip] } } } }",
                &decision,
            ),
        ] {
            let found = events(&format!("  - ask: {{ {listen}, output: {output} }}\n"));
            assert_eq!(found[0].kind, "approval");
            assert_eq!(found[0].schema.as_ref(), Some(schema), "{output}");
        }
        let counted = "{ as: '${ length }', schema: { document: { type: integer } } }";
        let found = events(&format!("  - ask: {{ {listen}, output: {counted} }}\n"));
        assert_eq!(found[0].schema, None);
    }

    #[test]
    fn what_filters_ask_for_is_known() {
        let found = events(
            "  - ask:
      listen:
        to:
          any:
            - with: { type: approval, data: { decision: allow } }
            - with: { type: approval, decision: skip }
            - with: { type: stop }
",
        );
        let samples = [
            json!({ "decision": "allow" }),
            json!({ "decision": "skip" }),
        ];
        let kinds: Vec<_> = found.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds, ["approval", "stop"]);
        assert_eq!(found[0].samples, samples);
        assert!(found[0].needs_sample && !found[1].needs_sample);
    }

    #[test]
    fn two_tasks_with_different_schemas_of_one_event_give_none() {
        let ask = |name: &str, kind: &str| {
            format!(
                "  - {name}: {{ listen: {{ to: {{ one: {{ with: {{ type: go }} }} }} }}, output: {{ as: \
                 '${{ .[0] }}', schema: {{ document: {{ type: {kind} }} }} }} }}\n"
            )
        };
        let same = events(&(ask("a", "string") + &ask("b", "string")));
        assert_eq!(same[0].schema, Some(json!({ "type": "string" })));
        let other = events(&(ask("a", "string") + &ask("b", "number")));
        assert_eq!(other[0].schema, None);
    }
}
