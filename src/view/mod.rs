//! The view model of the window, without egui: histories folded into lanes, the time map, the level of
//! detail, and all text on screen. It has no clock and no thread.

mod action;
mod answer;
mod arrangement;
mod audience;
mod awaited;
mod backends;
mod bar_colors;
mod caption;
mod chunked;
mod clock;
mod clock_ruler;
mod color_vision;
mod command;
mod comparing;
mod comparison;
mod control_commands;
mod control_feedback;
mod control_surface;
mod early_retry;
mod effect;
pub mod escape;
mod event_table;
mod event_words;
mod explainer;
mod explanation;
mod family;
mod faults;
mod find;
mod fold;
mod folder;
mod form;
pub mod format;
mod ghost;
mod go_to;
mod health;
mod heat;
mod heat_stretches;
mod highlight;
mod hints;
mod histories;
mod history_query;
mod hit;
mod idle_time;
mod items;
mod json_text;
mod kind;
mod lane;
mod lane_abilities;
mod lane_filter;
mod lane_group;
mod lane_history;
mod lane_numbers;
mod lane_order;
mod lane_state;
mod lane_target;
mod lane_tree;
mod layout;
mod learnable;
mod markers;
mod moment;
mod motion;
mod navigation;
mod open_operation;
mod outage;
mod overview;
mod palette;
mod pending;
mod playhead;
mod playhead_intent;
mod projector;
mod recovery_sweep;
mod remote_turns;
mod replay;
mod replay_sound;
mod reruns;
mod row;
mod rows;
mod run_data;
mod scene;
mod schedules;
mod score_editor;
mod score_facts;
mod score_pane;
mod score_position;
mod score_rows;
mod score_tokens;
mod search;
mod serving;
mod setlist;
mod settings;
mod shortcut;
mod snapshot;
mod stage_lanes;
mod stall;
mod step_caption;
mod sub_rows;
mod task_tree;
#[cfg(test)]
mod test_history;
mod time_map;
mod timeline;
mod timeline_entry;
mod tour;
mod transport_view;
mod ui_state;
mod viewport;
mod voices;

pub use action::{Action, HelpSection};
pub use answer::{Answer, AnswerStage, GivenAnswer};
pub use arrangement::{Arrangement, Grouping, Side};
pub use audience::{Audience, AudienceText, Curtain, Presence};
pub use backends::{BackendView, Density};
pub use bar_colors::{BarColors, Plate};
pub use caption::{caption, replay_caption};
pub use chunked::Chunked;
pub use clock::{Clock, SecondClock};
pub use clock_ruler::{ClockTick, LabelRoom, clock_ticks};
pub use color_vision::ColorVision;
pub use command::{
    BackendCommand, Command, ControlSurfaceCommand, EngineCommand, FileCommand, HistoryCommand,
    PlayerCommand, ReplayCommand, ScheduleList, ScoreId,
};
pub use comparing::Comparing;
pub use comparison::{
    ComparedPair, ComparedRuns, ComparedSide, Comparison, Difference, MadeComparison, RunHistory,
    RunOf, Section, SectionKind,
};
pub use control_commands::{commands, pause_or_resume};
pub use control_feedback::{fader_value, lamp_state};
pub use control_surface::{Bound, ClockView, ControlSurfaceView};
pub use early_retry::EarlyRetries;
pub use event_table::{EventFilter, EventPlace, EventTable, TableRows};
pub use explainer::{Explainer, Explaining};
pub use explanation::{
    CommandLine, ExplainedStep, Explanation, LineState, Parted, ScoreText, StepNumber,
};
pub use family::{Family, Fold};
pub use faults::{FAULT_STEP, FaultRow, LATENCY_STEP, fault_rows};
pub use find::{Choice, Found, FoundList, Indexed, NameIndex, Work};
pub use folder::{EntryInFolder, FolderEntry, FolderListing, split_path};
pub use form::{AskData, ChoiceOption, Field, FieldKind, Form, FormPurpose, FoundLine};
pub use ghost::Ghost;
pub use go_to::{NoSuchPlace, TimePlace};
pub use health::{Grade, Health, Need, TroubleView, health};
pub use heat::Heat;
pub use heat_stretches::{HeatLevel, Warmth};
pub use highlight::{Highlight, HighlightTarget, Links};
pub use hints::{Hint, Hints};
pub use histories::{
    FoundHistories, Histories, HistoryCard, HistorySource, MoreHistories, OpenedHistory, Opening,
    OpeningNumber,
};
pub use history_query::HistoryQuery;
pub use hit::{LaneArea, entry_at, tooltip};
pub use idle_time::{IdleTimes, IdleTimesShown, ShownFold};
pub use items::{Item, ItemKind, NotePhase, SubRows, UndoneItem, Upcoming, visible_items};
pub use lane::LaneModel;
pub use lane_filter::{FilterField, LaneFilter};
pub use lane_group::LaneGroup;
pub use lane_history::{EventCount, LaneHistory, RunEvent};
pub use lane_numbers::LaneNumbers;
pub use lane_state::{LaneState, StatusIcon, WorkerWait};
pub use layout::{Band, LaneParts};
pub use learnable::learnable;
pub use markers::{Marker, Markers, Naming};
pub use moment::Moment;
pub use motion::{LaneMotion, Motion, ResumeLight, Shutter, Tremble, glow, lights_beats};
pub use navigation::Stop;
pub use outage::Outage;
pub use overview::{Bucket, Overview};
pub use palette::Rgb;
pub use pending::{CommandEnd, CommandOutcome, PendingCommands};
pub use playhead::{Playback, Playhead, Repeat, TimeRange};
pub use playhead_intent::{PlayheadIntent, PlayheadIntents};
pub use projector::{EarlierRuns, Projector};
pub use recovery_sweep::{RecoverySweep, SweepLight};
pub use replay::Replay;
pub use replay_sound::ReplaySound;
pub use reruns::{LaneLink, RerunOf, Reruns};
pub use row::{Row, RowStatus};
pub use rows::{Focus, RowSpace, RowStyle, Rows};
pub use run_data::{DataKey, DataValue, RunData};
pub use scene::{Scene, Scenes};
pub use schedules::ScheduleCard;
pub use score_editor::{
    CheckedText, EditNumber, EditedScore, EditorAnswer, EditorLeaving, EditorQuestion, SaveOutcome,
    SavedText, ScoreEditor, ScoreTextCommand, Severity, TakesEffect, TextOrigin, TextProblem,
    TextVersion, line_break,
};
pub use score_facts::{Edit, InstrumentFacts, LineRange, ScoreFacts, TaskFacts};
pub use score_pane::ScorePane;
pub use score_rows::{ScoreRow, score_rows};
pub use score_tokens::{BranchNumber, ScoreToken, ScoreTokens};
pub use search::Search;
pub use serving::{ServingView, WaitingActivitiesView};
pub use setlist::{
    Countdown, PieceCard, PieceKey, PieceNumber, PieceState, SetlistCommand, SetlistPosition,
    SetlistView, ended_by_itself, time_of_day,
};
pub use settings::{InvalidSettings, Panel, Settings, WindowExtent, WindowPlace};
pub use shortcut::{KeyCap, Modifier, Shortcut};
pub use snapshot::{
    AudioView, MetersView, Notice, PortView, RepaintRate, ScoreCard, Snapshot, StoreView,
};
pub use stage_lanes::{Shelf, StageLanes, StageRow};
pub use sub_rows::{ShownRows, Slot};
pub use task_tree::KnownTree;
pub use time_map::{RulerLine, TimeMap};
pub use timeline::Timeline;
pub use timeline_entry::{EntryKind, Outcome, Purpose, TimelineEntry, Undone, WaitOn};
pub use tour::{Tour, TourAct, TourMode, wrong_keys};
pub use transport_view::TransportView;
pub use ui_state::{
    Camera, DraggedLane, GivenByControl, IdleTime, LaneDrop, Learning, Leaving, Overlay,
    ReadingDistance, UiState, playing_pieces,
};
pub use viewport::{PLAYHEAD, Viewport};
pub use voices::{Voice, Voices};
