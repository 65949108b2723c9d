//! The query of an address.

use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use super::{InvalidCall, scalar};
use crate::score::pointer::escaped;

/// A name and a value of a query, and where the value is in it.
pub(super) type Pair = (String, (String, String));

/// The pairs of a query. Null is left out; a list repeats its name.
pub(super) fn pairs(query: &Map<String, Value>) -> Result<Vec<Pair>, InvalidCall> {
    let mut pairs = Vec::new();
    for (name, value) in query {
        let pointer = format!("/{}", escaped(name));
        let values: Vec<(String, &Value)> = match value {
            Value::Null => continue,
            Value::Array(values) => (0..)
                .zip(values)
                .map(|(index, value): (usize, _)| (format!("{pointer}/{index}"), value))
                .collect(),
            value => vec![(pointer, value)],
        };
        for (pointer, value) in values {
            let text = scalar(value).ok_or_else(|| {
                InvalidCall::Invalid(format!(
                    "`{name}` in `query` must be a string, a number or a list of them"
                ))
            })?;
            pairs.push((pointer, (name.clone(), text)));
        }
    }
    Ok(pairs)
}

/// Adds to the query of an address.
///
/// # Errors
///
/// [`InvalidCall::Invalid`] if the address is none.
pub fn with_query<'q>(
    address: &str,
    query: impl Iterator<Item = &'q (String, String)>,
) -> Result<String, InvalidCall> {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    let mut is_empty = true;
    for (name, text) in query {
        pairs.append_pair(name, text);
        is_empty = false;
    }
    if is_empty {
        return Ok(address.to_owned());
    }
    let pairs = pairs.finish();
    let mut url = Url::parse(address).map_err(|error| InvalidCall::Invalid(error.to_string()))?;
    let query = match url.query() {
        Some(before) if !before.is_empty() => format!("{before}&{pairs}"),
        _ => pairs,
    };
    url.set_query((!query.is_empty()).then_some(&query));
    Ok(url.into())
}
