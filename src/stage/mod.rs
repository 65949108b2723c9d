//! The window: paints the view and turns keys and gestures into commands. The only egui code.
//!
//! It keeps no application state: each frame it loads one snapshot, paints it and sends commands.

mod app;
mod audience;
mod backends;
mod button;
mod caption;
mod closing;
mod comparison;
mod data_card;
mod event_table;
mod explainer;
mod failure;
mod family;
mod faults;
mod form;
mod form_parts;
mod frame_context;
pub mod graphics;
mod group_heading;
mod health;
mod heat_row;
mod help;
mod hints;
mod histories;
mod icons;
mod inspector;
mod invitation;
mod keys;
mod lane;
mod lane_buttons;
mod lane_drag;
mod lane_filter;
mod lane_header;
mod lane_row;
mod learn;
mod links;
mod low_header;
mod markers;
mod mesh_builder;
mod meters;
mod motion;
mod no_store;
mod overview;
mod panel;
mod panes;
mod position;
mod purge;
mod ruler;
mod run_data;
mod schedules;
mod score_editor;
mod score_map;
mod score_pane;
mod scores;
mod scrubber;
mod search;
mod sent;
mod setlist;
mod shelf;
mod starting;
mod theme;
mod timeline;
mod toast;
mod token;
mod top_bar;
mod touring;
mod volume_fader;
mod window;
mod window_error;
mod window_loop;
mod window_place;

use std::sync::Arc;

use jiff::tz::TimeZone;

pub use app::Stage;
pub use failure::{FailureReporter, WindowFailure};
pub use no_store::{NoStorePage, Proceed, WayOn};
pub use starting::StartingPage;
pub use window::{Opening, Window};
pub use window_loop::{Closed, WindowLoop};

use crate::{
    conductor::ScoreRun,
    engine::{InstanceId, Timestamp},
    view::{
        Arrangement, Command, ComparedPair, EditedScore, EventPlace, Explanation, FolderListing,
        GivenByControl, LaneModel, MadeComparison, Markers, PlayheadIntent, Settings, Snapshot,
        TourMode, WindowPlace,
    },
};

/// The application, as the window uses it. No call blocks.
pub trait Host: Send + Sync {
    /// The latest snapshot.
    fn snapshot(&self) -> Arc<Snapshot>;
    /// Sends a command to the application, which executes it on another thread.
    fn send(&self, command: Command);
    /// Sets the waker, in place of that of the window before. The host may call it from any thread that may block, at most about every 8 ms.
    fn set_waker(&self, waker: Waker);
    /// The wall clock.
    fn now(&self) -> Timestamp;
    /// The time zone of the wall clock.
    fn time_zone(&self) -> TimeZone {
        TimeZone::system()
    }
    /// The level at which the built-in synth plays an instance; 1 is full scale. Called once per frame.
    fn loudness(&self, instance: &InstanceId) -> f32;
    /// What wheels, faders and pads ask of the playhead since the last call, the oldest first.
    fn playhead_intents(&self) -> Vec<PlayheadIntent> {
        Vec::new()
    }
    /// What pads and faders have done since the last call, the oldest first. Their commands were sent
    /// already; the window shows the answer.
    fn given_by_controls(&self) -> Vec<GivenByControl> {
        Vec::new()
    }
    /// Whether the set list performs itself. Called once for each window.
    fn tour(&self) -> TourMode {
        TourMode::Off
    }
    /// The markers that are kept. Called once for each window.
    fn kept_markers(&self) -> Markers {
        Markers::default()
    }
    /// The settings that are kept. Called once for each window.
    fn kept_settings(&self) -> Settings {
        Settings::default()
    }
    /// The arrangement of the lanes that was kept when the window was last closed. Called once.
    fn kept_arrangement(&self) -> Arrangement {
        Arrangement::default()
    }
    /// The explained replay of an instance, as asked for at a moment. `None` until it is made, which the
    /// first call starts; the window is woken when it is there.
    fn explanation(&self, instance: &InstanceId, asked: Timestamp) -> Option<Arc<Explanation>> {
        let _ = (instance, asked);
        None
    }
    /// The comparison of two runs. The first call starts to make it; the window is woken when it is there.
    fn comparison(&self, pair: &ComparedPair) -> MadeComparison {
        let _ = pair;
        MadeComparison::Making
    }
    /// The entries of a folder, which was typed, as they were when it was asked for. `None` until they are
    /// read, which the first call starts; the window is woken when they are there.
    fn folder(&self, folder: &str, asked: Timestamp) -> Option<Arc<FolderListing>> {
        let _ = (folder, asked);
        None
    }
    /// The names of the events that an instance of another engine takes. `None` until they are known, which
    /// the first call asks for; the window is woken when they are there.
    fn event_names(&self, instance: &InstanceId) -> Option<Arc<[Arc<str>]>> {
        let _ = instance;
        None
    }
    /// The replay of the run that an event of a lane belongs to. `None` until it is made, which the first
    /// call starts, and it may be of fewer events than the lane has; the window is woken when there is
    /// more.
    fn score_run(&self, lane: &Arc<LaneModel>, place: EventPlace) -> Option<Arc<ScoreRun>> {
        let _ = (lane, place);
        None
    }
    /// The text of the score that is being edited.
    fn edited_score(&self) -> Option<Arc<EditedScore>> {
        None
    }
}

/// Sends a request to the window.
pub type Waker = Box<dyn Fn(Wake) + Send + Sync>;

/// A request to the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// Repaint: there is a new snapshot.
    Repaint,
    /// Close at once, without a question.
    Close,
    /// Come to the front.
    Focus,
}

/// The graphics backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Renderer {
    /// `Wgpu` if there is a graphics card, else `Glow`; the other one if that cannot open a window.
    #[default]
    Auto,
    /// Vulkan, Metal or DirectX.
    Wgpu,
    /// OpenGL. Without a graphics card it is four times faster than the others.
    Glow,
}

/// Options of the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StageOptions {
    /// The graphics backend.
    pub renderer: Renderer,
    /// Where the first window is.
    pub place: WindowPlace,
}

impl Default for StageOptions {
    fn default() -> Self {
        Self {
            renderer: Renderer::Auto,
            place: WindowPlace::default(),
        }
    }
}

/// An error of the window.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The window cannot be opened.
    #[error(
        "cannot open a window ({0}): check that a display is available, or choose another renderer"
    )]
    NoWindow(String),
    /// The window failed before the program had started.
    #[error("{0}")]
    Failed(String),
}
