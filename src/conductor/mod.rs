//! Joins the others: scores are started as workflows on the engine, their notes go to the player,
//! and the transport rolls while there is music.

mod activities;
mod broken_code;
mod changes;
mod channel_choice;
mod channels;
mod chase;
pub mod control_surface;
mod endings;
mod error;
mod event_receivers;
mod fault;
mod fault_control;
mod faulty_disk;
mod handle;
mod http;
mod lane;
mod listening;
mod lookahead;
mod mixer;
mod mixer_control;
mod performer;
mod phrases;
mod ports;
mod recorded_music;
mod recording;
mod replay;
mod replay_bus;
mod replay_output;
mod rerun;
mod resume_point;
mod revisions;
pub mod rig;
mod score_data;
mod score_run;
mod score_worker;
#[cfg(test)]
mod score_worker_tests;
mod secrets;
pub mod setlist;
mod setup;
mod sounds;
mod standstill;
mod task_links;
mod task_timeline;
#[cfg(test)]
mod test_performance;
mod trouble;
mod volumes;
mod watch;

pub use endings::{EndAt, LaneEnd};
pub use error::ConductorError;
pub use fault::{
    FAULT_ACTIVITIES, Fault, FaultChange, FaultTarget, InvalidFaultTarget, MAX_FAIL_NEXT,
    MAX_LATENCY,
};
pub use fault_control::FaultError;
pub use handle::{Conductor, SCHEDULE_TAG, schedule_name};
pub use http::SERVICES_PORT;
pub use listening::live::{ForeignMoment, ListeningActivity};
pub use lookahead::upcoming_notes;
pub use mixer::{Mixer, Strip, Switch};
pub use ports::{BUILT_IN, Devices, NamedSink, Outputs, PortChange, PortPresence, PortState};
pub use recorded_music::{
    PartNumber, Passage, Place, RecordedMessage, RecordedMusic, RecordedNote, Step, StepKind,
};
pub use recording::RecordingFolder;
pub use replay::{replay, store_only_registry, walk};
pub use replay_bus::{
    Direction, Rate, RecordedLane, ReplayActivity, ReplayBus, ReplayRoute, Side, Speed,
};
pub use rerun::{Rerun, RerunStart};
pub use score_data::{PassedOn, ScoreData};
pub use score_run::ScoreRun;
pub use score_worker::{Progress, ScoreAttempt, ScoreWorker, is_played};
pub use secrets::{SecretError, Secrets};
pub use setup::{Looping, Setup};
pub use standstill::Awaiting;
pub use task_links::TaskLinks;
pub(crate) use task_links::named_task;
pub use task_timeline::{TaskChange, TaskRef, TaskTimeline, standing_reports};
