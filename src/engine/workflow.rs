//! Workflow declarations.

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};

/// Declares the name and types of a workflow. Callers start the marker type; the function is
/// registered with the [`Registry`](super::Registry).
///
/// ```
/// use fermata::engine::{Context, Failure, Registry, Workflow};
///
/// struct Greet;
/// impl Workflow for Greet {
///     type Input = String;
///     type Output = String;
///     fn name(&self) -> &str {
///         "greet"
///     }
/// }
/// async fn greet(_ctx: Context, name: String) -> Result<String, Failure> {
///     Ok(format!("Hello, {name}"))
/// }
/// let registry = Registry::new().workflow(Greet, greet);
/// ```
pub trait Workflow {
    /// The input.
    type Input: Serialize + DeserializeOwned + 'static;
    /// The output.
    type Output: Serialize + DeserializeOwned + 'static;
    /// Its name in the history.
    fn name(&self) -> &str;
}

/// A workflow whose name is known only at run time.
pub struct Named<I, O> {
    name: String,
    types: PhantomData<fn(I) -> O>,
}

impl<I, O> Named<I, O> {
    /// A workflow with this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            types: PhantomData,
        }
    }
}

impl<I, O> Workflow for Named<I, O>
where
    I: Serialize + DeserializeOwned + 'static,
    O: Serialize + DeserializeOwned + 'static,
{
    type Input = I;
    type Output = O;
    fn name(&self) -> &str {
        &self.name
    }
}
