//! What the stage shows, without a pixel: the feed folded into lanes, time mapped to places, the
//! level of detail, the words for it all. Pure; knows neither a window nor a clock nor a thread.

mod action;
mod caption;
mod chunked;
mod command;
mod control_commands;
mod control_feedback;
mod control_surface;
mod fold;
mod hit;
mod items;
mod lane;
mod lane_target;
mod layout;
mod overview;
mod palette;
mod piece;
mod projector;
mod row;
#[cfg(test)]
mod sample;
mod snapshot;
mod status;
mod time_map;
mod ui_state;
mod viewport;
mod voices;
pub mod words;

pub use action::{Action, Chapter, Chord, KeyCap, Modifier};
pub use caption::caption;
pub use chunked::Chunked;
pub use command::{Command, ControlSurfaceCommand, EngineCommand, PlayerCommand, ScoreId};
pub use control_commands::{commands, pause_or_resume};
pub use control_feedback::{fader_value, glow};
pub use control_surface::{Bound, ClockView, ControlSurfaceView};
pub use hit::{Part, piece_at, told};
pub use items::{Item, Look, Tense, visible_items};
pub use lane::{Edit, InstrumentFacts, LaneModel, LineRange, ScoreFacts};
pub use layout::{Band, LaneParts, Rows};
pub use overview::{Overview, Slice};
pub use palette::Rgb;
pub use piece::{Outcome, Piece, PieceKind, Pieces, WaitOn};
pub use projector::Projector;
pub use row::{Rank, Row, RowStatus};
pub use snapshot::{AudioView, MetersView, Notice, Pace, PortView, ScoreCard, Snapshot};
pub use status::{Doing, StatusIcon};
pub use time_map::{RulerLine, TimeMap, TransportView};
pub use ui_state::{Learning, Overlay, Reading, UiState};
pub use viewport::{PLAYHEAD, Viewport};
pub use voices::{Voice, Voices};
