//! Parses a history from JSON. Payloads are taken as they are written; anything unknown is an error
//! that names its location.

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, EnumAccess, Error as _, IgnoredAny, IntoDeserializer, MapAccess,
        VariantAccess, Visitor, value::StringDeserializer,
    },
    forward_to_deserialize_any,
};
use serde_json::{Error, value::RawValue};

use super::{Event, EventKind, History, InvalidHistory, exported::FORMAT};
use crate::engine::{EventId, InstanceId, json_text::Fields};

/// Parses a history.
pub(super) fn history(text: &str) -> Result<History, InvalidHistory> {
    serde_json::from_str::<IgnoredAny>(text).map_err(InvalidHistory::new)?;
    let mut fields = Fields::read(text).map_err(InvalidHistory::new)?;
    let format: String = fields.take("format").map_err(InvalidHistory::new)?;
    if format != FORMAT {
        let reason = format!("its format is {format:?}, this program reads {FORMAT:?}");
        return Err(InvalidHistory::new(reason));
    }
    let instance: InstanceId = fields.take("instance").map_err(InvalidHistory::new)?;
    let events: Vec<&RawValue> = fields.take("events").map_err(InvalidHistory::new)?;
    fields.none_left().map_err(InvalidHistory::new)?;
    let events = events.into_iter().zip(0..).map(|(raw, place)| {
        let wrong = |reason| InvalidHistory::new(format!("event {place}: {reason}"));
        let event = event(raw.get()).map_err(wrong)?;
        match event.id == EventId(place) {
            true => Ok(event),
            false => Err(InvalidHistory::new(format!(
                "event {place} has the id {}",
                event.id
            ))),
        }
    });
    let events = events.collect::<Result<Vec<_>, _>>()?;
    match events.first().map(|event| &event.kind) {
        Some(EventKind::ExecutionStarted { .. }) => Ok(History { instance, events }),
        _ => Err(InvalidHistory::new(
            "it does not begin with ExecutionStarted",
        )),
    }
}

/// Parses an event. An error names the field.
pub(super) fn event(text: &str) -> Result<Event, String> {
    let mut fields = Fields::read(text)?;
    let id = fields.take("eventId")?;
    let at = fields.take("timestamp")?;
    let name = fields.take("type")?;
    let kind = EventKind::deserialize(Kind { name, fields });
    let kind = kind.map_err(|error| error.to_string())?;
    Ok(Event { id, at, kind })
}

/// The text of an error without line and column, which are relative to the field.
fn in_words(error: &Error) -> String {
    let words = error.to_string();
    match words.rfind(" at line ") {
        Some(end) if error.line() > 0 => words[..end].to_owned(),
        _ => words,
    }
}

impl<'a> Fields<'a> {
    fn read(text: &'a str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| in_words(&error))
    }

    fn take<T: Deserialize<'a>>(&mut self, name: &str) -> Result<T, String> {
        let place = self.0.iter().position(|(known, _)| known == name);
        let place = place.ok_or_else(|| format!("it has no \"{name}\""))?;
        let (_, raw) = self.0.swap_remove(place);
        serde_json::from_str(raw.get()).map_err(|error| format!("{name:?}: {}", in_words(&error)))
    }

    fn none_left(&self) -> Result<(), String> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(format!("its field {name:?} is unknown")),
        }
    }
}

/// An event type with its fields, as a deserializer of an enum.
struct Kind<'a> {
    name: String,
    fields: Fields<'a>,
}

impl<'de> Deserializer<'de> for Kind<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_enum("", &[], visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match variants.contains(&self.name.as_str()) {
            true => visitor.visit_enum(self),
            false => Err(Error::custom(format!(
                "its \"type\" {:?} is unknown",
                self.name
            ))),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Kind<'de> {
    type Error = Error;
    type Variant = Fields<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Fields<'de>), Error> {
        let name: StringDeserializer<Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self.fields))
    }
}

impl<'de> VariantAccess<'de> for Fields<'de> {
    type Error = Error;

    fn struct_variant<V: Visitor<'de>>(
        self,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        for (name, _) in &self.0 {
            if !known.contains(&name.as_str()) {
                return Err(Error::custom(format!("its field {name:?} is unknown")));
            }
        }
        visitor.visit_map(FieldsLeft {
            fields: self.0.into_iter(),
            value: None,
        })
    }

    fn unit_variant(self) -> Result<(), Error> {
        self.none_left().map_err(Error::custom)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Error> {
        Err(Error::custom("an event is an object of fields"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("an event is an object of fields"))
    }
}

struct FieldsLeft<'a> {
    fields: std::vec::IntoIter<(String, &'a RawValue)>,
    value: Option<(String, &'a RawValue)>,
}

impl<'de> MapAccess<'de> for FieldsLeft<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        self.value = self.fields.next();
        let Some((name, _)) = &self.value else {
            return Ok(None);
        };
        let name: StringDeserializer<Error> = name.clone().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let Some((name, raw)) = self.value.take() else {
            return Err(Error::custom("a value without a name"));
        };
        let wrong = |error| Error::custom(format!("{name:?}: {}", in_words(&error)));
        let mut deserializer = serde_json::Deserializer::from_str(raw.get());
        seed.deserialize(&mut deserializer).map_err(wrong)
    }
}
