//! jq filters with a budget.

use jaq_core::{DataT, data::HasLut};
use jaq_json::Val;

use super::budget::Budget;

/// What jq filters run on: values, and what the evaluation may still cost.
pub(super) struct Data;

/// The data of an evaluation.
#[derive(Clone)]
pub(super) struct Work<'a> {
    pub(super) lut: &'a jaq_core::Lut<Data>,
    pub(super) budget: &'a Budget,
}

impl DataT for Data {
    type V<'a> = Val;
    type Data<'a> = Work<'a>;
}

impl<'a> HasLut<'a, Data> for Work<'a> {
    fn lut(&self) -> &'a jaq_core::Lut<Data> {
        self.lut
    }
}

/// A compiled filter.
pub(super) type Filter = jaq_core::Filter<Data>;
