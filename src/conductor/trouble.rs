//! Trouble on purpose: attempts that fail because the score says so.
//!
//! What fails follows from the history and from the names of instance, event and attempt, so that
//! a simulation fails at the same places every time, and a restarted process too.

use crate::{
    engine::{ActivityContext, Failure},
    music::Beats,
    score::{InjectedFault, Instrument, calls},
};

/// Failure type of trouble on purpose, unless it is a missing port.
const ERROR: &str = "Trouble";
/// How the messages of trouble on purpose end.
const ON_PURPOSE: &str = "on purpose";

/// Whether trouble strikes an instrument that has missed `failed` attempts so far, `since` the
/// instance came in.
pub(super) fn strikes(
    instrument: &Instrument,
    bar_length: Beats,
    since: Beats,
    failed: u32,
    context: &ActivityContext,
) -> bool {
    match instrument.fault {
        None => false,
        Some(InjectedFault::Rate(rate)) => strikes_at(rate, context),
        Some(
            InjectedFault::First { attempts, bar } | InjectedFault::Unplugged { attempts, bar },
        ) => since >= bar_length * i64::from(bar.saturating_sub(1)) && failed < attempts,
    }
}

/// Whether trouble strikes an attempt when it strikes so many of them.
pub(super) fn strikes_at(rate: f64, context: &ActivityContext) -> bool {
    draw(context) < rate
}

/// What such an attempt fails with.
pub(super) fn failure(instrument: &Instrument) -> Failure {
    let name = &instrument.name;
    match instrument.fault {
        Some(InjectedFault::Unplugged { .. }) => {
            let message = format!("{name} cannot play: its cable was pulled {ON_PURPOSE}");
            Failure::new(calls::PORT_MISSING, message)
        }
        _ => Failure::new(ERROR, format!("{name} missed its note {ON_PURPOSE}")),
    }
}

/// Whether an attempt failed because the score says so.
pub(super) fn is_on_purpose(failure: &Failure) -> bool {
    failure.error_type == ERROR
        || failure.error_type == calls::PORT_MISSING && failure.message.ends_with(ON_PURPOSE)
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
