//! How bad it gets and in which ways, and chance that can be repeated.

/// Everything that the simulated tenant can do to a call.
pub(crate) const KINDS: [&str; 20] = [
    "answer",
    "answer_after",
    "throttled",
    "throttled_bare",
    "throttled_zero",
    "close_before",
    "close_after",
    "close_middle",
    "delay",
    "truncated",
    "truncated_after",
    "html",
    "html_after",
    "empty",
    "empty_after",
    "wrong_type",
    "wrong_type_after",
    "invalid_utf8",
    "invalid_utf8_after",
    "claims",
];

/// A storm's measures.
#[derive(Clone, Debug)]
pub(crate) struct Weather {
    /// How many people confirm a selection.
    pub(crate) operations: usize,
    /// What chance follows from.
    pub(crate) seed: u64,
    /// The share of calls that go wrong.
    pub(crate) rate: f64,
    /// How often the portal is killed.
    pub(crate) kills: usize,
    /// How many processes it is.
    pub(crate) replicas: usize,
    /// Where the result is written.
    pub(crate) json: Option<String>,
}

impl Weather {
    pub(crate) fn small() -> Self {
        Self { operations: 12, seed: 7, rate: 0.3, kills: 0, replicas: 1, json: None }
    }

    /// `STORM_OPERATIONS`, `STORM_SEED`, `STORM_RATE`, `STORM_KILLS`, `STORM_REPLICAS`, `STORM_JSON`.
    pub(crate) fn from_environment() -> Self {
        #[expect(clippy::disallowed_methods, reason = "a test's own parameters")]
        let variable = |name: &str| std::env::var(format!("STORM_{name}")).ok();
        let small = Self::small();
        let number = |name: &str, default: usize| {
            variable(name).map_or(default, |text| text.parse().expect("a whole number"))
        };
        Self {
            operations: number("OPERATIONS", 1_000),
            seed: variable("SEED").map_or(small.seed, |text| text.parse().expect("a whole number")),
            rate: variable("RATE").map_or(small.rate, |text| text.parse().expect("a share")),
            kills: number("KILLS", 0),
            replicas: number("REPLICAS", 1),
            json: variable("JSON"),
        }
    }

    /// A number below `limit` that follows from the seed and from what it is for.
    pub(crate) fn chance(&self, what: &str, which: usize, limit: usize) -> usize {
        // FNV-1a, then a finaliser: enough to be spread, and the same on every machine.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for byte in what.bytes().chain(which.to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        hash = (hash ^ (hash >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash ^= hash >> 29;
        usize::try_from(hash % u64::try_from(limit.max(1)).expect("small")).expect("small")
    }
}
