//! What the program promises, in the words of those who use it: real files, real processes.
#![cfg(feature = "instrument")]

mod bad_input;
mod concerto;
mod control;
mod crash;
mod default_store;
mod full_disk;
mod harness;
mod interrupt;
mod lines;
mod loops;
mod musical_time;
mod replay;
mod scores;
mod tasks;
mod twice;
