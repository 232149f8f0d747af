//! Random streams derived by name, so that no two parts of a study ever share one.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// The generator behind every random stream.
pub type StreamRng = ChaCha8Rng;

/// SHA-256 over the root seed and the length-prefixed parts of the stream's name.
fn derive_seed(root: u64, parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(root.to_le_bytes());
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// The stream named `parts` under the study's `root` seed.
///
/// The parts are length-prefixed, so `["ab", "c"]` and `["a", "bc"]` are different streams.
pub fn derive_rng(root: u64, parts: &[&str]) -> StreamRng {
    StreamRng::from_seed(derive_seed(root, parts))
}

/// A 64-bit key of the same derivation, for hashing an architecture to a draw.
pub fn derive_key(root: u64, parts: &[&str]) -> u64 {
    let seed = derive_seed(root, parts);
    u64::from_le_bytes(seed[..8].try_into().expect("eight of thirty-two bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn names_do_not_run_together() {
        assert_ne!(derive_key(1, &["ab", "c"]), derive_key(1, &["a", "bc"]));
        assert_ne!(derive_key(1, &["a"]), derive_key(2, &["a"]));
        assert_eq!(
            derive_rng(7, &["x"]).next_u64(),
            derive_rng(7, &["x"]).next_u64()
        );
    }

    /// `hashlib.sha256((1).to_bytes(8,'little')+(1).to_bytes(8,'little')+b'a').digest()[:8]`
    #[test]
    fn key_is_sha256_of_length_prefixed_parts() {
        let bytes = hex("c74c1e456818583f");
        assert_eq!(derive_key(1, &["a"]).to_le_bytes().to_vec(), bytes);
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len() / 2)
            .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hex"))
            .collect()
    }
}
