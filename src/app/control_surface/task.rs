//! Executes intents of the control surface, and learns mappings.

use std::{sync::Arc, time::Duration};

use serde_json::json;

use super::{
    super::application::{App, AppEvent},
    lamps::Lamps,
    save::Save,
};
use crate::{
    conductor::{
        control_surface::{
            Binding, ControlAction, ControlIntent, ControlSurface, Cue, Encoding, Follow, Gesture,
            Inputs, Route, Source,
        },
        rig::{Controls, Notes},
    },
    engine::InstanceId,
    music::{ClockMessage, InputMessage, Key, Message, Nanos, PortNames, Velocity},
    view::{
        Bound, ClockView, ControlSurfaceCommand, ControlSurfaceView, EngineCommand, GivenByControl,
        PlayheadIntent, Snapshot, commands, fader_value, format,
    },
};

/// After one control was learned, no other is learned for this long: some controls send two messages.
const LEARN_PAUSE: Duration = Duration::from_millis(500);

/// The state of the task.
pub(super) struct ControlSurfaceTask {
    app: Arc<App>,
    pub(super) controls: Controls,
    save: Save,
    pub(super) surface: ControlSurface,
    follow: Follow,
    pub(super) routes: Vec<Route>,
    lamps: Lamps,
    /// Set in learn mode.
    learning: Option<Learning>,
    selected: Option<InstanceId>,
    shown: ControlSurfaceView,
}

#[derive(Default)]
struct Learning {
    chosen: Option<ControlAction>,
    /// When a control was last learned.
    learned: Option<Nanos>,
}

impl ControlSurfaceTask {
    pub(super) fn new(app: Arc<App>, controls: Controls, save: Save) -> Self {
        let mut task = Self {
            surface: ControlSurface::default(),
            follow: Follow::default(),
            routes: Vec::new(),
            lamps: Lamps::default(),
            learning: None,
            selected: None,
            shown: ControlSurfaceView::default(),
            controls: Controls::default(),
            save,
            app,
        };
        task.apply(controls);
        task
    }

    /// Applies the rig's controls. Pressed keys of routes that no longer exist are released.
    pub(super) fn apply(&mut self, controls: Controls) {
        if controls == self.controls {
            return;
        }
        for route in std::mem::take(&mut self.routes) {
            self.app.report(route.lost());
        }
        let player = self.app.conductor.player();
        let routes = controls.thru.iter().cloned();
        self.routes = routes.map(|thru| Route::new(thru, player)).collect();
        if controls.clock != self.controls.clock {
            self.follow = Follow::default();
        }
        self.surface = ControlSurface::new(controls.bindings.clone());
        self.lamps.forget();
        self.controls = controls;
    }

    /// Opens and closes inputs, and connects thru routes.
    pub(super) fn update_inputs(&mut self, inputs: &mut Inputs, present: &PortNames) {
        let wants_all = self.learning.is_some();
        let changes = inputs.update(present, |name| wants_all || self.controls.uses_input(name));
        for name in changes.closed {
            self.surface.lost(&name);
            for route in self.routes.iter().filter(|route| route.is_from(&name)) {
                self.app.report(route.lost());
            }
        }
        for error in changes.failed {
            self.app.emit(AppEvent::Notice(error.to_string()));
        }
        for route in &mut self.routes {
            let listened_to = inputs.names().any(|name| route.is_from(name));
            if listened_to && let Err(error) = route.connect(&self.app.conductor) {
                self.app.emit(AppEvent::Notice(error.to_string()));
            }
        }
        self.lamps.forget();
    }

    /// Executes a command of the window.
    pub(super) fn execute(&mut self, command: ControlSurfaceCommand) {
        match command {
            ControlSurfaceCommand::Select(lane) => self.selected = lane,
            ControlSurfaceCommand::StartLearning => self.learning = Some(Learning::default()),
            ControlSurfaceCommand::StopLearning => self.learning = None,
            ControlSurfaceCommand::Learn(action) => {
                let learning = self.learning.get_or_insert_default();
                learning.chosen = Some(action);
            }
            ControlSurfaceCommand::Unmap(action) => {
                if let Some(learning) = &mut self.learning {
                    learning.chosen = None;
                }
                self.bind(|bindings| bindings.retain(|binding| binding.action != action));
            }
        }
    }

    /// Handles a message of an input. Returns true if a control was learned: other inputs may be needed.
    pub(super) fn receive(
        &mut self,
        input: &str,
        InputMessage { at, message }: InputMessage,
    ) -> bool {
        if let Message::Clock(message) = message {
            self.receive_clock(input, message, at);
            return false;
        }
        for route in self.routes.iter().filter(|route| route.is_from(input)) {
            self.app.report(route.play(message));
        }
        if self.learning.is_some() {
            return self.learn(input, at, message);
        }
        let snapshot = self.app.snapshot();
        let selected = self.selected.as_ref();
        let value = |action: &ControlAction| fader_value(action, &snapshot, selected);
        let intents = self.surface.receive(input, at, message, value);
        self.send(intents, at, &snapshot);
        if let Message::NoteOn(_, key, velocity) = message {
            self.raise(input, message, key, velocity, &snapshot);
        }
        false
    }

    fn receive_clock(&mut self, input: &str, message: ClockMessage, at: Nanos) {
        let from = self.controls.clock.as_ref();
        if !from.is_some_and(|clock| clock.is_from(input)) {
            return;
        }
        match self
            .follow
            .receive(message, at, self.app.conductor.player())
        {
            Ok(Some(Cue::Play)) => self.app.send(EngineCommand::Play),
            Ok(Some(Cue::Stop)) => self.app.send(EngineCommand::Stop),
            Ok(None) => {}
            Err(error) => self.app.report(Err(error)),
        }
    }

    fn learn(&mut self, input: &str, at: Nanos, message: Message) -> bool {
        let Some(learning) = &mut self.learning else {
            return false;
        };
        let recent = |learned| at.since(learned) < LEARN_PAUSE;
        let touched = Source::touched(input, message);
        let (Some(source), false) = (touched, learning.learned.is_some_and(recent)) else {
            return false;
        };
        let possible = |action: &ControlAction| Binding::is_possible(&source, action);
        let Some(action) = learning.chosen.take_if(|action| possible(action)) else {
            return false;
        };
        learning.learned = Some(at);
        let mut binding = Binding::learned(source, input, action);
        if let Message::Control(_, _, value) = message {
            binding.encoding = Encoding::guess(value);
        }
        self.bind(|bindings| {
            bindings.retain(|b| b.action != binding.action && b.source != binding.source);
            bindings.push(binding);
        });
        true
    }

    /// Changes the bindings and saves them.
    fn bind(&mut self, change: impl FnOnce(&mut Vec<Binding>)) {
        change(&mut self.controls.bindings);
        self.surface = ControlSurface::new(self.controls.bindings.clone());
        self.lamps.forget();
        if let Err(error) = (self.save)(&self.controls) {
            self.app.emit(AppEvent::Notice(error));
        }
    }

    /// Raises an event for a note, on the instances that receive it.
    fn raise(
        &self,
        input: &str,
        message: Message,
        key: Key,
        velocity: Velocity,
        snapshot: &Snapshot,
    ) {
        let data = json!({
            "note": key.number(),
            "name": format::key(key),
            "velocity": velocity.number(),
            "channel": message.channel().map(|channel| channel.number()),
        });
        for notes in &self.controls.notes {
            if !notes.is_from(input, message) {
                continue;
            }
            for id in receivers(notes, snapshot) {
                self.app.send(EngineCommand::RaiseEvent {
                    instance: id,
                    event: notes.raise.as_str().into(),
                    data: data.clone(),
                });
            }
        }
    }

    /// Handles buttons that have stayed up since their release.
    pub(super) fn settle(&mut self) {
        let now = self.app.conductor.player().now();
        let intents = self.surface.settle(now);
        let snapshot = self.app.snapshot();
        self.send(intents, now, &snapshot);
    }

    fn send(&self, intents: Vec<ControlIntent>, at: Nanos, snapshot: &Snapshot) {
        let at = self.app.moment(at);
        for intent in intents {
            let gesture = intent.gesture;
            if let ControlAction::Playhead(action) = intent.action {
                self.app.turn_playhead(PlayheadIntent { action, gesture });
                continue;
            }
            let commands = commands(&intent, at, snapshot, self.selected.as_ref());
            // Before they are sent: the window must know them when it hears what became of them.
            if gesture != Gesture::Off || !commands.is_empty() {
                self.app.given_by_control(GivenByControl {
                    action: intent.action,
                    commands: commands.clone(),
                });
            }
            for command in commands {
                self.app.send(command);
            }
        }
    }

    /// Updates the lamps and the state in the window.
    pub(super) fn show(&mut self, inputs: &Inputs) {
        let snapshot = self.app.snapshot();
        let bindings = self.surface.bindings();
        self.lamps.light(
            bindings,
            &snapshot,
            self.selected.as_ref(),
            &self.app.conductor,
        );
        let now = self.app.conductor.player().now();
        let bound = self.surface.bindings().map(|binding| Bound {
            action: binding.action.clone(),
            control: binding.source.to_string().into(),
        });
        let tempo = self.follow.tempo(now);
        let view = ControlSurfaceView {
            bound: bound.collect(),
            inputs: inputs.names().cloned().collect(),
            clock: self.controls.clock.as_ref().map(|clock| ClockView {
                from: clock.from.as_str().into(),
                // Rounded as it is shown, so that smaller changes publish nothing.
                tempo: tempo.map(|tempo| (tempo.beats_per_minute() * 10.0).round() / 10.0),
            }),
        };
        if view != self.shown {
            self.shown = view.clone();
            self.app.emit(AppEvent::ControlSurface(Box::new(view)));
        }
    }

    pub(super) fn receives_clock(&self, now: Nanos) -> bool {
        let shown = self.shown.clock.as_ref();
        self.follow.tempo(now).is_some() || shown.is_some_and(|clock| clock.tempo.is_some())
    }
}

/// The instances that receive a keyboard's notes: those that wait for them, or those of its score.
fn receivers(notes: &Notes, snapshot: &Snapshot) -> Vec<InstanceId> {
    let lanes = snapshot.lanes.iter().filter(|lane| match &notes.score {
        Some(score) => !lane.status.is_closed() && *lane.workflow == **score,
        None => lane.cues().any(|cue| **cue == *notes.raise),
    });
    lanes.map(|lane| lane.id.clone()).collect()
}
