//! Deserializes MessagePack with the same results as `serde_json`.
//!
//! Only simple cases are handled. Where JSON has special rules (numeric map keys, integers of more
//! than 64 bits) deserialization fails, and the caller falls back to the JSON text.

use serde::{
    Deserializer,
    de::{
        DeserializeSeed, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess, Visitor,
        value::BorrowedStrDeserializer,
    },
    forward_to_deserialize_any,
};

use super::wire::{BadBytes, Item, Reader};

/// Deserialization failed. The caller gets the actual error from `serde_json`.
#[derive(Debug, thiserror::Error)]
#[error("the data does not have the expected type")]
pub(super) struct TypeMismatch;

impl serde::de::Error for TypeMismatch {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }
}

impl From<BadBytes> for TypeMismatch {
    fn from(_: BadBytes) -> Self {
        Self
    }
}

/// The next value of a reader.
pub(super) struct Next<'r, 'de>(pub &'r mut Reader<'de>);

impl<'de> Next<'_, 'de> {
    fn visit<V: Visitor<'de>>(self, item: Item<'de>, visitor: V) -> Result<V::Value, TypeMismatch> {
        match item {
            Item::Null => visitor.visit_unit(),
            Item::Bool(value) => visitor.visit_bool(value),
            Item::Unsigned(n) => visitor.visit_u64(n),
            Item::Signed(n) => visitor.visit_i64(n),
            Item::Float(n) => visitor.visit_f64(n),
            Item::Text(text) => visitor.visit_borrowed_str(text),
            Item::Array(len) => {
                let mut items = Items::of(self.0, len);
                let value = visitor.visit_seq(&mut items)?;
                items.all_were_taken(value)
            }
            Item::Map(len) => {
                let mut items = Items::of(self.0, len);
                let value = visitor.visit_map(&mut items)?;
                items.all_were_taken(value)
            }
            Item::Json(_) | Item::NotJson(_) => Err(TypeMismatch),
        }
    }
}

impl<'de> Deserializer<'de> for Next<'_, 'de> {
    type Error = TypeMismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeMismatch> {
        let item = self.0.item()?;
        self.visit(item, visitor)
    }

    /// Parses the decimal digits rather than rounding the bits, as `serde_json` does.
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeMismatch> {
        match self.0.item()? {
            Item::Float(n) => {
                let digits = serde_json::to_string(&n).map_err(TypeMismatch::custom)?;
                let single: f32 = digits.parse().map_err(TypeMismatch::custom)?;
                match single.is_finite() {
                    true => visitor.visit_f32(single),
                    false => Err(TypeMismatch),
                }
            }
            item => self.visit(item, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeMismatch> {
        match self.0.clone().item()? {
            Item::Null => {
                self.0.item()?;
                visitor.visit_none()
            }
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TypeMismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypeMismatch> {
        match self.0.item()? {
            Item::Text(name) => {
                let name: BorrowedStrDeserializer<'de, TypeMismatch> =
                    BorrowedStrDeserializer::new(name);
                visitor.visit_enum(name)
            }
            Item::Map(1) => visitor.visit_enum(self),
            _ => Err(TypeMismatch),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeMismatch> {
        match self.0.item()? {
            Item::Text(text) => visitor.visit_borrowed_bytes(text.as_bytes()),
            item => self.visit(item, visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeMismatch> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(
        self,
        visitor: V,
    ) -> Result<V::Value, TypeMismatch> {
        self.0.skip()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f64 char str string unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}

/// The items of an array or map.
struct Items<'r, 'de> {
    reader: &'r mut Reader<'de>,
    left: u32,
}

impl<'r, 'de> Items<'r, 'de> {
    fn of(reader: &'r mut Reader<'de>, left: u32) -> Self {
        Self { reader, left }
    }

    fn all_were_taken<T>(&self, value: T) -> Result<T, TypeMismatch> {
        match self.left {
            0 => Ok(value),
            _ => Err(TypeMismatch),
        }
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = TypeMismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, TypeMismatch> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(Next(self.reader)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        usize::try_from(self.left).ok()
    }
}

impl<'de> MapAccess<'de> for &mut Items<'_, 'de> {
    type Error = TypeMismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, TypeMismatch> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        match self.reader.item()? {
            Item::Text(name) => seed.deserialize(Name(name)).map(Some),
            _ => Err(TypeMismatch),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, TypeMismatch> {
        seed.deserialize(Next(self.reader))
    }

    fn size_hint(&self) -> Option<usize> {
        usize::try_from(self.left).ok()
    }
}

macro_rules! left_to_serde_json {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, TypeMismatch> {
            Err(TypeMismatch)
        })*
    };
}

/// A map key. Numeric keys are left to `serde_json`.
struct Name<'de>(&'de str);

impl<'de> Deserializer<'de> for Name<'de> {
    type Error = TypeMismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeMismatch> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeMismatch> {
        visitor.visit_borrowed_bytes(self.0.as_bytes())
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeMismatch> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypeMismatch> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TypeMismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypeMismatch> {
        let name: BorrowedStrDeserializer<'de, TypeMismatch> = BorrowedStrDeserializer::new(self.0);
        visitor.visit_enum(name)
    }

    left_to_serde_json! { deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64 }

    forward_to_deserialize_any! {
        char str string unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A map with one entry: a variant with data.
impl<'de> EnumAccess<'de> for Next<'_, 'de> {
    type Error = TypeMismatch;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self), TypeMismatch> {
        match self.0.item()? {
            Item::Text(name) => Ok((seed.deserialize(Name(name))?, self)),
            _ => Err(TypeMismatch),
        }
    }
}

impl<'de> VariantAccess<'de> for Next<'_, 'de> {
    type Error = TypeMismatch;

    fn unit_variant(self) -> Result<(), TypeMismatch> {
        serde::Deserialize::deserialize(self)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, TypeMismatch> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, TypeMismatch> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TypeMismatch> {
        self.deserialize_struct("", fields, visitor)
    }
}
