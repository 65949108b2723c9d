//! The names and types of workflows.

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};

/// Names a workflow and its types. The marker is what callers start, the function behind it is given
/// to the [`Registry`](super::Registry).
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
    /// What its function is given.
    type Input: Serialize + DeserializeOwned + 'static;
    /// What its function returns.
    type Output: Serialize + DeserializeOwned + 'static;
    /// Its name in the history.
    fn name(&self) -> &str;
}

/// A workflow whose name is only known at run time.
pub struct Named<I, O> {
    name: String,
    types: PhantomData<fn(I) -> O>,
}

impl<I, O> Named<I, O> {
    /// The workflow of that name.
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
