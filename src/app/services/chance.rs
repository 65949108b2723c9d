//! The seeded chance that a request fails.

use std::collections::HashMap;

use twox_hash::XxHash3_64;

use super::message::Request;

/// The most requests that are counted separately. When there are more, all counts begin at zero again.
const MAX_REQUESTS: usize = 10_000;

/// Decides by a seed which requests fail. The n-th time that a request is sent, the decision is the same in
/// every program with the same seed, whatever other requests came in between: so parallel branches of a
/// score do not disturb each other.
#[derive(Debug)]
pub(super) struct Chance {
    seed: u64,
    /// How often each request came, by its hash.
    seen: HashMap<u64, u64>,
}

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            seen: HashMap::new(),
        }
    }

    /// Whether the request fails, if it does so with a probability of `rate` (0 to 1).
    pub fn fails(&mut self, request: &Request, rate: f64) -> bool {
        let hash = |bytes: &[u8], seed| XxHash3_64::oneshot_with_seed(seed, bytes);
        let path = hash(request.path.as_bytes(), self.seed);
        let method = hash(request.method.name().as_bytes(), path);
        let same = hash(&request.body, method);
        if self.seen.len() >= MAX_REQUESTS {
            self.seen.clear();
        }
        let count = self.seen.entry(same).or_default();
        *count += 1;
        let drawn = hash(&count.to_le_bytes(), same);
        // The upper 53 bits: what a float between 0 and 1 can hold.
        ((drawn >> 11) as f64) / ((1_u64 << 53) as f64) < rate
    }
}
