//! Trouble on purpose: attempts that fail because the score says so.
//!
//! What fails follows from the history and from the names of instance, event and attempt, so that
//! a simulation fails at the same places every time, and a restarted process too.

use crate::{
    engine::{ActivityContext, Failure},
    music::Beats,
    score::{Instrument, Trouble},
};

/// Failure type of trouble on purpose.
pub(super) const ERROR: &str = "Trouble";

/// Whether trouble strikes an instrument that has missed `failed` attempts so far, `since` the
/// instance came in.
pub(super) fn strikes(
    instrument: &Instrument,
    bar_length: Beats,
    since: Beats,
    failed: u32,
    context: &ActivityContext,
) -> bool {
    match instrument.trouble {
        None => false,
        Some(Trouble::Rate(rate)) => draw(context) < rate,
        Some(Trouble::First { attempts, bar }) => {
            since >= bar_length * i64::from(bar.saturating_sub(1)) && failed < attempts
        }
    }
}

/// What such an attempt fails with.
pub(super) fn failure(instrument: &Instrument) -> Failure {
    Failure::new(
        ERROR,
        format!("{} missed its note on purpose", instrument.name),
    )
}

/// A number from 0 to 1, always the same for the same attempt (FNV-1a over its names).
fn draw(context: &ActivityContext) -> f64 {
    let text = format!(
        "{}/{}/{}",
        context.instance(),
        context.scheduled(),
        context.attempt()
    );
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}
