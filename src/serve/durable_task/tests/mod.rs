//! What workers see of histories, what they ask for, and who gets which work.

mod actions;
mod history;
mod hub;
