//! The instrument of a `call: play` or a `call: control`.

use std::sync::Arc;

use serde_json::Value;

use super::{Argument, ArgumentError, Variables, instrument::Instrument, values};

/// An instrument of the document, or an expression that returns the name of one.
#[derive(Debug, Clone, PartialEq)]
pub struct InstrumentChoice {
    instrument: Argument<Instrument>,
    /// The instruments that it can be.
    candidates: Arc<[Instrument]>,
}

impl InstrumentChoice {
    /// A choice of one of `candidates`, which an expression names.
    pub fn new(instrument: Argument<Instrument>, candidates: &[Instrument]) -> Self {
        let candidates = match &instrument {
            Argument::Fixed(instrument) => [instrument.clone()].into(),
            Argument::Expression(_) => candidates.into(),
        };
        Self {
            instrument,
            candidates,
        }
    }

    /// The instruments that it can be.
    pub fn candidates(&self) -> &[Instrument] {
        &self.candidates
    }

    /// The instrument, if it is the same every time.
    pub fn fixed(&self) -> Option<&Instrument> {
        match &self.instrument {
            Argument::Fixed(instrument) => Some(instrument),
            Argument::Expression(_) => None,
        }
    }

    /// The instrument.
    ///
    /// # Errors
    ///
    /// [`ArgumentError`] if the expression fails, or returns anything but the name of an instrument of the
    /// document.
    pub fn get(&self, input: &Value, variables: &Variables) -> Result<Instrument, ArgumentError> {
        let read = |value: &Value| values::instrument(value, &self.candidates);
        self.instrument.get("instrument", input, variables, read)
    }
}

impl From<Instrument> for InstrumentChoice {
    fn from(instrument: Instrument) -> Self {
        Self::new(Argument::Fixed(instrument), &[])
    }
}
