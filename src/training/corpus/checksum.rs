//! A checksum of the dataset file.

/// A fast checksum that detects accidental damage, not tampering. It does not depend on how the bytes are split
/// between calls of [`Checksum::add`].
#[derive(Default)]
pub(super) struct Checksum {
    state: u64,
    /// Bytes that do not fill a word yet.
    rest: Vec<u8>,
    length: u64,
}

impl Checksum {
    pub(super) fn of(bytes: &[u8]) -> u64 {
        let mut checksum = Self::default();
        checksum.add(bytes);
        checksum.finish()
    }

    pub(super) fn add(&mut self, mut bytes: &[u8]) {
        self.length += bytes.len() as u64;
        if !self.rest.is_empty() {
            let (head, tail) = bytes.split_at((8 - self.rest.len()).min(bytes.len()));
            self.rest.extend_from_slice(head);
            bytes = tail;
            if let Ok(word) = <[u8; 8]>::try_from(self.rest.as_slice()) {
                self.add_word(word);
                self.rest.clear();
            }
        }
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add_word(*word);
        }
        self.rest.extend_from_slice(rest);
    }

    fn add_word(&mut self, word: [u8; 8]) {
        let mixed = (self.state ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.state = mixed.rotate_left(29);
    }

    pub(super) fn finish(mut self) -> u64 {
        let mut word = [0; 8];
        word[..self.rest.len()].copy_from_slice(&self.rest);
        self.add_word(word);
        self.add_word(self.length.to_le_bytes());
        self.state ^ (self.state >> 32)
    }
}
