//! What the engine promises, in the words of those who use it.

mod activities;
mod attempts;
mod bad_disks;
mod cancel;
mod children;
mod code_changes;
mod control;
mod crash;
mod disk;
mod disk_faults;
mod events;
mod golden;
mod harness;
mod in_time;
mod interleavings;
mod labour;
mod lineage;
mod listening;
mod lives;
mod places;
mod program;
mod random_programs;
mod recovery;
mod runs;
mod scenes;
mod schedules;
#[path = "../common/seed.rs"]
mod seed;
mod stores;
mod traces;
mod truncation;
mod well_formed;
mod workflows;
mod world;
