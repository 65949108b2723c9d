//! The instrument of a call.

use super::{Map, Reader, suggest};
use crate::score::{
    Argument, error::Problem, instrument::Instrument, instrument_choice::InstrumentChoice,
    source::Node,
};

impl Reader<'_> {
    /// The instrument that a node names.
    pub(super) fn instrument_named(&mut self, node: &Node) -> Option<Instrument> {
        let name = self.string(node, "the name of an instrument")?;
        if !self.declares_instruments && name == Instrument::PIANO {
            return Some(self.piano());
        }
        let found = self.instruments.iter().find(|i| i.name == name).cloned();
        found.or_else(|| {
            if self.is_full() {
                return None;
            }
            let names: Vec<&str> = self.instruments.iter().map(|i| i.name.as_str()).collect();
            let problem = Problem::UnknownName {
                kind: "instrument",
                name: name.to_owned(),
                scope: "under `metadata.fermata.instruments`",
                suggestion: suggest(name, &names),
            };
            self.report(node.place, problem)
        })
    }

    /// The instrument of a `play` or a `control`.
    pub(super) fn instrument_choice(&mut self, with: Map<'_>) -> Option<InstrumentChoice> {
        let Some(node) = with.get("instrument") else {
            return self.unnamed_instrument(with).map(InstrumentChoice::from);
        };
        let Some(expression) = self.inline_expression(node) else {
            return self.instrument_named(node).map(InstrumentChoice::from);
        };
        self.chooses_instruments = true;
        if !self.declares_instruments {
            self.piano();
        }
        let chosen = Argument::Expression(expression?);
        Some(InstrumentChoice::new(chosen, &self.instruments))
    }

    /// The instrument of a call that names none: the piano, unless the score declares instruments.
    fn unnamed_instrument(&mut self, with: Map<'_>) -> Option<Instrument> {
        match self.declares_instruments {
            true => self
                .require(with, "instrument")
                .and_then(|node| self.instrument_named(node)),
            false => Some(self.piano()),
        }
    }

    /// The piano of a score that declares no instruments.
    fn piano(&mut self) -> Instrument {
        let declared = self.instruments.first().cloned();
        declared.unwrap_or_else(|| {
            let piano = Instrument::piano();
            self.instruments.push(piano.clone());
            piano
        })
    }
}
