//! One seed for all random choices of tests, so that a run can be repeated.
//!
//! It is always the same unless `FERMATA_TEST_SEED` is set to a number, or to `random`: then the number that
//! was drawn is printed. `FERMATA_TEST_CASES` is the number of cases of each property.

// Each program of tests uses its part of this file.
#![allow(dead_code)]

use std::{
    collections::hash_map::RandomState, env::VarError, hash::BuildHasher, io::Write, str::FromStr,
    sync::OnceLock,
};

use proptest::test_runner::{Config, RngSeed};

const SEED: &str = "FERMATA_TEST_SEED";
const CASES: &str = "FERMATA_TEST_CASES";
/// The seed of a run that asks for no other.
const USUAL: u64 = 1;

/// The seed of this run.
pub fn seed() -> u64 {
    static CHOSEN: OnceLock<u64> = OnceLock::new();
    *CHOSEN.get_or_init(|| match asked::<Wish>(SEED) {
        None => USUAL,
        Some(Wish::This(seed)) => seed,
        Some(Wish::Random) => {
            let seed = RandomState::new().hash_one(());
            // Not `eprintln`: what tests print is shown only for the one that first asked.
            let _ = writeln!(std::io::stderr(), "{SEED}={seed} repeats this run");
            seed
        }
    })
}

/// The seed of one of several sources of chance in a test.
pub fn seed_of(source: u64) -> u64 {
    // An odd factor: different seeds give different sources.
    source.wrapping_add(
        seed()
            .wrapping_sub(USUAL)
            .wrapping_mul(0xd134_2543_de82_ef95),
    )
}

/// How many cases are tried, if not as many as usual.
pub fn count(usual: u32) -> u32 {
    asked(CASES).unwrap_or(usual)
}

/// How a property is tried.
pub fn cases(usual: u32) -> Config {
    Config {
        cases: count(usual),
        rng_seed: RngSeed::Fixed(seed()),
        // A file of failures would make the next run another one.
        failure_persistence: None,
        ..Config::default()
    }
}

#[derive(Debug)]
enum Wish {
    This(u64),
    Random,
}

impl FromStr for Wish {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "random" => Ok(Self::Random),
            number => number.parse().map(Self::This).map_err(|_| ()),
        }
    }
}

/// What the environment asks for.
fn asked<T: FromStr>(name: &str) -> Option<T> {
    let text = match std::env::var(name) {
        Ok(text) => text,
        Err(VarError::NotPresent) => return None,
        Err(error) => panic!("{name}: {error}"),
    };
    let read = text.parse();
    Some(read.unwrap_or_else(|_| panic!("{name}={text}: must be a number{}", or_random(name))))
}

fn or_random(name: &str) -> &'static str {
    if name == SEED { " or `random`" } else { "" }
}

/// The next number of the SplitMix64 generator (Steele, Lea, Flood 2014).
pub fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
