//! What the stage last told its host, so that it tells only what has changed.

use egui::Ui;

use super::window_place;
use crate::{
    backend::Watched,
    engine::InstanceId,
    view::{
        Arrangement, BackendCommand, Command, ComparedPair, ControlSurfaceCommand, HistoryCommand,
        MadeComparison, Markers, Overlay, ScheduleList, Settings, Snapshot, UiState, WindowExtent,
        WindowPlace,
    },
};

/// What the stage last told its host.
pub(super) struct Sent {
    scene: ShownScene,
    settings: Settings,
    markers: Markers,
    schedules: ScheduleList,
    arrangement: Arrangement,
    selection: Option<InstanceId>,
    watched: Watched,
}

/// What is shown in place of the performance.
#[derive(Debug, Clone, PartialEq, Default)]
struct ShownScene {
    /// An opened history, with the version of its lane.
    opened: Option<(InstanceId, u64)>,
    /// Runs that were compared.
    compared: Option<ComparedPair>,
}

impl Sent {
    /// What a host has kept counts as sent.
    pub fn new(settings: Settings, markers: Markers, arrangement: Arrangement) -> Self {
        Self {
            scene: ShownScene::default(),
            settings,
            markers,
            schedules: ScheduleList::default(),
            arrangement,
            selection: None,
            watched: Watched::default(),
        }
    }

    /// Where the audience's window was last.
    pub fn audience_window(&self) -> WindowPlace {
        self.settings.audience_window
    }

    /// Another scene is shown, or more of it was read. `None`: it is the same.
    pub fn scene(
        &mut self,
        state: &UiState,
        live: &Snapshot,
        comparison: &MadeComparison,
    ) -> Option<Vec<Command>> {
        let opened = state.opened.as_ref();
        let opened = opened.and_then(|id| live.histories.opened(id));
        let opened = opened.map(|opened| (opened.lane.id.clone(), opened.lane.version));
        let comparing = state.comparing.as_ref();
        let made = matches!(comparison, MadeComparison::Made(_));
        let compared = comparing.map(|c| c.pair.clone()).filter(|_| made);
        let scene = ShownScene { opened, compared };
        if self.scene == scene {
            return None;
        }
        let mut commands = Vec::new();
        if self.scene.opened != scene.opened {
            let shown = scene.opened.as_ref().map(|(id, _)| id.clone());
            commands.push(HistoryCommand::Show(shown).into());
        }
        if self.scene.compared != scene.compared {
            commands.push(HistoryCommand::Compare(scene.compared.clone()).into());
        }
        self.scene = scene;
        Some(commands)
    }

    /// What has changed in the state of the window. `audience_window` is where the audience's window is.
    pub fn changes(
        &mut self,
        ui: &Ui,
        state: &UiState,
        audience_window: WindowPlace,
    ) -> Vec<Command> {
        let mut commands = Vec::new();
        if replaced(&mut self.selection, &state.selected) {
            commands.push(ControlSurfaceCommand::Select(self.selection.clone()).into());
        }
        if replaced(&mut self.watched, &state.watched()) {
            commands.push(BackendCommand::Watch(self.watched.clone()).into());
        }
        let schedules = match state.overlay {
            Overlay::Schedules(_) => ScheduleList::Open,
            _ => ScheduleList::Closed,
        };
        if replaced(&mut self.schedules, &schedules) {
            commands.push(Command::ListSchedules(schedules));
        }
        if replaced(&mut self.markers, &state.markers) {
            commands.push(Command::KeepMarkers(self.markers.clone()));
        }
        let asked = match state.full_screen {
            true => WindowExtent::FullScreen,
            false => WindowExtent::Normal,
        };
        let settings = Settings {
            window: window_place::of(ui, &self.settings.window, asked),
            audience_window,
            ..self.settings.with_state(state)
        };
        if replaced(&mut self.settings, &settings) {
            commands.push(Command::KeepSettings(Box::new(settings)));
        }
        if replaced(&mut self.arrangement, &state.arrangement) {
            commands.push(Command::KeepArrangement(self.arrangement.clone()));
        }
        commands
    }
}

/// Puts a new value in place of the old one. Returns whether it is another one.
fn replaced<T: Clone + PartialEq>(old: &mut T, new: &T) -> bool {
    let differs = old != new;
    if differs {
        old.clone_from(new);
    }
    differs
}
