//! The encodings of a response's content. Services may compress without being asked.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// A content without its encodings, which were applied in this order. `most`: how long it may become, in
/// bytes.
///
/// # Errors
///
/// The end of a sentence about the answer.
pub(super) fn decoded(
    content: Vec<u8>,
    encodings: &[String],
    most: u64,
) -> Result<Vec<u8>, String> {
    let mut content = content;
    for encoding in encodings.iter().rev() {
        // A response without content, such as one to HEAD, has nothing to decode.
        if content.is_empty() {
            break;
        }
        content = match encoding.as_str() {
            "" | "identity" => continue,
            "gzip" | "x-gzip" => read(MultiGzDecoder::new(&content[..]), most),
            // `deflate` means zlib, but some services send a raw deflate stream.
            "deflate" => read(ZlibDecoder::new(&content[..]), most)
                .or_else(|_| read(DeflateDecoder::new(&content[..]), most)),
            other => {
                return Err(format!(
                    "is encoded as {other}: only gzip and deflate can be read"
                ));
            }
        }?;
    }
    Ok(content)
}

fn read(decoder: impl Read, most: u64) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    decoder
        .take(most + 1)
        .read_to_end(&mut content)
        .map_err(|error| format!("is compressed, and cannot be read: {error}"))?;
    match content.len() as u64 > most {
        true => Err(format!(
            "has more than {} MiB when it is decompressed, which is the limit",
            most >> 20
        )),
        false => Ok(content),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write};

    use super::*;

    const TEXT: &[u8] = b"{\"a\": 1}";

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn compressed_contents_are_read_within_the_limit() {
        let mut gzip = write::GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(TEXT).unwrap();
        let gzip = gzip.finish().unwrap();
        let mut zlib = write::ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(TEXT).unwrap();
        let zlib = zlib.finish().unwrap();
        let mut bare = write::DeflateEncoder::new(Vec::new(), Compression::best());
        bare.write_all(TEXT).unwrap();
        let bare = bare.finish().unwrap();
        assert_eq!(decoded(gzip, &names(&["gzip"]), 100).unwrap(), TEXT);
        assert_eq!(decoded(zlib, &names(&["deflate"]), 100).unwrap(), TEXT);
        assert_eq!(
            decoded(bare, &names(&["identity", "deflate"]), 100).unwrap(),
            TEXT
        );
        assert_eq!(decoded(TEXT.to_vec(), &[], 100).unwrap(), TEXT);

        let mut bomb = write::GzEncoder::new(Vec::new(), Compression::best());
        bomb.write_all(&[0; 100_000]).unwrap();
        let bomb = bomb.finish().unwrap();
        assert!(
            decoded(bomb, &names(&["gzip"]), 1000)
                .unwrap_err()
                .contains("limit")
        );
        assert!(
            decoded(TEXT.to_vec(), &names(&["gzip"]), 100)
                .unwrap_err()
                .contains("cannot be read")
        );
        assert!(
            decoded(TEXT.to_vec(), &names(&["br"]), 100)
                .unwrap_err()
                .contains("br")
        );
    }
}
