//! Score documents and how they are performed as workflows.

pub mod calls;
