//! What all benches share: groups of figures, the limits of the machine, the table.

// Each bench uses its part.
#![allow(dead_code)]

pub mod groups;
pub mod raw;
pub mod table;
