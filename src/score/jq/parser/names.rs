//! The names in scope.

use std::{collections::HashMap, sync::Arc};

use crate::score::jq::syntax::Definition;

/// The filters that every expression can use.
#[derive(Debug, Default)]
pub struct Names {
    /// Filters in jq's language: their place among the definitions.
    defined: HashMap<(String, usize), usize>,
    /// Filters of Rust.
    native: HashMap<(&'static str, usize), &'static str>,
    count: usize,
}

/// What a name of a filter stands for.
pub enum Found {
    /// A filter of the text, this far up.
    Local(usize),
    /// A filter in jq's language.
    Defined(usize),
    /// A filter of Rust.
    Native(&'static str),
}

impl Names {
    /// With the filters of Rust.
    pub fn new(native: impl Iterator<Item = (&'static str, usize)>) -> Self {
        Self {
            native: native.map(|(name, count)| ((name, count), name)).collect(),
            ..Self::default()
        }
    }

    /// Adds a definition.
    pub fn define(&mut self, definition: &Definition) {
        let key = (definition.name.to_string(), definition.parameters.len());
        self.defined.insert(key, self.count);
        self.count += 1;
    }

    /// All names, without those that only definitions use.
    pub fn all(&self) -> Vec<(&str, usize)> {
        let defined = self
            .defined
            .keys()
            .map(|(name, count)| (name.as_str(), *count));
        let native = self.native.keys().copied();
        let mut all: Vec<_> = defined
            .chain(native)
            .filter(|(name, _)| !name.starts_with('_'))
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn find(&self, name: &str, arguments: usize) -> Option<Found> {
        let defined = self.defined.get(&(name.to_owned(), arguments));
        let native = self.native.get(&(name, arguments));
        defined
            .map(|index| Found::Defined(*index))
            .or_else(|| native.map(|name| Found::Native(name)))
    }
}

enum Local {
    Variable(Arc<str>),
    Filter(Arc<str>, usize),
    Label(Arc<str>),
    /// The definition itself, found by its place in the list.
    Global(usize),
}

/// The names of the text, the innermost last.
pub(super) struct Scope<'n> {
    names: &'n Names,
    locals: Vec<Local>,
    has_secrets: bool,
    global: bool,
}

impl<'n> Scope<'n> {
    pub fn new(names: &'n Names) -> Self {
        Self {
            names,
            locals: Vec::new(),
            has_secrets: false,
            global: false,
        }
    }

    /// The next filter that is added is one of the definitions that every expression can use.
    pub fn next_is_global(&mut self) {
        self.global = true;
    }

    pub fn mark(&self) -> usize {
        self.locals.len()
    }

    pub fn reset(&mut self, mark: usize) {
        self.locals.truncate(mark);
    }

    pub fn add_variable(&mut self, name: &str) {
        self.locals.push(Local::Variable(name.into()));
    }

    pub fn add_filter(&mut self, name: &str, arguments: usize) {
        if std::mem::take(&mut self.global) {
            self.locals.push(Local::Global(self.names.count));
        }
        self.locals.push(Local::Filter(name.into(), arguments));
    }

    pub fn add_label(&mut self, name: &str) {
        self.locals.push(Local::Label(name.into()));
    }

    pub fn variable(&self, name: &str) -> Option<usize> {
        self.up(|local| matches!(local, Local::Variable(known) if &**known == name))
    }

    /// `$secrets` is in scope, unless another variable hides it.
    pub fn allow_secrets(&mut self) {
        self.has_secrets = true;
    }

    /// Whether a name is that of `$secrets`.
    pub fn is_secrets(&self, name: &str) -> bool {
        self.has_secrets && name == "secrets" && self.variable(name).is_none()
    }

    pub fn label(&self, name: &str) -> Option<usize> {
        self.up(|local| matches!(local, Local::Label(known) if &**known == name))
    }

    pub fn filter(&self, name: &str, arguments: usize) -> Option<Found> {
        let fits = |local: &Local| matches!(local, Local::Filter(known, count) if &**known == name && *count == arguments);
        let place = self.locals.iter().rposition(fits);
        match place {
            // A definition that calls itself.
            Some(place) if place == 1 && matches!(self.locals.first(), Some(Local::Global(_))) => {
                match self.locals.first() {
                    Some(Local::Global(index)) => Some(Found::Defined(*index)),
                    _ => None,
                }
            }
            Some(place) => Some(Found::Local(self.locals.len() - 1 - place)),
            None => self.names.find(name, arguments),
        }
    }

    /// With how many arguments a filter is known.
    pub fn arities(&self, name: &str) -> Vec<usize> {
        let mut counts: Vec<usize> = (0..=4)
            .filter(|count| self.filter(name, *count).is_some())
            .collect();
        counts.dedup();
        counts
    }

    /// All names of filters and variables, for suggestions.
    pub fn filters(&self) -> Vec<String> {
        let locals = self.locals.iter().filter_map(|local| match local {
            Local::Filter(name, _) => Some(name.to_string()),
            _ => None,
        });
        let all = self
            .names
            .all()
            .into_iter()
            .map(|(name, _)| name.to_owned());
        locals.chain(all).collect()
    }

    pub fn variables(&self) -> Vec<String> {
        let locals = self.locals.iter().filter_map(|local| match local {
            Local::Variable(name) => Some(name.to_string()),
            _ => None,
        });
        locals.collect()
    }

    fn up(&self, fits: impl Fn(&Local) -> bool) -> Option<usize> {
        let place = self.locals.iter().rposition(fits)?;
        Some(self.locals.len() - 1 - place)
    }
}

/// The name that was probably meant, as the end of a message.
pub(super) fn nearest(name: &str, known: &[String]) -> String {
    match crate::score::suggest::suggest(name, known) {
        found @ crate::score::Suggestion::DidYouMean(_) => found.to_string(),
        _ => String::new(),
    }
}
