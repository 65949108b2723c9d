//! What can be said of a filter by looking at its parts.

use super::syntax::{Filter, Fold, Part, Pattern};

impl Filter {
    /// Whether it is a constant, or texts and lists of constants.
    pub fn is_constant(&self) -> bool {
        match self {
            Self::Constant(_) => true,
            Self::Text(..) | Self::List(_) => self.parts().into_iter().all(Self::is_constant),
            _ => false,
        }
    }

    /// Whether `$secrets` is anywhere in it.
    pub fn has_secrets(&self) -> bool {
        matches!(self, Self::Secrets) || self.parts().into_iter().any(Self::has_secrets)
    }

    /// Whether it neither loops nor reads much.
    pub fn is_simple(&self) -> bool {
        /// Filters that take no time.
        const QUICK: [&str; 6] = ["not", "length", "floor", "ceil", "round", "type"];
        match self {
            Self::Identity | Self::Constant(_) | Self::Variable(_) => true,
            Self::Native(name, arguments) => arguments.is_empty() && QUICK.contains(name),
            Self::List(_)
            | Self::Map(_)
            | Self::Text(None, _)
            | Self::Negated(_)
            | Self::Index(..)
            | Self::Pipe(..)
            | Self::Comma(..)
            | Self::Binary(..)
            | Self::And(..)
            | Self::Or(..)
            | Self::Alternative(..)
            | Self::If(..) => self.parts().into_iter().all(Self::is_simple),
            _ => false,
        }
    }

    /// The filters that it is made of, those in patterns too.
    fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Identity
            | Self::RecurseDefault
            | Self::Constant(_)
            | Self::Format(_)
            | Self::Break(_)
            | Self::Variable(_)
            | Self::Secrets => Vec::new(),
            Self::Text(_, parts) => {
                let filters = parts.iter().filter_map(|part| match part {
                    Part::Plain(_) => None,
                    Part::Filter(filter) => Some(filter),
                });
                filters.collect()
            }
            Self::Iterate(inner)
            | Self::Optional(inner)
            | Self::Negated(inner)
            | Self::Label(inner) => vec![inner],
            Self::List(inner) => inner.as_deref().into_iter().collect(),
            Self::Map(entries) => entries
                .iter()
                .flat_map(|(key, value)| [key, value])
                .collect(),
            Self::Slice(inner, from, to) => {
                let ends = [from, to].into_iter().filter_map(|end| end.as_deref());
                std::iter::once(&**inner).chain(ends).collect()
            }
            Self::Index(one, other)
            | Self::Pipe(one, other)
            | Self::Comma(one, other)
            | Self::Binary(_, one, other)
            | Self::And(one, other)
            | Self::Or(one, other)
            | Self::Alternative(one, other)
            | Self::Assign(one, other)
            | Self::Update(one, other)
            | Self::UpdateWith(_, one, other)
            | Self::UpdateAlternative(one, other) => vec![one, other],
            Self::If(condition, yes, no) => {
                let parts = [&**condition, &**yes].into_iter();
                parts.chain(no.as_deref()).collect()
            }
            Self::Try(inner, caught) => {
                std::iter::once(&**inner).chain(caught.as_deref()).collect()
            }
            Self::Reduce(fold) => fold.parts(),
            Self::Foreach(fold, extract) => {
                fold.parts().into_iter().chain(extract.as_deref()).collect()
            }
            Self::As(source, patterns, _, body) => {
                let patterns = patterns.iter().flat_map(Pattern::filters);
                [&**source, &**body].into_iter().chain(patterns).collect()
            }
            Self::Def(definition, rest) => vec![&definition.body, rest],
            Self::Local(_, arguments)
            | Self::Defined(_, arguments)
            | Self::Native(_, arguments) => arguments.iter().collect(),
        }
    }
}

impl Fold {
    fn parts(&self) -> Vec<&Filter> {
        let patterns = self.patterns.iter().flat_map(Pattern::filters);
        let parts = [&self.source, &self.start, &self.update].into_iter();
        parts.chain(patterns).collect()
    }
}

impl Pattern {
    /// The filters of its keys.
    fn filters(&self) -> Vec<&Filter> {
        match self {
            Self::Variable(_) => Vec::new(),
            Self::List(items) => items.iter().flat_map(Self::filters).collect(),
            Self::Map(entries) => {
                let entries = entries.iter().flat_map(|entry| {
                    let inner = entry.value.iter().flat_map(Self::filters);
                    std::iter::once(&entry.key).chain(inner)
                });
                entries.collect()
            }
        }
    }
}
