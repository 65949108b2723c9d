//! Joins the others: scores are started as workflows on the engine, their notes go to the player,
//! and the transport rolls while there is music.

mod changes;
mod channels;
pub mod control_surface;
mod ensemble;
mod error;
mod event_receivers;
mod http;
mod lane;
mod lookahead;
mod mixer;
mod performer;
mod ports;
mod programme;
mod recording;
mod replay;
mod resume_point;
mod revisions;
pub mod rig;
mod sounds;
mod trouble;
mod watch;

pub use error::ConductorError;
pub use lookahead::foresee;
pub use mixer::{Mixer, Strip, Switch};
pub use ports::{BUILT_IN, Devices, NamedSink, Outputs, PortChange, PortPresence, PortState};
pub use programme::{Conductor, Looping, SCHEDULE_TAG, Setup, schedule_name};
pub use recording::RecordingFolder;
pub use replay::{replay, store_only_registry};
