//! The compact form of one piece of a take: numbers as bytes, compressed and checked, written as text.

use std::io::{Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A piece of a take in compact form, readable by itself: damage to one leaves the others whole.
///
/// Fields in order as bytes (`MessagePack`), compressed with a checksum (zlib), in base64 so that any host can keep it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Pack(String);

impl Pack {
    /// More bytes than any pack that is written has; what would grow beyond them is damage.
    const MAX_BYTES: u64 = 4 << 20;

    pub(super) fn of(content: &impl Serialize) -> Self {
        // Writing to memory does not fail.
        let bytes = rmp_serde::to_vec(content).unwrap_or_default();
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        let written = encoder.write_all(&bytes).and_then(|()| encoder.finish());
        Self(BASE64.encode(written.unwrap_or_default()))
    }

    /// What it holds, unless it is damaged.
    pub(super) fn open<T: DeserializeOwned>(&self) -> Option<T> {
        let compressed = BASE64.decode(&self.0).ok()?;
        let mut bytes = Vec::new();
        ZlibDecoder::new(&compressed[..]).take(Self::MAX_BYTES + 1).read_to_end(&mut bytes).ok()?;
        if bytes.len() as u64 > Self::MAX_BYTES {
            return None;
        }
        rmp_serde::from_slice(&bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use crate::composer::take::saved::pack::Pack;

    #[test]
    fn a_pack_is_read_as_it_was_written_or_not_at_all() {
        let numbers: Vec<u32> = (0..300).map(|number| number % 7 * 1000).collect();
        let pack = Pack::of(&numbers);
        assert_eq!(pack.open(), Some(numbers));
        assert!(pack.0.len() < 100, "{}", pack.0.len());
        for at in 0..pack.0.len() {
            let mut text = pack.0.clone().into_bytes();
            text[at] = if text[at] == b'A' { b'B' } else { b'A' };
            let damaged = Pack(String::from_utf8(text).unwrap());
            assert_eq!(damaged.open::<Vec<u32>>(), None, "changed at {at}");
            assert_eq!(Pack(pack.0[..at].to_owned()).open::<Vec<u32>>(), None, "cut off at {at}");
        }
    }

    #[test]
    fn a_pack_that_would_grow_without_bound_is_damaged() {
        assert_eq!(Pack::of(&vec![0_u8; 5 << 20]).open::<Vec<u8>>(), None);
    }
}
