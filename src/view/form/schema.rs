//! The fields of a form for data that a schema describes.

use serde_json::{Map, Value};

use super::field::{ChoiceOption, Field, FieldKind};

/// With more properties than this, one field takes all data as JSON.
const MAX_FIELDS: usize = 24;
/// References that are followed until the schema of a property is found.
const MAX_REFERENCES: usize = 8;

/// How the fields of a form make its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Each is a member of an object.
    Object,
    /// The only field is all of the data.
    Whole,
}

/// The fields for data of a schema, filled with defaults.
pub(super) fn fields(schema: &Value, label: &str) -> (Vec<Field>, Shape) {
    let root = resolved(schema, schema);
    let properties = root.get("properties").and_then(Value::as_object);
    let properties = properties.filter(|all| (1..=MAX_FIELDS).contains(&all.len()));
    let is_object = matches!(kind_of(root), None | Some("object"));
    let Some(properties) = properties.filter(|_| is_object) else {
        let mut field = field("", root);
        if field.label.is_empty() {
            field.label = label.to_owned();
        }
        field.is_required = field.options().is_some();
        return (vec![field], Shape::Whole);
    };
    let required = root.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
    let whole = root.get("default").and_then(Value::as_object);
    let fields = properties.iter().map(|(name, part)| {
        let mut field = field(name, resolved(schema, part));
        field.is_required = is_required(name);
        if let Some(default) = whole.and_then(|whole| whole.get(name)) {
            field.fill(default);
        }
        field
    });
    (fields.collect(), Shape::Object)
}

fn field(name: &str, schema: &Value) -> Field {
    let text = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default();
    let label = match text("title") {
        "" => name,
        title => title,
    };
    let mut field = Field::new(name, label, kind(schema));
    field.help = text("description").to_owned();
    if let Some(default) = schema.get("default") {
        field.fill(default);
    } else if let Some([only]) = field.options() {
        let only = only.value.clone();
        field.fill(&only);
    }
    field
}

fn kind(schema: &Value) -> FieldKind {
    if let Some(options) = options(schema) {
        return FieldKind::Choice(options);
    }
    match kind_of(schema) {
        Some("string") => FieldKind::Text,
        Some("number" | "integer") => FieldKind::Number,
        Some("boolean") => {
            let answers = [true, false].map(|answer| ChoiceOption::of(answer.into()));
            FieldKind::Choice(answers.into())
        }
        _ => FieldKind::Json,
    }
}

/// The options of `enum`, of `const`, and of `oneOf` or `anyOf` with a constant each.
fn options(schema: &Value) -> Option<Vec<ChoiceOption>> {
    let listed = schema.get("enum").and_then(Value::as_array).cloned();
    let only = schema.get("const").map(|only| vec![only.clone()]);
    if let Some(values) = listed.or(only).filter(|values| !values.is_empty()) {
        return Some(values.into_iter().map(ChoiceOption::of).collect());
    }
    let ways = schema.get("oneOf").or_else(|| schema.get("anyOf"))?;
    let ways = ways.as_array().filter(|ways| !ways.is_empty())?;
    let option = |way: &Value| {
        let mut option = ChoiceOption::of(way.get("const")?.clone());
        if let Some(title) = way.get("title").and_then(Value::as_str) {
            title.clone_into(&mut option.label);
        }
        Some(option)
    };
    ways.iter().map(option).collect()
}

/// The only type that a schema allows.
fn kind_of(schema: &Value) -> Option<&str> {
    schema.get("type")?.as_str()
}

/// The schema that a schema refers to.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let mut schema = schema;
    for _ in 0..MAX_REFERENCES {
        let reference = schema.get("$ref").and_then(Value::as_str);
        let target = reference.and_then(|reference| reference.strip_prefix('#'));
        match target.and_then(|pointer| document.pointer(pointer)) {
            Some(target) => schema = target,
            None => break,
        }
    }
    schema
}

/// The data of fields: an object of those that are filled, or the data of the only one.
pub(super) fn assembled(shape: Shape, fields: &[(&Field, Option<Value>)]) -> Value {
    match (shape, fields) {
        (Shape::Whole, [(_, data)]) => data.clone().unwrap_or(Value::Null),
        _ => {
            let mut members = Map::new();
            for (field, data) in fields {
                if let Some(data) = data {
                    members.insert(field.name.clone(), data.clone());
                }
            }
            members.into()
        }
    }
}
