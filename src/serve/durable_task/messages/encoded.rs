//! A message that is bytes already.

use prost::{
    DecodeError, Message,
    bytes::{Buf, BufMut, Bytes},
    encoding::{
        DecodeContext, WireType, encode_key, encode_varint, encoded_len_varint, skip_field,
    },
};

/// The bytes of a message: those that were encoded before, or those that are passed on as they came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Encoded(pub Bytes);

impl Message for Encoded {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        buf.put_slice(&self.0);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        ctx: DecodeContext,
    ) -> Result<(), DecodeError> {
        let mut bytes = Vec::from(std::mem::take(&mut self.0));
        encode_key(tag, wire_type, &mut bytes);
        match wire_type {
            WireType::Varint => encode_varint(prost::encoding::decode_varint(buf)?, &mut bytes),
            WireType::SixtyFourBit => take(8, buf, &mut bytes)?,
            WireType::ThirtyTwoBit => take(4, buf, &mut bytes)?,
            WireType::LengthDelimited => {
                let length = prost::encoding::decode_varint(buf)?;
                encode_varint(length, &mut bytes);
                take(
                    usize::try_from(length).unwrap_or(usize::MAX),
                    buf,
                    &mut bytes,
                )?;
            }
            // Groups are in no message of this protocol.
            WireType::StartGroup | WireType::EndGroup => skip_field(wire_type, tag, buf, ctx)?,
        }
        self.0 = bytes.into();
        Ok(())
    }

    fn encoded_len(&self) -> usize {
        self.0.len()
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

fn take(length: usize, from: &mut impl Buf, to: &mut Vec<u8>) -> Result<(), DecodeError> {
    if from.remaining() < length {
        // The error of a message that is cut off.
        return <()>::decode(&[0x08_u8][..]);
    }
    to.put(from.take(length));
    Ok(())
}

/// Appends a message as a field of the message around it.
pub fn append(field: u32, message: &impl Message, to: &mut Vec<u8>) {
    encode_key(field, WireType::LengthDelimited, to);
    let length = message.encoded_len();
    to.reserve(length + encoded_len_varint(length as u64));
    encode_varint(length as u64, to);
    // A vector grows as far as is needed.
    message.encode_raw(to);
}
