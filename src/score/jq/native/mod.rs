//! The filters of jq that are written in Rust, and those in jq's own language.

mod dates;
mod filters;
mod lists;
mod maths;
mod regex;
mod search;
mod sorting;
mod strftime;
mod strptime;
mod texts;

use std::{collections::HashMap, sync::OnceLock};

use super::{
    eval::{Done, Env, Item, Machine, Out},
    halt::Halt,
    parser::{self, Names},
    syntax::{Definition, Filter},
    value::Val,
};

/// A filter of Rust.
#[derive(Clone, Copy)]
pub enum Native {
    /// It makes one value of its input and the values of its arguments.
    Value(fn(&Machine<'_>, Val, &[Val]) -> Result<Val, Halt>),
    /// It evaluates its arguments itself.
    Filter(for<'a> fn(&Machine<'_>, Call<'a, '_>, Item, Out<'_>) -> Done),
}

/// The arguments of a filter.
#[derive(Clone, Copy)]
pub struct Call<'a, 'e> {
    /// The filters.
    pub arguments: &'a [Filter],
    /// The names that they see.
    pub env: &'e Env<'a>,
}

impl<'a> Call<'a, '_> {
    /// An argument. The compiler has counted them.
    pub fn argument(&self, index: usize) -> Result<&'a Filter, Halt> {
        let argument = self.arguments.get(index);
        argument.ok_or_else(|| Halt::error("an argument is missing"))
    }
}

/// A table of filters: name, number of arguments, and the filter.
type Table = &'static [(&'static str, usize, Native)];

const TABLES: [Table; 7] = [
    filters::TABLE,
    lists::TABLE,
    sorting::TABLE,
    texts::TABLE,
    regex::TABLE,
    dates::TABLE,
    maths::TABLE,
];

/// The filter with this name and number of arguments.
pub fn find(name: &'static str, arguments: usize) -> Option<Native> {
    static ALL: OnceLock<HashMap<(&'static str, usize), Native>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let rows = TABLES.into_iter().flatten();
        rows.map(|(name, count, native)| ((*name, *count), *native))
            .collect()
    });
    all.get(&(name, arguments)).copied()
}

/// The names of all filters, and those in jq's language.
pub fn prelude() -> &'static (Names, Vec<Definition>) {
    static PRELUDE: OnceLock<(Names, Vec<Definition>)> = OnceLock::new();
    PRELUDE.get_or_init(|| {
        let rows = TABLES.into_iter().flatten();
        let mut names = Names::new(rows.map(|(name, count, _)| (*name, *count)));
        let definitions = parser::definitions(include_str!("../prelude.jq"), &mut names);
        // Tests read it.
        let definitions = definitions.unwrap_or_else(|error| panic!("prelude.jq: {error:?}"));
        (names, definitions)
    })
}
