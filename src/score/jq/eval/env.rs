//! What names stand for while a filter is evaluated.

use std::rc::Rc;

use crate::score::jq::{
    syntax::{Definition, Filter},
    value::Val,
};

/// What a name stands for.
pub enum Binding<'a> {
    /// A variable.
    Value(Val),
    /// A filter of the text.
    Filter(&'a Definition),
    /// An argument, with the names that it sees.
    Closure(&'a Filter, Env<'a>),
    /// A label.
    Label(u64),
}

/// Names, the innermost first.
#[derive(Clone, Default)]
pub struct Env<'a>(Option<Rc<Node<'a>>>);

struct Node<'a> {
    binding: Binding<'a>,
    outer: Env<'a>,
}

impl<'a> Env<'a> {
    /// These names and one more.
    pub fn with(&self, binding: Binding<'a>) -> Self {
        Self(Some(Rc::new(Node {
            binding,
            outer: self.clone(),
        })))
    }

    /// The names from this far up.
    pub fn from(&self, up: usize) -> Self {
        let mut env = self;
        for _ in 0..up {
            match &env.0 {
                Some(node) => env = &node.outer,
                None => return Self(None),
            }
        }
        env.clone()
    }

    /// The binding this far up.
    pub fn up(&self, up: usize) -> Option<&Binding<'a>> {
        let mut env = self;
        for _ in 0..up {
            env = &env.0.as_ref()?.outer;
        }
        env.0.as_ref().map(|node| &node.binding)
    }
}
