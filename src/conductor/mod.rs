//! Joins the others: scores are started as workflows on the engine, their notes go to the player,
//! and the transport rolls while there is music.

mod cast;
mod changes;
mod ensemble;
mod error;
mod foresight;
mod hall;
mod http;
mod lane;
mod performer;
mod ports;
mod programme;
mod replay;
mod revisions;
mod sounds;
mod trouble;

pub use error::ConductorError;
pub use foresight::foresee;
pub use ports::{BUILT_IN, NamedSink, Outputs};
pub use programme::{Conductor, Rounds, SCHEDULE_TAG, Setup, schedule_name};
pub use replay::replay;
