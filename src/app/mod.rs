//! The application: everything that the window and `fermata play` do, without arguments and output.
//!
//! [`open`] runs the window: it starts the conductor, keeps the library of scores, follows edited
//! files, projects the engine's feed into snapshots, records, drives the control surface, keeps the
//! place in the set list and the settings, and writes a report when the window panics.
//! [`play`](mod@play) plays scores to their end without a window, [`render()`] turns recorded music into files, [`services`] are
//! small HTTP services for scores to call.

#[cfg(feature = "stage")]
mod answers;
#[cfg(feature = "stage")]
mod application;
#[cfg(feature = "stage")]
mod audio_device;
#[cfg(feature = "stage")]
mod backend_histories;
#[cfg(feature = "stage")]
mod backends;
#[cfg(all(test, feature = "stage"))]
mod backends_tests;
mod cluster_scores;
#[cfg(all(test, feature = "stage"))]
mod command_order_tests;
#[cfg(feature = "stage")]
mod comparisons;
pub mod control_socket;
#[cfg(feature = "stage")]
mod control_surface;
mod crash;
#[cfg(feature = "stage")]
mod crash_report;
#[cfg(feature = "stage")]
mod earlier_runs;
#[cfg(feature = "stage")]
mod endings;
#[cfg(all(test, feature = "stage"))]
mod endings_tests;
#[cfg(feature = "stage")]
mod engine_commands;
mod error;
#[cfg(feature = "stage")]
mod event_names;
#[cfg(feature = "stage")]
mod explanations;
mod file_watch;
#[cfg(feature = "stage")]
mod files;
#[cfg(all(test, feature = "stage"))]
mod files_tests;
#[cfg(feature = "stage")]
mod folders;
#[cfg(feature = "stage")]
mod histories;
#[cfg(all(test, feature = "stage"))]
mod histories_tests;
#[cfg(feature = "stage")]
mod history_search;
#[cfg(feature = "stage")]
mod home_folder;
#[cfg(feature = "stage")]
mod host;
#[cfg(feature = "stage")]
mod library;
mod listening_file;
#[cfg(feature = "stage")]
mod live_edits;
#[cfg(feature = "stage")]
mod markers_file;
#[cfg(feature = "stage")]
mod options;
#[cfg(feature = "stage")]
mod originals;
mod patches;
pub mod play;
#[cfg(feature = "stage")]
mod player_commands;
#[cfg(feature = "stage")]
mod projection;
#[cfg(feature = "stage")]
mod purges;
#[cfg(all(test, feature = "stage"))]
mod purges_tests;
#[cfg(feature = "stage")]
mod recently_closed;
#[cfg(feature = "stage")]
mod recordings;
#[cfg(feature = "stage")]
mod recovered;
mod render;
#[cfg(feature = "stage")]
mod reopened_lanes;
#[cfg(feature = "stage")]
mod replaced_file;
#[cfg(feature = "stage")]
mod replay_sound;
#[cfg(all(test, feature = "stage"))]
mod rerun_tests;
#[cfg(feature = "stage")]
mod reruns;
mod rig_file;
#[cfg(feature = "stage")]
mod schedules;
#[cfg(feature = "stage")]
mod score_runs;
#[cfg(feature = "stage")]
mod score_texts;
#[cfg(feature = "stage")]
mod scores_to_start;
mod serve;
#[cfg(feature = "stage")]
mod served;
pub mod services;
#[cfg(feature = "stage")]
mod setlist;
#[cfg(feature = "stage")]
mod settings_file;
mod shutdown;
pub mod supervisor;
#[cfg(feature = "temporal-worker")]
pub mod temporal_worker;
#[cfg(all(test, feature = "stage"))]
mod test_app;
mod threads;
#[cfg(feature = "stage")]
mod window;
#[cfg(feature = "stage")]
mod window_requests;
#[cfg(feature = "stage")]
mod without_window;

pub use cluster_scores::{TASK_QUEUE, WORKFLOW, score_in_cluster};
#[cfg(feature = "stage")]
pub use crash_report::newest_crash_report;
pub use error::AppError;
#[cfg(feature = "stage")]
pub use files::is_history;
#[cfg(feature = "stage")]
pub use library::Library;
pub use listening_file::listening_file;
#[cfg(feature = "stage")]
pub use options::{AppOptions, NoStore, OpenStore, Start, Tell};
pub use patches::{follow_patches, read_own_patches};
pub use render::{LEAD_IN, render};
pub use rig_file::RigFile;
pub use serve::{ServedStore, serve};
#[cfg(feature = "stage")]
pub use setlist::SetlistFile;
pub use shutdown::{Shutdown, shutdown_requested};
pub use threads::runtime;
#[cfg(feature = "stage")]
pub use window::{Ended, open};
