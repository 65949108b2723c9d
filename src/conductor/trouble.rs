//! Fault injection: attempts that fail because the score or the mixer asks for it.
//!
//! Which attempts fail depends only on the history and on the names of instance, event and attempt, so a
//! simulation or a restarted process fails at the same places.

use crate::{
    engine::{ActivityContext, Failure},
    music::Beats,
    score::{InjectedFault, Instrument, calls},
};

/// The failure type of an injected fault, unless it is a missing port.
const ERROR: &str = "Trouble";
/// The end of the messages of injected faults.
const ON_PURPOSE: &str = "on purpose";

/// Whether an attempt of an instrument fails, which has `failed` injected failures so far. `since` is the number
/// of bars since the instance entered.
pub(super) fn strikes(
    instrument: &Instrument,
    since: Beats,
    failed: u32,
    context: &ActivityContext,
) -> bool {
    match instrument.fault {
        None => false,
        Some(InjectedFault::Rate(rate)) => strikes_at(rate, context),
        Some(
            InjectedFault::First { attempts, bar } | InjectedFault::Unplugged { attempts, bar },
        ) => since >= Beats::whole(bar.saturating_sub(1).into()) && failed < attempts,
    }
}

/// Whether an attempt fails at this rate of faults.
pub(super) fn strikes_at(rate: f64, context: &ActivityContext) -> bool {
    draw(context) < rate
}

/// The failure of such an attempt.
pub(super) fn failure(instrument: &Instrument) -> Failure {
    let name = &instrument.name;
    let failure = match instrument.fault {
        Some(InjectedFault::Unplugged { .. }) => {
            let message = format!("{name} cannot play: its cable was pulled {ON_PURPOSE}");
            Failure::new(calls::PORT_MISSING, message)
        }
        _ => Failure::new(ERROR, format!("{name} missed its note {ON_PURPOSE}")),
    };
    failure.injected()
}

/// The failure of an attempt of an activity into which faults are injected.
pub(super) fn failure_of(activity: &str) -> Failure {
    Failure::new(
        ERROR,
        format!("the activity {activity:?} failed {ON_PURPOSE}"),
    )
    .injected()
}

/// Whether a failure was injected. In older histories only its words say so.
pub(super) fn is_on_purpose(failure: &Failure) -> bool {
    failure.injected
        || failure.error_type == ERROR
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
