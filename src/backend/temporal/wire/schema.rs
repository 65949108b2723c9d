//! How messages of the protocol are described: the number, name and type of each field.

/// A message.
pub(super) struct Message {
    /// Its fields.
    pub fields: &'static [Field],
}

/// A field of a message.
pub(super) struct Field {
    /// Its number on the wire.
    pub number: u32,
    /// Its name in JSON.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
}

/// The type of a field.
pub(super) enum Kind {
    /// Text.
    Text,
    /// Bytes; base64 in JSON.
    Bytes,
    /// A truth value.
    Bool,
    /// An integer that is a number in JSON.
    Int32,
    /// The same without sign.
    Uint32,
    /// An integer that is text in JSON.
    Int64,
    /// A number of 64 bits.
    Double,
    /// A number of 32 bits.
    Float,
    /// A duration; `1.5s` in JSON.
    Duration,
    /// A moment; RFC 3339 in JSON.
    Timestamp,
    /// The type of an event.
    EventType,
    /// Any other enumeration.
    Enum(&'static Enumeration),
    /// A message.
    Message(&'static Message),
    /// A list.
    List(&'static Kind),
    /// A map from text.
    Map(&'static Kind),
}

/// An enumeration.
pub(super) struct Enumeration {
    /// What its names begin with.
    pub prefix: &'static str,
    /// Its values, without what they begin with.
    pub values: &'static [(i32, &'static str)],
}

impl Message {
    /// The field with a number.
    pub fn field(&self, number: u32) -> Option<&'static Field> {
        let fields = self.fields;
        let usual = usize::try_from(number)
            .unwrap_or(usize::MAX)
            .wrapping_sub(1);
        match fields.get(usual) {
            Some(field) if field.number == number => Some(field),
            _ => fields.iter().find(|field| field.number == number),
        }
    }
}

impl Enumeration {
    /// The name of a value.
    pub fn name(&self, value: i32) -> Option<String> {
        let mut values = self.values.iter();
        let (_, name) = values.find(|(number, _)| *number == value)?;
        Some(format!("{}{name}", self.prefix))
    }
}

/// Describes messages: `NAME { NUMBER NAME: TYPE, ... }`.
macro_rules! messages {
    ($($message:ident { $($number:literal $name:ident: $kind:expr,)* })*) => {
        $(pub(in super::super) static $message: $crate::backend::temporal::wire::schema::Message =
            $crate::backend::temporal::wire::schema::Message {
                fields: &[$($crate::backend::temporal::wire::schema::Field {
                    number: $number,
                    name: stringify!($name),
                    kind: $kind,
                },)*],
            };)*
    };
}

/// Describes enumerations: `NAME "WHAT VALUES BEGIN WITH" { NUMBER VALUE, ... }`.
macro_rules! enumerations {
    ($($name:ident $prefix:literal { $($number:literal $value:ident,)* })*) => {
        $(pub(super) static $name: $crate::backend::temporal::wire::schema::Enumeration =
            $crate::backend::temporal::wire::schema::Enumeration {
                prefix: $prefix,
                values: &[$(($number, stringify!($value)),)*],
            };)*
    };
}

pub(super) use {enumerations, messages};
