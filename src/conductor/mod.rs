//! Joins the others: scores are started as workflows on the engine, their notes go to the player,
//! and the transport rolls while there is music.

mod broken_off;
mod cast;
mod changes;
mod desk;
mod ensemble;
mod error;
mod foresight;
mod hall;
pub mod hands;
mod http;
mod lane;
mod performer;
mod ports;
mod programme;
mod recording;
mod replay;
mod revisions;
pub mod rig;
mod sounds;
mod trouble;
mod watch;

pub use desk::{Desk, Strip, Switch};
pub use error::ConductorError;
pub use foresight::foresee;
pub use ports::{BUILT_IN, Devices, NamedSink, Outputs, PortNews, PortState, Presence};
pub use programme::{Conductor, Rounds, SCHEDULE_TAG, Setup, schedule_name};
pub use recording::RecordingFolder;
pub use replay::replay;
