//! What the engine promises, in the words of those who use it.

mod activities;
mod control;
mod events;
mod harness;
mod recovery;
mod stores;
