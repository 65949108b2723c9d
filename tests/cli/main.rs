//! The promises of the program, in the words of its users, with real files and real processes.
#![cfg(feature = "instrument")]

mod bad_input;
mod channels;
mod child_scores;
#[path = "../common/mod.rs"]
mod common;
mod completions;
mod concerto;
mod conformance;
mod control;
mod control_socket;
mod crash;
mod damaged_store;
mod data_flow;
mod default_store;
mod doctor;
mod events;
mod full_disk;
mod functions;
mod harness;
mod http;
mod import;
mod interrupt;
mod lifecycle;
mod lines;
mod listening;
mod long_pieces;
mod loops;
mod lost_store;
mod meters;
mod midi_files;
mod much_work;
mod music;
mod musical_time;
mod new;
mod operate;
mod output_files;
mod recording;
mod render;
mod renewal;
mod replay;
mod resumed_sound;
mod rig;
mod robustness;
mod schedules;
mod schema;
mod scores;
mod selection;
mod services;
mod setlist;
mod tasks;
mod twice;
mod undoing;
mod verify;

use common::{seed, simulation, sleeper};
