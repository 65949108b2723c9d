//! The state of the user interface: selection, time window, open panels.
//!
//! It is pure: an action and a snapshot give a new state and the commands to send.

mod act;
mod answers;
mod arrange;
mod audience;
mod backends;
mod break_code;
mod camera;
mod closing;
mod compare;
mod controls;
mod editing;
mod forms;
mod found;
mod hints;
mod histories;
mod hold;
mod idle;
mod inspected;
mod lanes;
mod markers;
mod motion;
mod overlay;
mod panels;
mod reading_distance;
mod replay;
mod selection;

use std::{collections::HashSet, sync::Arc, time::Duration};

pub use answers::GivenByControl;
pub use arrange::{DraggedLane, LaneDrop};
pub use camera::Camera;
pub use closing::{Leaving, playing_pieces};
pub use idle::IdleTime;
pub use overlay::Overlay;
pub use reading_distance::ReadingDistance;

use super::{
    answer::Answer,
    arrangement::Arrangement,
    audience::Audience,
    clock::SecondClock,
    command::ScoreId,
    comparing::Comparing,
    event_table::EventTable,
    explainer::Explainer,
    find::NameIndex,
    highlight::Highlight,
    hints::Hints,
    histories::OpeningNumber,
    idle_time::IdleTimesShown,
    lane_filter::FilterField,
    markers::{Markers, Naming},
    motion::Motion,
    pending::PendingCommands,
    playhead::{Playhead, Repeat, TimeRange},
    recovery_sweep::RecoverySweep,
    rows::Focus,
    run_data::DataKey,
    score_editor::ScoreEditor,
    score_pane::ScorePane,
    stage_lanes::Shelf,
    viewport::Viewport,
};
use crate::{
    conductor::{Rate, control_surface::ControlAction},
    engine::{InstanceId, Timestamp},
};

/// The state of learn mode.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Learning {
    /// The action that the next touched control is mapped to.
    pub chosen: Option<ControlAction>,
}

/// The state of the user interface.
#[derive(Debug, Clone)]
pub struct UiState {
    /// The selected lane.
    pub selected: Option<InstanceId>,
    /// The visible time window.
    pub viewport: Viewport,
    /// The moment that is shown.
    pub playhead: Playhead,
    /// Whether the visible window follows the playhead.
    pub camera: Camera,
    /// Whether idle time is folded.
    pub idle: IdleTime,
    /// The idle times of what is shown.
    idle_times: IdleTimesShown,
    /// The opened history that is shown in place of the performance. While it is set, the playhead is in
    /// the past.
    pub opened: Option<InstanceId>,
    /// The latest opened history that was shown.
    latest_opened: OpeningNumber,
    /// A rerun of this lane was requested when it had this many; the new one is selected once it appears.
    asked_rerun: Option<(InstanceId, usize)>,
    /// The scale of the visible window before an opened history was shown.
    scale_before: Option<f64>,
    /// The rate of the last playback of the past.
    pub rate: Rate,
    /// The selected range of time.
    pub range: Option<TimeRange>,
    /// Whether playback repeats the range.
    pub repeat: Repeat,
    /// The event table.
    pub table: EventTable,
    /// The part of a row that the table was scrolled and has not moved yet.
    pub table_scroll: f32,
    /// What the pointer is on in table, timeline or score, in this frame.
    pub highlight: Option<Highlight>,
    /// The data of a lane that is shown as a whole.
    pub data: Option<(InstanceId, DataKey)>,
    /// The first row of the data on screen.
    pub data_top: usize,
    /// The first line on screen of the value that is shown as a whole.
    pub card_top: usize,
    /// The score's text.
    pub score: ScorePane,
    /// Set while a score is edited.
    pub editor: Option<ScoreEditor>,
    /// The edits that were begun.
    edits: u64,
    /// Markers, in the order of time.
    pub markers: Markers,
    /// The marker that is being named.
    pub naming: Option<Naming>,
    /// The reading distance.
    pub reading_distance: ReadingDistance,
    /// What the second clock shows.
    pub clock: SecondClock,
    /// Whether changes are shown with motion.
    pub motion: Motion,
    /// The panel on top.
    pub overlay: Overlay,
    /// Whether the inspector is open.
    pub inspector: bool,
    /// Whether the set list is shown, if one is open.
    pub setlist: bool,
    /// Whether the meters are open.
    pub meters: bool,
    /// Whether the window fills the screen.
    pub full_screen: bool,
    /// Set in learn mode.
    pub learning: Option<Learning>,
    /// Set while a replay is explained, in place of the lanes.
    pub explainer: Option<Explainer>,
    /// Set while two runs are compared, in place of the lanes.
    pub comparing: Option<Comparing>,
    /// The light that goes over the recovered lanes after a return.
    pub sweep: Option<RecoverySweep>,
    /// The outages whose return was shown.
    returns: usize,
    /// The scroll offset of the lanes, in points.
    pub scroll: f32,
    /// Whether to scroll to the selected lane.
    pub reveal: bool,
    /// Whether the selected lane has most of the window.
    pub focus: Focus,
    /// Whether lanes that have ended are shown as rows.
    pub shelf: Shelf,
    /// The lanes whose children are folded.
    pub folded: HashSet<InstanceId>,
    /// How the user has arranged the lanes.
    pub arrangement: Arrangement,
    /// The names of the groups whose lanes are folded.
    pub folded_groups: HashSet<Arc<str>>,
    /// The lane that is being dragged to another place.
    pub dragged: Option<DraggedLane>,
    /// The filter of the lanes; `None`: it is closed, and all are shown.
    pub filter: Option<FilterField>,
    /// The folder of the file that was opened last, as it was typed.
    last_folder: String,
    /// The hints for a newcomer, while they are shown.
    pub hints: Option<Hints>,
    /// The names of what the lanes did.
    pub names: Arc<NameIndex>,
    searched: Option<found::Searched>,
    /// Set once the window is to close.
    pub leaving: Option<Leaving>,
    /// Whether the window closes once the score that is edited is saved.
    closes_once_saved: bool,
    /// What the operator has chosen for the audience's window.
    pub audience: Audience,
    hold: Option<hold::Hold>,
    escaped: Option<Timestamp>,
    /// The score that was started last, and when.
    started: Option<(ScoreId, Timestamp)>,
    answer: Option<(Answer, Timestamp)>,
    /// Commands that the engine has not confirmed.
    pub pending: PendingCommands,
}

impl Default for UiState {
    fn default() -> Self {
        Self {
            selected: None,
            viewport: Viewport::new(Timestamp(0), 20.0, 1000.0),
            playhead: Playhead::Live,
            camera: Camera::Following,
            idle: IdleTime::Shown,
            idle_times: IdleTimesShown::default(),
            opened: None,
            latest_opened: OpeningNumber::default(),
            asked_rerun: None,
            scale_before: None,
            rate: Rate::default(),
            range: None,
            repeat: Repeat::Once,
            table: EventTable::default(),
            table_scroll: 0.0,
            highlight: None,
            editor: None,
            edits: 0,
            markers: Markers::default(),
            naming: None,
            data: None,
            data_top: 0,
            card_top: 0,
            score: ScorePane::default(),
            reading_distance: ReadingDistance::Desk,
            clock: SecondClock::default(),
            motion: Motion::default(),
            overlay: Overlay::None,
            inspector: true,
            setlist: true,
            meters: false,
            full_screen: false,
            learning: None,
            explainer: None,
            comparing: None,
            sweep: None,
            returns: 0,
            scroll: 0.0,
            reveal: false,
            focus: Focus::None,
            shelf: Shelf::Closed,
            folded: HashSet::new(),
            arrangement: Arrangement::default(),
            folded_groups: HashSet::new(),
            dragged: None,
            filter: None,
            last_folder: "~/".to_owned(),
            hints: None,
            names: Arc::default(),
            searched: None,
            leaving: None,
            closes_once_saved: false,
            audience: Audience::default(),
            hold: None,
            escaped: None,
            started: None,
            answer: None,
            pending: PendingCommands::default(),
        }
    }
}

impl UiState {
    /// How long the terminate key or button must be held.
    pub const HOLD: Duration = Duration::from_millis(600);
    /// Two presses of Escape within this time are a panic.
    pub const DOUBLE_PRESS: Duration = Duration::from_millis(800);
    /// Within this time the same score is not started again.
    pub const RESTART: Duration = Duration::from_secs(1);
    /// How long the answer to a command is shown.
    pub const ANSWER: Duration = Duration::from_millis(1300);
    /// How long the reason why a command was rejected is shown.
    pub const REJECTION: Duration = Duration::from_secs(6);
}
